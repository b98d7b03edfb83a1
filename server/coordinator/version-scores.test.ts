import { expect, test } from 'vitest';
import type { ClassificationTally } from '#lib/core/metrics/tally.ts';
import { VersionScores } from './version-scores.ts';

/** `hits` of `count` rows of two classes are right. */
const tally = (hits: number, count: number): ClassificationTally => ({
  type: 'classification',
  count,
  lossSum: count,
  confusion: [hits, count - hits, 0, 0],
});

test('the sum answers for all rows, and the spread for the devices: 1 of 10, 45 of 50 and 8 of 10', () => {
  const scores = new VersionScores('accuracy');
  expect(scores.view()).toBeNull();
  scores.add(tally(1, 10), null);
  expect(scores.view()).toMatchObject({ participants: 1, spread: null, personal: null });
  scores.add(tally(45, 50), tally(50, 50));
  scores.add(tally(8, 10), tally(5, 10));
  // All rows: 54 of 70. Devices: 0.1, 0.8, 0.9, whose mean would be 0.6.
  expect(scores.view()).toEqual({
    participants: 3,
    tally: tally(54, 70),
    spread: {
      participants: 3,
      minimum: 0.1,
      lowerQuartile: expect.closeTo(0.45, 12),
      median: 0.8,
      upperQuartile: expect.closeTo(0.85, 12),
      maximum: 0.9,
    },
    // Two of the three have a model of their own.
    personal: {
      participants: 2,
      tally: tally(55, 60),
      spread: {
        participants: 2,
        minimum: 0.5,
        lowerQuartile: 0.625,
        median: 0.75,
        upperQuartile: 0.875,
        maximum: 1,
      },
    },
  });
});

test('a tally of other classes counts nowhere, and a device without rows has no figure', () => {
  const scores = new VersionScores('accuracy');
  expect(scores.add(tally(1, 2), null)).toBe(true);
  expect(scores.add({ ...tally(1, 2), confusion: [2] }, tally(1, 2))).toBe(false);
  expect(scores.add(tally(0, 0), null)).toBe(true);
  expect(scores.view()).toMatchObject({ participants: 2, tally: { count: 2 }, spread: null, personal: null });
});
