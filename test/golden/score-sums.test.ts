// What devices count of a version's scores, added up, against scikit-learn's answers on all rows together: an area within a thousandth
// (of classes however rare, where logits spread by 0.2 or more),
// sums of squares to 1e-9. The mean of the devices' own areas is another number.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { calibrationError, reliability } from '#lib/core/metrics/calibration.ts';
import { rocArea } from '#lib/core/metrics/curves.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import { deLong, deLongOfBins } from '#lib/core/metrics/intervals.ts';
import { summedAreas, summedCurves } from '#lib/core/metrics/summed-curves.ts';
import { scoreBins, Tally } from '#lib/core/metrics/tally.ts';
import { addTallies, settled, tallyFits } from '#lib/core/metrics/tally-sums.ts';
import { outputScorer } from '#lib/core/model/scoring.ts';
import { random } from '#lib/core/random.ts';
import { threeClasses, twoClasses } from './metric-answers.ts';

/** What a device counts of rows whose chances are these, [rows, classes]: its model's logits are their logarithms. */
function counted(chances: readonly number[], targets: readonly number[], classes: number): Tally {
  const scorer = outputScorer(classes, true);
  scorer.add(
    Float64Array.from(chances, (chance) => Math.log(chance)),
    targets,
    targets.length,
  );
  return scorer.tally();
}

const summed = (tallies: readonly Tally[]): Tally => tallies.reduce((sum, one) => addTallies(sum, one)!);

/** Rows dealt to three devices, unequally. */
function dealt(chances: readonly number[], targets: readonly number[], classes: number): Tally[] {
  const borders = [0, 7, 24, targets.length];
  return borders
    .slice(1)
    .map((to, at) =>
      counted(chances.slice(borders[at]! * classes, to * classes), targets.slice(borders[at], to), classes),
    );
}

test('of three classes the sums of three devices give scikit-learn’s areas, Brier score and calibration', () => {
  const { shares, targets, answers } = threeClasses;
  const pooled = summed(dealt(shares, targets, 3));
  expect(tallyFits(pooled, { type: 'classification', classes: 3 })).toBe(true);
  expect(Math.abs(figure(pooled, 'auc')! - answers.areaMacro)).toBeLessThan(0.001);
  expect(figure(pooled, 'brier')).toBeCloseTo(answers.brier, 9);
  const error = calibrationError(reliability({ classes: 3, shares, targets }));
  expect(figure(pooled, 'calibration-error')).toBeCloseTo(error!, 9);
  expect(figure(pooled, 'accuracy')).toBeCloseTo(answers.accuracy, 12);
});

test('of two classes the second alone is counted, as scikit-learn has it', () => {
  const { scores, targets, answers } = twoClasses;
  const chances = scores.flatMap((score) => [1 - score, score]);
  const pooled = summed(dealt(chances, targets, 2));
  expect(Math.abs(figure(pooled, 'auc')! - answers.area)).toBeLessThan(0.001);
  expect(figure(pooled, 'brier')).toBeCloseTo(answers.brier, 9);
});

test('curves are drawn of the sums: scikit-learn’s areas below them, and each class’s with its interval', () => {
  const { scores, targets, answers } = twoClasses;
  const chances = scores.flatMap((score) => [1 - score, score]);
  const pooled = summed(dealt(chances, targets, 2));
  const { rows, curves } = summedCurves(pooled, ['no', 'yes'])!;
  expect([rows, curves.map(({ label }) => label)]).toEqual([targets.length, ['yes']]);
  const [curve] = curves;
  expect(curve!.rocArea).toBeCloseTo(figure(pooled, 'auc')!, 12);
  expect(Math.abs(curve!.rocArea - answers.area)).toBeLessThan(0.001);
  expect(Math.abs(curve!.averagePrecision - answers.averagePrecision)).toBeLessThan(0.005);
  const exact = deLong(scores, targets)!;
  expect(Math.abs(curve!.rocInterval!.low - exact.low)).toBeLessThan(0.002);
  expect(Math.abs(curve!.rocInterval!.high - exact.high)).toBeLessThan(0.002);
  expect(curve!.roc[0]).toEqual({ x: 0, y: expect.any(Number) });
  expect(curve!.roc.at(-1)).toEqual({ x: 1, y: 1 });
  const three = summed(dealt(threeClasses.shares, threeClasses.targets, 3));
  const areas = summedAreas(three, ['a', 'b', 'c']);
  expect(areas.reduce((sum, { area }) => sum + area, 0) / 3).toBeCloseTo(figure(three, 'auc')!, 12);
  expect(areas.every(({ area, interval }) => interval!.low < area && area < interval!.high)).toBe(true);
});

test('DeLong’s interval over bins is that of scores which are the bins’ numbers', () => {
  const own = [0, 2, 1, 0, 5, 3];
  const others = [4, 1, 3, 2, 1, 0];
  const rowsOf = (counts: readonly number[]): number[] =>
    counts.flatMap((count, bin) => Array.from({ length: count }, () => bin));
  const scores = [...rowsOf(own), ...rowsOf(others)];
  const exact = deLong(
    scores,
    scores.map((_, row) => Number(row < 11)),
  )!;
  const binned = deLongOfBins(own, others)!;
  for (const part of ['area', 'standardError', 'low', 'high'] as const)
    expect(binned[part], part).toBeCloseTo(exact[part], 12);
  // Parted without fault, by whatever few rows: Newcombe's answers, as it does of scores.
  expect(deLongOfBins([0, 0, 3], [3, 0, 0])).toMatchObject({
    area: 1,
    high: 1,
    low: expect.closeTo(0.501, 3),
  });
  expect(deLongOfBins([1, 0], [0, 5])).toBeUndefined();
});

test('nothing is drawn of what was not counted, or by too few, and a class that does not occur is left out', () => {
  const { scores: _, ...before } = counted([0.3, 0.7], [0], 2) as Extract<Tally, { type: 'classification' }>;
  const alone = counted([0.2, 0.8, 0.6, 0.4], [1, 0], 2);
  expect(summedCurves(before, ['no', 'yes'])).toBeUndefined();
  expect(summedCurves(summed([alone, before, before, before]), ['no', 'yes'])).toBeUndefined();
  expect(summedCurves(summed([alone, before]), ['no', 'yes'])).toMatchObject({ rows: 2 });
  expect(summedAreas(counted([0.3, 0.7], [1], 2), ['no', 'yes'])).toEqual([]);
  // Of one row of each kind there is an area, and no interval.
  expect(summedAreas(alone, ['no', 'yes'])).toEqual([{ label: 'yes', area: 1, interval: null }]);
});

test('the pooled area is had of sums, and the mean of the devices’ own areas is another number', () => {
  // Four devices, of which two know rows of a class that is rare at the others: each orders its own rows well.
  const draw = random(7, 'score sums');
  const devices = [0.05, 0.1, 0.8, 0.9].map((rate, device) => {
    const targets = Array.from({ length: 800 }, () => (draw.next() < rate ? 1 : 0));
    const logits = targets.map((target) => (device < 2 ? 1.5 : -1.5) + 2.2 * target + draw.normal());
    return { targets, chances: logits.map((logit) => 1 / (1 + Math.exp(-logit))) };
  });
  const tallies = devices.map(({ targets, chances }) =>
    counted(
      chances.flatMap((chance) => [1 - chance, chance]),
      targets,
      2,
    ),
  );
  const exact = rocArea(
    devices.flatMap(({ chances }) => chances),
    devices.flatMap(({ targets }) => targets),
  )!;
  expect(Math.abs(figure(summed(tallies), 'auc')! - exact)).toBeLessThan(0.001);
  const mean = tallies.reduce((sum, one) => sum + figure(one, 'auc')!, 0) / tallies.length;
  expect(mean - exact).toBeGreaterThan(0.1);
});

test('a model that has learnt little, and one that is sure of itself, are ordered as finely', () => {
  const draw = random(7, 'little');
  for (const [share, scale] of [0.01, 0.1, 0.3].flatMap((of) => [0.2, 1, 5].map((by) => [of, by] as const))) {
    const targets = Array.from({ length: 20_000 }, () => (draw.next() < share ? 1 : 0));
    const usual = Math.log(share / (1 - share));
    const logits = targets.map((target) => usual + scale * (1.2 * target - 0.4 + draw.normal()));
    const chances = logits.map((logit) => 1 / (1 + Math.exp(-logit)));
    const pooled = counted(
      chances.flatMap((chance) => [1 - chance, chance]),
      targets,
      2,
    );
    expect(Math.abs(figure(pooled, 'auc')! - rocArea(chances, targets)!), `${share}, ${scale}`).toBeLessThan(
      0.001,
    );
  }
});

test('of a device that has not counted scores the rows are in no figure of them, and half of all rows have to be', () => {
  const { scores: _, ...before } = counted([0.3, 0.7], [0], 2) as Extract<Tally, { type: 'classification' }>;
  const alone = counted([0.2, 0.8, 0.6, 0.4], [1, 0], 2);
  const names = ['auc', 'brier', 'calibration-error'] as const;
  const figures = (...tallies: Tally[]) => names.map((name) => figure(summed(tallies), name));
  const own = names.map((name) => figure(alone, name));
  expect(own.every((value) => value !== undefined)).toBe(true);
  expect(figures(alone, before)).toEqual(own);
  expect(figures(before, before, alone)).toEqual(own);
  expect(figure(summed([alone, before]), 'accuracy')).toBeCloseTo(2 / 3, 12);
  expect(figures(alone, before, before, before)).toEqual([undefined, undefined, undefined]);
  const none: Tally = { type: 'classification', count: 0, lossSum: 0, confusion: [0, 0, 0, 0] };
  expect(figures(none, alone)).toEqual(own);
});

test('scores that cannot be those of the rows are refused', () => {
  const shape = { type: 'classification', classes: 2 } as const;
  const tally = counted([0.2, 0.8, 0.6, 0.4], [1, 0], 2) as Extract<Tally, { type: 'classification' }>;
  const { scores } = tally;
  const { calibration, ranks } = scores!;
  const wrong = [
    { ...scores!, squareSum: 3 },
    { ...scores!, ranks: ranks.slice(1) },
    { ...scores!, ranks: ranks.map((count, at) => (at === 1 ? count + 1 : count)) },
    { ...scores!, ranks: [...ranks, -Number.MAX_SAFE_INTEGER] },
    { ...scores!, calibration: { ...calibration, hits: calibration.counts.map(() => 1) } },
    { ...scores!, calibration: { ...calibration, confidenceSums: calibration.counts.map(() => 9) } },
  ];
  expect(
    [tally, ...wrong.map((one) => ({ ...tally, scores: one }))].map((one) => tallyFits(one, shape)),
  ).toEqual([true, false, false, false, false, false, false]);
});

test('what is told of empty bins is one number, and the most bins of any number of classes fit what is read', () => {
  const two = counted([0.2, 0.8, 0.6, 0.4], [1, 0], 2) as Extract<Tally, { type: 'classification' }>;
  expect(two.scores!.ranks.filter((one) => one > 0)).toEqual([1, 1]);
  expect(two.scores!.ranks.length).toBeLessThan(7);
  for (const classes of [5, 10]) {
    const ranks = Array.from({ length: 2 * classes * scoreBins(classes) }, () => 1);
    const tally = counted(
      Array.from({ length: classes }, () => 1 / classes),
      [0],
      classes,
    );
    const most = { ...tally, scores: { ...(tally as typeof two).scores, ranks } };
    expect(v.is(Tally, most), String(classes)).toBe(true);
  }
});

test('beyond ten classes the order of scores is not counted, and what is left stays small', () => {
  const chances = Array.from({ length: 11 }, () => 1 / 11);
  const many = counted(chances, [3], 11);
  expect([figure(many, 'auc'), figure(many, 'brier')]).toEqual([undefined, expect.closeTo(10 / 11, 12)]);
  expect(settled(many)).toMatchObject({ scores: { areas: [] } });
});
