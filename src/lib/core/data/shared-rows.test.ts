import { expect, test } from 'vitest';
import type { Examples } from './examples.ts';
import { borrowedCount, isSameRow, joining, ownRows, rangesOf, rowsIn, runsOf } from './shared-rows.ts';

const table = (numbers: readonly number[]): Examples => ({
  count: numbers.length,
  features: Float32Array.from(numbers.flatMap((number) => [number, -number])),
  targets: Float32Array.from(numbers),
  hashes: Uint32Array.from(numbers.flatMap((number) => [number, number])),
  texts: [numbers.map((number) => `text ${number}`)],
});

test('a chunk of a table with texts is put together of its own rows and of two blocks, as it was', () => {
  const whole = table([1, 2, 3, 4, 5, 6, 7]);
  const [first, second] = [table([9, 2, 3, 9]), table([7, 6])];
  const lie = [
    undefined,
    { block: 0, row: 1 },
    { block: 0, row: 2 },
    undefined,
    undefined,
    { block: 1, row: 1 },
  ];
  const rows = [...lie, { block: 1, row: 0 }];
  const runs = runsOf(rows);
  // Rows that follow each other in one block are one run; those in the other order are two.
  expect(Array.from(runs)).toEqual([1, 0, 1, 2, 5, 1, 1, 1, 6, 1, 0, 1]);
  expect(borrowedCount(runs)).toBe(4);
  const own = ownRows(whole, rows);
  expect(own).toEqual(table([1, 4, 5]));
  const made = joining(own, runs);
  made.take(1, second, (row) => row);
  made.take(0, first, (row) => row);
  expect(made.done()).toEqual(whole);
});

test('a row is another’s where every byte and every text is', () => {
  expect(isSameRow(table([1, 2]), 1, table([2]), 0)).toBe(true);
  expect(isSameRow(table([1, 2]), 0, table([2]), 0)).toBe(false);
  expect(isSameRow(table([2]), 0, { ...table([2]), texts: [['another']] }, 0)).toBe(false);
  expect(isSameRow(table([0]), 0, { ...table([0]), features: Float32Array.of(0, 0) }, 0)).toBe(false);
});

test('rows in runs are so many ranges, and come back', () => {
  const rows = Uint32Array.of(2, 3, 4, 9, 11, 12);
  expect(Array.from(rangesOf(rows))).toEqual([2, 3, 9, 1, 11, 2]);
  expect(rowsIn(rangesOf(rows))).toEqual(rows);
});
