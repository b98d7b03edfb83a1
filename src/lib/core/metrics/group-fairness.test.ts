import { expect, test } from 'vitest';
import { groupFairness } from './group-fairness.ts';

/** `counts`: true positives, false positives, true negatives, false negatives. */
function decisionsOf(groups: Readonly<Record<string, readonly [number, number, number, number]>>) {
  const rows = Object.entries(groups).flatMap(([group, counts]) =>
    counts.flatMap((count, kind) =>
      Array.from({ length: count }, () => ({
        group,
        isPositive: kind === 0 || kind === 3,
        isSelected: kind < 2,
      })),
    ),
  );
  return {
    groups: rows.map((row) => row.group),
    isPositive: rows.map((row) => row.isPositive),
    isSelected: rows.map((row) => row.isSelected),
  };
}

test('gaps and ratios are Fairlearn’s: largest less smallest rate, smallest by largest', () => {
  // a: 30 of 50 selected, TPR 24/30, FPR 6/20. b: 20 of 50, TPR 15/25, FPR 5/25.
  const found = groupFairness(decisionsOf({ a: [24, 6, 14, 6], b: [15, 5, 20, 10] }));
  expect(found.groups.map((one) => [one.group, one.count, one.selection])).toEqual([
    ['a', 50, 0.6],
    ['b', 50, 0.4],
  ]);
  expect(found.parityGap).toBeCloseTo(0.2, 12);
  expect(found.parityRatio).toBeCloseTo(2 / 3, 12);
  expect(found.truePositiveGap).toBeCloseTo(0.8 - 0.6, 12);
  expect(found.falsePositiveGap).toBeCloseTo(0.3 - 0.2, 12);
  expect(found.oddsGap).toBeCloseTo(0.2, 12);
  expect(found.meetsFourFifths).toBe(false);
  // 0.5 against 0.4 is four fifths exactly.
  expect(groupFairness(decisionsOf({ a: [5, 0, 5, 0], b: [4, 0, 6, 0] })).meetsFourFifths).toBe(true);
});

test('a group of few is hidden, and moves no gap', () => {
  const found = groupFairness(decisionsOf({ a: [24, 6, 14, 6], b: [15, 5, 20, 10], few: [9, 0, 0, 0] }));
  expect(found.hidden).toEqual(['few']);
  expect(found.groups.map((one) => one.group)).toEqual(['a', 'b']);
  expect(found.parityGap).toBeCloseTo(0.2, 12);
});

test('one group alone has no gap, and nobody selected is no unfairness', () => {
  const alone = groupFairness(decisionsOf({ a: [24, 6, 14, 6] }));
  expect([alone.parityGap, alone.oddsGap, alone.meetsFourFifths]).toEqual([undefined, undefined, undefined]);
  const nobody = groupFairness(decisionsOf({ a: [0, 0, 10, 10], b: [0, 0, 15, 5] }));
  expect(nobody).toMatchObject({ parityGap: 0, parityRatio: 1, meetsFourFifths: true });
});

test('a rate over few is hidden in a group of many, and makes no gap', () => {
  // b has 98 rows, and two of them are positive.
  const found = groupFairness(decisionsOf({ a: [24, 6, 14, 6], b: [0, 20, 76, 2], c: [10, 6, 30, 10] }));
  expect(found.groups.map((one) => one.truePositives)).toEqual([0.8, undefined, 0.5]);
  expect(found.truePositiveGap).toBeCloseTo(0.3, 12);
});
