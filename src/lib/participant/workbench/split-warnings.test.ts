import { expect, test } from 'vitest';
import { splitWarnings } from './split-warnings.ts';

/** `no` and `yes` rows to learn from, then those held out. */
function parted(learnt: readonly [number, number], judged: readonly [number, number], keptShare?: number) {
  const counts = [...learnt, ...judged];
  const classes = Int32Array.from(counts.flatMap((count, at) => Array<number>(count).fill(at % 2)));
  const all = Uint32Array.from(classes, (_, row) => row);
  const border = learnt[0] + learnt[1];
  return {
    ...{ how: { type: 'rows' } as const, classes, keptShare },
    ...{ training: all.slice(0, border), heldOut: all.slice(border) },
  };
}

test('a split that is kept tells where a class is more than a point out of proportion, and by more than a row', () => {
  const labels = ['no', 'yes'];
  // 24 % of 1,000 rows, and of 200 held out 22 %.
  expect(splitWarnings(parted([604, 196], [156, 44], 0.2), labels)).toEqual([
    'Since the split was made its proportions have drifted: “no” is 76.0 % of all rows and 78.0 % of those held out. Drawn anew, they would be alike.',
  ]);
  expect(splitWarnings(parted([608, 192], [152, 48], 0.2), labels)).toEqual([]);
  // Fitted to these rows there is nothing to draw anew.
  expect(splitWarnings(parted([604, 196], [156, 44]), labels)).toEqual([]);
  // One row of ten is ten points.
  expect(splitWarnings(parted([30, 10], [7, 3], 0.2), labels)).toEqual([]);
});
