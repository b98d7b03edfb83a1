import { describe, expect, test } from 'vitest';
import { seededBytes } from '../../../../server/simulate/seeded-bytes.ts';
import { rdpEpsilon } from './rdp.ts';
import { addSkellam, skellamTable } from './skellam-noise.ts';
import { ringSensitivity, shareVariance, skellamEpsilon } from './skellam.ts';

const drawn = (count: number, variance: number): Float64Array => {
  const values = new Float64Array(count);
  addSkellam(values, skellamTable(variance), seededBytes(1, `skellam ${variance}`));
  return values;
};

describe('what distributed noise costs', () => {
  test.each([
    // google-research/federated distributed_dp/accounting_utils.py, β = e^(−½), C = 1.
    [100, 1, 1024, 1, 4.846011, 1.0184302],
    [1000, 1, 2 ** 17, 1, 4.837604, 1.0168328],
    [10_000, 1, 2 ** 21, 1, 4.766104, 1.0026715],
    [10_000, 10, 2 ** 17, 100, 4.753802, undefined],
  ])('scale %d, σ %d, d %d, T %d: ε %d', (scale, deviation, length, steps, epsilon, l2) => {
    const sensitivity = ringSensitivity(1, scale, length);
    if (l2 !== undefined) expect(sensitivity.l2).toBeCloseTo(l2, 7);
    expect(skellamEpsilon(sensitivity, deviation, scale, steps, 1e-5).epsilon).toBeCloseTo(epsilon, 6);
  });

  test('comes to the Gaussian’s on a fine ring', () => {
    // The table’s “Gaussian limit”, 4.752733, to the place that rounding at a scale of 10⁶ leaves.
    const { epsilon } = skellamEpsilon(ringSensitivity(1, 1e6, 1), 1, 1e6, 1, 1e-5);
    expect(epsilon).toBeCloseTo(4.752733, 5);
  });

  test('is never less than that of the Gaussian with the same orders, and comes to it on a fine ring', () => {
    const orders = [2, 3, 4, 5, 6, 7, 8];
    const gaussian = rdpEpsilon(1, 2, 3, 1e-5, orders).epsilon;
    const coarse = skellamEpsilon(ringSensitivity(1, 30, 1000), 2, 30, 3, 1e-5).epsilon;
    const fine = skellamEpsilon(ringSensitivity(1, 1e7, 1000), 2, 1e7, 3, 1e-5).epsilon;
    expect(coarse).toBeGreaterThan(gaussian);
    expect(fine).toBeGreaterThanOrEqual(rdpEpsilon(1, 2, 3, 1e-5).epsilon);
    expect(fine).toBeCloseTo(gaussian, 4);
    expect(skellamEpsilon(ringSensitivity(1, 1, 1), 1, 1, 0, 1e-5).epsilon).toBe(0);
  });
});

describe('shares of it', () => {
  test('add up to the full amount in the smallest sum that is ever opened', () => {
    for (const [variance, survivors, colluding] of [
      [22_500, 7, 0],
      [90_000, 66, 5],
    ] as const) {
      const each = shareVariance(variance, survivors, colluding);
      expect((survivors - colluding) * each).toBeGreaterThanOrEqual(variance);
      expect((survivors - colluding) * (each - 1)).toBeLessThan(variance);
    }
    expect(() => shareVariance(1, 3, 3)).toThrow(RangeError);
  });
});

describe('Skellam noise', () => {
  test.each([1, 2, 9, 400, 1_000_000])('of variance %d has that variance, and no other', (variance) => {
    const count = 40_000;
    const values = drawn(count, variance);
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    const square = values.reduce((sum, value) => sum + value * value, 0) / count;
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / count));
    // Fourth moment 3μ² + μ.
    expect(Math.abs(square / variance - 1)).toBeLessThan(5 * Math.sqrt((2 + 1 / variance) / count));
    expect(values.every(Number.isSafeInteger)).toBe(true);
  });

  test('of variance 2 has each value as often as its distribution says', () => {
    // e^(−2) · I_k(2): 0.30850832, 0.21526929, 0.09323903, 0.02879122, 0.00686536 (Abramowitz & Stegun 1964, table 9.8).
    const values = drawn(100_000, 2);
    for (const [k, chance] of [0.30850832, 0.21526929, 0.09323903, 0.02879122, 0.00686536].entries())
      for (const sign of k === 0 ? [1] : [1, -1]) {
        const share = values.filter((value) => value === sign * k).length / values.length;
        expect(Math.abs(share - chance)).toBeLessThan(5 * Math.sqrt((chance * (1 - chance)) / 100_000));
      }
  });

  test('adds up: the sum of ten of variance 4 is one of variance 40', () => {
    const sum = new Float64Array(20_000);
    const table = skellamTable(4);
    const draw = seededBytes(1, 'sums');
    for (let k = 0; k < 10; k += 1) addSkellam(sum, table, draw);
    const square = sum.reduce((total, value) => total + value * value, 0) / sum.length;
    expect(Math.abs(square / 40 - 1)).toBeLessThan(5 * Math.sqrt((2 + 1 / 40) / sum.length));
  });

  test('is refused for variances that are no whole numbers', () => {
    for (const variance of [0, 0.5, -1, NaN, 2 ** 26 + 1])
      expect(() => skellamTable(variance)).toThrow(RangeError);
  });
});
