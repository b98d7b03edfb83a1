import { describe, expect, test } from 'vitest';
import type { SettledTally } from '#lib/core/metrics/tally.ts';
import { random } from '#lib/core/random.ts';
import {
  compareClasses,
  compareFigure,
  compareFigures,
  macroVariance,
  newcombe,
  rowShares,
  wilson,
} from './console-comparison.ts';

const classified = (confusion: number[]): SettledTally => ({
  type: 'classification',
  count: confusion.reduce((total, cell) => total + cell, 0),
  lossSum: 12,
  confusion,
});

describe('intervals of a comparison', () => {
  test("Wilson's interval is the published one", () => {
    // Newcombe 1998, Statistics in Medicine 17:857, Table I: 81 of 263 by method 3 gives 0.2553 to 0.3662.
    const large = wilson(81, 263);
    expect(large?.low).toBeCloseTo(0.2553, 4);
    expect(large?.high).toBeCloseTo(0.3662, 4);
    // … and 0 of 20 gives 0 to 0.1611.
    const none = wilson(0, 20);
    expect(none?.low).toBe(0);
    expect(none?.high).toBeCloseTo(0.1611, 4);
    expect(wilson(0, 0)).toBeUndefined();
  });
  test("Newcombe's difference is the published one", () => {
    // Newcombe 1998, Statistics in Medicine 17:873, Table II: 56/70 − 48/80 by method 10 gives 0.0524 to 0.3339.
    const between = newcombe(56, 70, 48, 80);
    expect(between?.low).toBeCloseTo(0.0524, 4);
    expect(between?.high).toBeCloseTo(0.3339, 4);
  });
  test('with equal columns the macro variance of the delta method equals the variance of the mean recall', () => {
    // Recall of row k has variance p(1−p)/n_k; their mean over two rows a quarter of the sum. 8/10 and 9/10:
    // (0.16/10 + 0.09/10)/4 = 0.00625.
    expect(macroVariance([8, 2, 1, 9], 'balanced-accuracy')).toBeCloseTo(0.00625, 10);
  });
  test('the delta method of F1 agrees with resampling', () => {
    const confusion = [50, 10, 20, 120];
    const draw = random(5, 'bootstrap');
    const values: number[] = [];
    for (let turn = 0; turn < 4000; turn += 1) {
      const again = [0, 0, 0, 0];
      for (let one = 0; one < 200; one += 1) {
        const at = draw.below(200);
        const cell = at < 50 ? 0 : at < 60 ? 1 : at < 80 ? 2 : 3;
        again[cell] = (again[cell] ?? 0) + 1;
      }
      values.push(compareFigure('f1-macro', classified(again), null).a ?? 0);
    }
    const mean = values.reduce((total, value) => total + value, 0) / values.length;
    const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1);
    expect(Math.sqrt(macroVariance(confusion, 'f1-macro') ?? 0) / Math.sqrt(variance)).toBeCloseTo(1, 1);
  });
});

describe('a version against another', () => {
  const better = classified([95, 5, 8, 92]);
  const worse = classified([70, 30, 25, 75]);
  test('a clear gain is told as better, and seen from the other side as worse', () => {
    const accuracy = compareFigure('accuracy', better, worse);
    expect(accuracy.difference).toBeCloseTo(187 / 200 - 145 / 200);
    expect(accuracy.verdict).toBe('better');
    expect(compareFigure('accuracy', worse, better).verdict).toBe('worse');
  });
  test('a difference within the noise is unclear, and a loss has no interval', () => {
    expect(
      compareFigure('balanced-accuracy', classified([8, 2, 1, 9]), classified([7, 3, 1, 9])).verdict,
    ).toBe('unclear');
    expect(compareFigure('loss', better, worse).verdict).toBe('unknown');
    expect(compareFigure('loss', better, worse).interval).toBeUndefined();
  });
  test('what nobody has scored is undefined, not 0', () => {
    const half = compareFigure('accuracy', better, null);
    expect([half.b, half.difference, half.verdict]).toEqual([undefined, undefined, 'unknown']);
  });
  test('only the metrics of the kind at hand are listed', () => {
    expect(compareFigures(better, worse).map((one) => one.name)).toEqual([
      'Accuracy',
      'Balanced accuracy',
      'F1 (macro)',
      'Loss',
    ]);
    const numbers: SettledTally = {
      type: 'regression',
      count: 4,
      squaredErrorSum: 4,
      absoluteErrorSum: 4,
      targetSum: 10,
      targetSquareSum: 30,
    };
    expect(compareFigures(numbers, null).map((one) => one.name)).toEqual([
      'Loss',
      'RMSE',
      'Mean absolute error',
      'R²',
    ]);
  });
  test('classes come worst first, with the difference of their recall', () => {
    const rows = compareClasses(['healthy', 'ill'], better, worse);
    expect(rows.map((row) => row.label)).toEqual(['ill', 'healthy']);
    expect(rows[0]?.recall.difference).toBeCloseTo(0.17);
    expect(compareClasses(['a'], null, null)).toEqual([]);
  });
  test('a class without examples has no share', () => {
    expect(rowShares([3, 1, 0, 0])).toEqual([0.75, 0.25, undefined, undefined]);
  });
});
