import { expect, test } from 'vitest';
import type { SliceTally } from '#lib/core/gates/slice-tally.ts';
import type { ClassificationTally } from '#lib/core/metrics/tally.ts';
import { ToldSlices, wrongSlice } from './told-slices.ts';

const tally = (hits: number, count: number): ClassificationTally => ({
  type: 'classification',
  count,
  lossSum: count,
  confusion: [hits, count - hits, 0, 0],
});
const part = (name: string, hits: number, count: number): SliceTally => ({
  column: 'sex',
  part: `is ${name}`,
  tally: tally(hits, count),
});
const shown = (told: ToldSlices) =>
  told.view()!.map(({ part: name, shown: one }) => [name, one?.tally.count ?? null]);

test('slices are told once ten rows of two devices are in them, as sums over all rows', () => {
  const told = new ToldSlices();
  expect(told.view()).toBeUndefined();
  told.add([part('Female', 8, 12)], tally(20, 40));
  // Twelve rows, but of one device.
  expect(shown(told)).toEqual([['is Female', null]]);
  told.add([part('Female', 1, 8)], tally(20, 40));
  // A third counted, and has none.
  told.add([part('Female', 0, 0)], tally(20, 40));
  expect(told.view()).toEqual([
    {
      column: 'sex',
      part: 'is Female',
      counted: 3,
      isEmpty: false,
      shown: { participants: 2, tally: tally(9, 20) },
    },
  ]);
});

test('a part is not told either where all rows less the told ones would tell of a few', () => {
  const told = new ToldSlices();
  for (const _ of [1, 2]) told.add([part('Female', 5, 10), part('Male', 20, 26)], tally(30, 39));
  // 78 rows less 20 and 52 leave 6 of neither part.
  expect(shown(told)).toEqual([
    ['is Female', null],
    ['is Male', 52],
  ]);
});

test('parts that hold more rows than were scored, or one that is named twice, are refused', () => {
  const shape = { type: 'classification', classes: 2 } as const;
  const refused = (...slices: SliceTally[]) => wrongSlice(slices, tally(10, 20), shape);
  expect(refused(part('Female', 5, 10), part('Male', 5, 10))).toBeUndefined();
  expect(refused(part('Female', 5, 10), part('Male', 5, 11))).toMatch(/hold 21 rows, and 20 were scored/);
  expect(refused(part('Female', 5, 10), part('Female', 1, 2))).toMatch(/counted twice/);
  expect(refused({ ...part('Female', 5, 10), tally: { ...tally(5, 10), count: 9 } })).toMatch(
    /do not add up/,
  );
});
