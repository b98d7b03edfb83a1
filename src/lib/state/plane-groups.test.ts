import { expect, test } from 'vitest';
import { groupPlaces, planeGroups } from './plane-groups.ts';

test('each class has a colour and a mark, and what has no label is a group of its own', () => {
  const made = planeGroups({
    type: 'classes',
    labels: ['cat', 'cow', 'dog'],
    codes: Int32Array.of(0, 2, -1, 2),
  });
  expect(made.groups.map(({ label, count, colour, mark }) => [label, count, colour, mark])).toEqual([
    ['cat', 1, '--series-1', 'circle'],
    ['dog', 2, '--series-2', 'square'],
    ['no label', 1, '--ink-3', 'cross'],
  ]);
  expect([...made.of]).toEqual([0, 1, 2, 1]);
  expect(groupPlaces(made, Float32Array.of(5, 1, 0, 0, 9, 9, 2, 4))[1]).toEqual({
    middle: [1, 2],
    spread: [1, 2],
  });
});

test('of many classes no two look alike, and the rarest stand together', () => {
  const codes = Int32Array.from({ length: 60 }, (_, row) => Math.min(row, 59 - row));
  const made = planeGroups({ type: 'classes', labels: Array.from({ length: 30 }, (_, i) => `c${i}`), codes });
  expect(made.groups).toHaveLength(14);
  expect(new Set(made.groups.map(({ colour, mark }) => `${colour} ${mark}`)).size).toBe(14);
  expect(made.groups.at(-1)).toMatchObject({ label: '17 others', count: 34 });
  expect(made.groups.reduce((sum, { count }) => sum + count, 0)).toBe(60);
});

test('a number is shown in fifths, fewer where it has few values', () => {
  const made = planeGroups({
    type: 'number',
    name: 'price',
    values: Float64Array.from({ length: 11 }, (_, i) => i),
  });
  expect(made.groups.map(({ label }) => label)).toEqual(['price to 2', 'to 4', 'to 6', 'to 8', 'above 8']);
  expect([...made.of]).toEqual([0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
  const two = planeGroups({ type: 'number', name: 'p', values: Float64Array.of(1, 1, 1, 2) });
  expect(two.groups.map(({ label, count }) => [label, count])).toEqual([
    ['p to 1', 3],
    ['above 1', 1],
  ]);
});
