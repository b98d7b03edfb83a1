// Figures against scikit-learn's answers on the same rows, and against worked examples of the papers where it has none.
import { expect, test } from 'vitest';
import { calibrationError, reliability } from '#lib/core/metrics/calibration.ts';
import { classScores, cohensKappa } from '#lib/core/metrics/class-scores.ts';
import { averagePrecision, classAreas, meanArea, rocArea, rocCurve } from '#lib/core/metrics/curves.ts';
import { bootstrap, deLong, deltaInterval } from '#lib/core/metrics/intervals.ts';
import { mcNemar } from '#lib/core/metrics/mcnemar.ts';
import { numberScores } from '#lib/core/metrics/number-scores.ts';
import { wilson } from '#lib/core/metrics/wilson.ts';
import { inOneGo } from '#lib/participant/workbench/step-through.ts';
import { numbers, threeClasses, twoClasses } from './metric-answers.ts';

test('figures of classes are scikit-learn’s to 1e-9', () => {
  const { targets, shares, answers } = threeClasses;
  const scores = classScores({ classes: 3, shares, targets })!;
  expect(scores.confusion).toEqual(answers.confusion);
  for (const name of ['accuracy', 'balancedAccuracy', 'logLoss', 'kappa'] as const)
    expect(scores[name], name).toBeCloseTo(answers[name], 9);
  for (const mean of ['macro', 'weighted'] as const)
    for (const name of ['precision', 'recall', 'f1'] as const)
      expect(scores[mean][name], `${mean} ${name}`).toBeCloseTo(answers[mean][name], 9);
  const areas = inOneGo(classAreas(shares, targets, 3));
  expect(meanArea(areas.map((one) => one.roc))).toBeCloseTo(answers.areaMacro, 9);
});

test('curves and areas of two classes are scikit-learn’s to 1e-9, equal scores included', () => {
  const { targets, scores, answers } = twoClasses;
  expect(new Set(scores).size).toBeLessThan(scores.length);
  expect(rocArea(scores, targets)).toBeCloseTo(answers.area, 9);
  expect(averagePrecision(scores, targets)).toBeCloseTo(answers.averagePrecision, 9);
  const curve = rocCurve(scores, targets)!;
  expect(curve).toHaveLength(answers.fpr.length);
  for (const [i, point] of curve.entries()) {
    expect(point.falsePositives).toBeCloseTo(answers.fpr[i]!, 9);
    expect(point.truePositives).toBeCloseTo(answers.tpr[i]!, 9);
  }
  const shares = scores.flatMap((score) => [1 - score, score]);
  const figures = classScores({ classes: 2, shares, targets })!;
  expect(figures.brier).toBeCloseTo(answers.brier, 9);
  expect(figures.logLoss).toBeCloseTo(answers.logLoss, 9);
});

test('figures of numbers are scikit-learn’s to 1e-9', () => {
  const scores = numberScores(numbers.predicted, numbers.targets)!;
  for (const name of ['mae', 'rmse', 'r2', 'medianAbsoluteError'] as const)
    expect(scores[name], name).toBeCloseTo(numbers.answers[name], 9);
});

test('where a figure has no meaning there is none', () => {
  expect(classScores({ classes: 2, shares: [], targets: [] })).toBeUndefined();
  expect(numberScores([], [])).toBeUndefined();
  expect(numberScores([1, 2], [3, 3])!.r2).toBeUndefined();
  expect(rocArea([0.1, 0.9], [1, 1])).toBeUndefined();
  expect(averagePrecision([0.1, 0.9], [0, 0])).toBeUndefined();
  expect(calibrationError(reliability({ classes: 2, shares: [], targets: [] }))).toBeUndefined();
});

test('expected calibration error: two bins, (4/6)·|0.75 − 0.7| + (2/6)·|0.5 − 0.95|', () => {
  // Confidence 0.7 four times, three right; 0.95 twice, one right.
  const shares = [0.3, 0.7, 0.3, 0.7, 0.3, 0.7, 0.3, 0.7, 0.05, 0.95, 0.05, 0.95];
  const bins = reliability({ classes: 2, shares, targets: [1, 1, 1, 0, 1, 0] });
  expect(bins.filter((bin) => bin.count > 0).map(({ from, count }) => [from, count])).toEqual([
    [0.6, 4],
    [0.9, 2],
  ]);
  expect(calibrationError(bins)).toBeCloseTo((4 / 6) * 0.05 + (2 / 6) * 0.45, 12);
});

test('kappa of Cohen’s form: 45 and 15 over 25 and 15 agree by 0.6 where chance gives 0.54', () => {
  expect(cohensKappa([45, 15, 25, 15])).toBeCloseTo((0.6 - 0.54) / 0.46, 12);
  expect(cohensKappa([10, 0, 0, 0])).toBe(0);
});

test('Wilson’s interval of 15 in 148 is that of Newcombe 1998, table I', () => {
  const interval = wilson(15, 148)!;
  expect(interval.low).toBeCloseTo(0.0624, 4);
  expect(interval.high).toBeCloseTo(0.1605, 4);
  expect(wilson(0, 20)).toEqual({ low: 0, high: expect.closeTo(0.1611, 4) as number });
});

test('McNemar’s exact test: 6 against 16 gives 2·P(B(22, ½) ≤ 6)', () => {
  // Σ C(22, k), k = 0 … 6, is 110,056.
  expect(mcNemar(6, 16).pValue).toBeCloseTo((2 * 110_056) / 2 ** 22, 12);
  expect(mcNemar(0, 0).pValue).toBe(1);
  expect(mcNemar(5, 5).pValue).toBe(1);
  // (|600 − 500| − 1)²/1100 = 8.91 on one degree of freedom.
  expect(mcNemar(600, 500).pValue).toBeCloseTo(0.0028362, 6);
});

test('DeLong’s variance is that of its definition, from every pair of a positive and a negative', () => {
  const { targets, scores } = twoClasses;
  const positives = scores.filter((_, i) => targets[i] === 1);
  const negatives = scores.filter((_, i) => targets[i] === 0);
  const psi = (x: number, y: number): number => (x > y ? 1 : x === y ? 0.5 : 0);
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = (values: readonly number[]): number =>
    values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) / (values.length - 1);
  const v10 = positives.map((x) => mean(negatives.map((y) => psi(x, y))));
  const v01 = negatives.map((y) => mean(positives.map((x) => psi(x, y))));
  const found = deLong(scores, targets)!;
  expect(found.area).toBeCloseTo(twoClasses.answers.area, 12);
  expect(found.standardError).toBeCloseTo(
    Math.sqrt(variance(v10) / positives.length + variance(v01) / negatives.length),
    12,
  );
});

test('an area of scores that part the kinds without fault is not sure: 3 against 3 leave much open, 300 little', () => {
  const parted = (each: number) => {
    const truths = Array.from({ length: 2 * each }, (_, row) => (row < each ? 0 : 1));
    return deLong(
      truths.map((truth, row) => truth * 1000 + row),
      truths,
    )!;
  };
  expect(parted(3)).toMatchObject({ area: 1, high: 1 });
  // Newcombe's: (1 − θ)² = z² θ (1 − θ) (1 + 2 ((1 − θ)/(2 − θ) + θ/(1 + θ)))/9 at θ = 0.501:
  // 0.249 = 3.841 · 0.25 · (1 + 2 (0.333 + 0.334))/9.
  expect(parted(3).low).toBeCloseTo(0.501, 3);
  expect(parted(300).low).toBeGreaterThan(0.98);
});

test('the delta method and the bootstrap give the same interval of a mean', () => {
  const values = Float64Array.from({ length: 400 }, (_, row) => (row * 37) % 101);
  const mean = values.reduce((sum, value) => sum + value, 0) / 400;
  const delta = deltaInterval(mean, values)!;
  const drawn = bootstrap(400, (rows) => rows.reduce((sum, row) => sum + values[row]!, 0) / 400, {
    seed: 1,
  })!;
  expect(Math.abs(delta.low - drawn.low)).toBeLessThan(0.3);
  expect(Math.abs(delta.high - drawn.high)).toBeLessThan(0.3);
});

test('a bootstrap interval of a mean is near ± 1.96 σ/√n, and the same for the same seed', () => {
  // 0 … 99: σ/√n = 28.87/10.
  const mean = (rows: Uint32Array): number => rows.reduce((sum, row) => sum + row, 0) / rows.length;
  const interval = bootstrap(100, mean, { seed: 3, draws: 4000 })!;
  expect(interval.low).toBeCloseTo(49.5 - 1.96 * 2.887, -0.3);
  expect(interval.high).toBeCloseTo(49.5 + 1.96 * 2.887, -0.3);
  expect(bootstrap(100, mean, { seed: 3, draws: 4000 })).toEqual(interval);
  expect(bootstrap(100, () => undefined, { seed: 3, draws: 10 })).toBeUndefined();
});
