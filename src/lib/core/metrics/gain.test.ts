import { expect, test } from 'vitest';
import { bringsNothing } from './gain.ts';

test('rounds bring nothing once none of the last is better than the best before, by a thousandth', () => {
  expect(bringsNothing([0.5, 0.6, 0.7], 'accuracy', 3)).toBe(false);
  expect(bringsNothing([0.7, 0.6, 0.65, 0.7005], 'accuracy', 3)).toBe(true);
  expect(bringsNothing([0.7, 0.6, 0.65, 0.702], 'accuracy', 3)).toBe(false);
  // Of a loss lower is better, and a thousandth of it counts.
  expect(bringsNothing([2, 1.9985, 2.5], 'loss', 2)).toBe(true);
  expect(bringsNothing([2, 1.9975, 2.5], 'loss', 2)).toBe(false);
});
