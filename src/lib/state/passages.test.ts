import { expect, test } from 'vitest';
import { moveSelection } from './passages.svelte.ts';

const text = 'On our visit 7, soup';
const words = [...text.matchAll(/\w+/g)].map((word) => [word.index, word.index + word[0].length] as const);
const press = (
  from: readonly [number, number],
  key: string,
  held: { shiftKey?: boolean; altKey?: boolean } = {},
) => {
  const moved = moveSelection(words, from, { key, shiftKey: false, altKey: false, ...held }, text.length);
  return moved === undefined ? undefined : text.slice(moved[0], moved[1]);
};

test('arrows go from word to word, with Shift they take words in and let them go, with Alt letters', () => {
  expect(press([0, 0], 'ArrowRight')).toBe('On');
  expect(press([0, 2], 'ArrowRight')).toBe('our');
  expect(press([3, 6], 'ArrowRight', { shiftKey: true })).toBe('our visit');
  expect(press([3, 12], 'ArrowLeft', { shiftKey: true })).toBe('our');
  expect(press([3, 6], 'ArrowLeft')).toBe('On');
  expect(press([7, 12], 'ArrowRight', { shiftKey: true, altKey: true })).toBe('visit ');
  // At the ends it stays.
  expect(press([16, 20], 'ArrowRight')).toBe('soup');
  expect(press([16, 20], 'ArrowRight', { shiftKey: true })).toBe('soup');
  expect(press([0, 2], 'ArrowLeft')).toBe('On');
  expect(press([0, 1], 'ArrowLeft', { shiftKey: true, altKey: true })).toBe('O');
  expect(press([0, 1], 'x')).toBeUndefined();
});
