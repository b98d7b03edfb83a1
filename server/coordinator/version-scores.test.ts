import { expect, test } from 'vitest';
import type { ClassificationTally } from '#lib/core/metrics/tally.ts';
import { outputScorer } from '#lib/core/model/scoring.ts';
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
  scores.add(tally(1, 10), null, false);
  expect(scores.view()).toMatchObject({ participants: 1, spread: null, personal: null });
  scores.add(tally(45, 50), tally(50, 50), false);
  scores.add(tally(8, 10), tally(5, 10), false);
  // All rows: 54 of 70. Devices: 0.1, 0.8, 0.9, whose mean is 0.6.
  expect(scores.view()).toEqual({
    participants: 3,
    tally: tally(54, 70),
    figure: 54 / 70,
    spread: {
      participants: 3,
      mean: expect.closeTo(0.6, 12),
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
      figure: 55 / 60,
      spread: {
        participants: 2,
        mean: 0.75,
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
  expect(scores.add(tally(1, 2), null, false)).toBe(true);
  expect(scores.add({ ...tally(1, 2), confusion: [2] }, tally(1, 2), false)).toBe(false);
  expect(scores.add(tally(0, 0), null, false)).toBe(true);
  expect(scores.view()).toMatchObject({ participants: 2, tally: { count: 2 }, spread: null, personal: null });
});

test('what devices say that never train is in no other figure, and pooled exactly by itself', () => {
  const scores = new VersionScores('accuracy');
  expect(scores.add(tally(4, 10), null, true)).toBe(true);
  // Nothing is known yet of the devices that train.
  expect([scores.tally, scores.participants]).toEqual([undefined, 0]);
  expect(scores.view()).toMatchObject({
    participants: 0,
    tally: tally(0, 0),
    figure: null,
    neverTrained: { participants: 1, figure: 0.4 },
  });
  scores.add(tally(9, 10), null, false);
  scores.add(tally(11, 20), null, true);
  expect(scores.view()).toMatchObject({
    participants: 1,
    tally: tally(9, 10),
    // 15 of 30 rows; of the devices 0.4 and 0.55.
    neverTrained: { participants: 2, tally: tally(15, 30), spread: { mean: expect.closeTo(0.475, 12) } },
  });
  expect([scores.tally, scores.participants]).toEqual([tally(9, 10), 1]);
});

test('what devices that never train make of a version for themselves stands beside what it says there, and in no other figure', () => {
  const scores = new VersionScores('accuracy');
  scores.add(tally(5, 10), tally(6, 10), false);
  scores.add(tally(1, 10), tally(9, 10), true);
  // This one's training came to nothing.
  scores.add(tally(2, 10), null, true);
  expect(scores.view()).toMatchObject({
    participants: 1,
    personal: { participants: 1, figure: 0.6 },
    neverTrained: {
      participants: 2,
      tally: tally(3, 20),
      personal: { participants: 1, tally: tally(9, 10) },
    },
  });
});

test('scores are drawn once those of two devices are in the sum: one without rows, of an earlier program, or that never trains is none', () => {
  const scored = (count: number) => {
    const scorer = outputScorer(2, true);
    for (let row = 0; row < count; row += 1) scorer.add(Float64Array.of(0, row), [row % 2], 1);
    return scorer.tally();
  };
  const scores = new VersionScores('accuracy');
  scores.add(scored(4), null, false);
  scores.add(scored(0), null, false);
  scores.add(tally(1, 2), null, false);
  scores.add(scored(4), null, true);
  expect([scores.participants, scores.drawn]).toEqual([3, undefined]);
  scores.add(scored(2), null, false);
  expect(scores.drawn).toEqual(scores.tally);
});
