import { expect, test } from 'vitest';
import type { Examples } from './examples.ts';
import { afterChanges, applyChange, applyChangeInPlace, differenceOf, type RowChange } from './row-change.ts';

/** Rows [n, −n] with hash (n, 7). */
const rows = (...numbers: readonly number[]): Examples => ({
  count: numbers.length,
  features: Float32Array.from(numbers.flatMap((n) => [n, -n])),
  targets: Int32Array.from(numbers.map((n) => n % 2)),
  hashes: Uint32Array.from(numbers.flatMap((n) => [n, 7])),
});
const change = (replaced: readonly number[], removed: readonly number[], examples?: Examples): RowChange => ({
  replaced: Uint32Array.from(replaced),
  removed: Uint32Array.from(removed),
  examples,
});

test('a change replaces, removes and appends, in row numbers of before', () => {
  const before = rows(1, 2, 3, 4, 5);
  expect(applyChange(before, change([1, 4], [0, 3], rows(20, 50, 60)))).toEqual(rows(20, 3, 50, 60));
  expect(applyChange(before, change([], [4]))).toEqual(rows(1, 2, 3, 4));
  expect(applyChange(before, change([0], [], rows(9)))).toEqual(rows(9, 2, 3, 4, 5));
  // What was there is another's to keep.
  expect(before).toEqual(rows(1, 2, 3, 4, 5));
});

test('many edits copy the rows once, and never those of the import', () => {
  const imported = rows(1, 2, 3);
  const after = afterChanges(imported, [
    change([0], [], rows(9)),
    change([], [1]),
    change([1], [], rows(8)),
    change([], [], rows(7)),
  ]);
  expect(after).toEqual(rows(9, 8, 7));
  expect(imported).toEqual(rows(1, 2, 3));
  // What is one's own is changed where it lies.
  const own = rows(1, 2, 3);
  const changed = applyChangeInPlace(own, change([2], [], rows(5)));
  expect(changed.features.buffer).toBe(own.features.buffer);
  expect(changed).toEqual(rows(1, 2, 5));
});

test('a change of rows that are not there is a mistake of whoever made it', () => {
  expect(() => applyChange(rows(1), change([1], [], rows(2)))).toThrow(RangeError);
  expect(() => applyChange(rows(1), change([0], []))).toThrow(RangeError);
});

test.each([
  ['nothing', [1, 2, 3], [1, 2, 3], {}],
  ['a cell of one row', [1, 2, 3], [1, 9, 3], { changed: [1] }],
  ['a row removed: those behind it only moved', [1, 2, 3, 4], [1, 3, 4], { removed: [1] }],
  ['a row appended', [1, 2], [1, 2, 3], { added: [2] }],
  ['one removed and another appended', [1, 2, 3, 4], [1, 3, 4, 5], { removed: [1], added: [3] }],
  ['one of two equal rows removed', [1, 1, 2], [1, 2], { removed: [1] }],
  ['a row doubled', [1, 2], [1, 2, 2], { added: [2] }],
  ['rows in another order', [1, 2, 3], [3, 1, 2], {}],
])('two states that differ in %s', (_, before, after, found) => {
  expect(differenceOf(rows(...before).hashes, rows(...after).hashes)).toEqual({
    removed: [],
    added: [],
    changed: [],
    ...found,
  });
});
