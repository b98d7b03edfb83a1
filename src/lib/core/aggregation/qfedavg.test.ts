import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, roundOf, sample, settingFor } from '../../../../test/support/fold-updates.ts';
import { fedbuff } from './fedbuff.ts';
import { qfedavg } from './qfedavg.ts';

const training = { learningRate: 0.5, momentum: 0, proximalTerm: 0 };

describe('fair averaging', () => {
  test('takes the step of algorithm 2', () => {
    // q = 2, η = ½, so L = 2. Device 1: F = 2, Δ = 1, so Δw = −2; device 2: F = 1, Δ = −½, so Δw = 1.
    // ΣF^q Δw = 4 · −2 + 1 · 1 = −7. h = q F Δw² + L F²: 2 · 2 · 4 + 2 · 4 = 24 and 2 · 1 · 1 + 2 · 1 = 4; Σh = 28.
    // w − (−7 / 28) = w + ¼.
    const updates = [sample([1], { baseLoss: 2 }), sample([-0.5], { baseLoss: 1 })];
    for (const cap of [2, 4, 16]) {
      const setting = settingFor(qfedavg, 1, { q: 2, cap }, { training });
      expect(roundOf(qfedavg, updates, Float32Array.of(1), setting).parameters).toEqual(
        Float32Array.of(1.25),
      );
    }
  });

  test('agrees with algorithm 2 as printed, over losses, deltas and q', () => {
    const device = fc.record({
      loss: fc.double({ min: 0.05, max: 8, noNaN: true }),
      values: fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(device, { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        (devices, q) => {
          const L = 1 / training.learningRate;
          const h = devices.map(({ loss, values }) => {
            const square = values.reduce((sum, value) => sum + (L * value) ** 2, 0);
            return q * loss ** (q - 1) * square + L * loss ** q;
          });
          const divisor = h.reduce((sum, one) => sum + one, 0);
          const made = roundOf(
            qfedavg,
            devices.map(({ loss, values }) => sample(values, { baseLoss: loss })),
            new Float32Array(3),
            settingFor(qfedavg, 3, { q }, { training }),
          ).parameters;
          for (const [i, value] of made.entries()) {
            const expected = devices.reduce((sum, { loss, values }) => sum + loss ** q * L * values[i]!, 0);
            // s_k and the result are f32, and the least s_k here is (0.05 / 10)² = 2^−15.3 of a sum with 2⁻⁴³ quanta.
            expect(Math.abs(value - expected / divisor)).toBeLessThan(3e-7);
          }
        },
      ),
      { seed: 13, numRuns: 200 },
    );
  });

  test('q = 0 is the plain mean bit for bit, whatever the losses', () => {
    const value = fc.float({ min: -64, max: 64, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.array(value, { minLength: 2, maxLength: 2 }),
            fc.double({ min: 0, max: 50, noNaN: true }),
          ),
          {
            minLength: 1,
            maxLength: 7,
          },
        ),
        (updates) => {
          const samples = updates.map(([values, baseLoss]) => sample(values, { baseLoss, examples: 17 }));
          const base = Float32Array.of(0.3, -2);
          expect(
            bytesOf(roundOf(qfedavg, samples, base, settingFor(qfedavg, 2, { q: 0 })).parameters),
          ).toEqual(bytesOf(roundOf(fedbuff, samples, base, settingFor(fedbuff, 2)).parameters));
        },
      ),
      { seed: 14, numRuns: 200 },
    );
  });

  test('a loss beyond the cap counts as the cap, one that is lost beside it as the least that is not', () => {
    const weigh = (baseLoss: number, q: number) =>
      qfedavg.weigh(sample([1], { baseLoss }), settingFor(qfedavg, 1, { q, cap: 4 }, { training }));
    expect(weigh(1e300, 2)).toEqual(weigh(4, 2));
    expect(weigh(4, 2).scale).toBe(1);
    // q = 2: the least is 4 · 2^(−26/2) = 2⁻¹¹, where s = 2⁻²⁶. A perfect model is not divided by.
    expect(weigh(0, 2)).toEqual(weigh(2 ** -11, 2));
    expect(weigh(0, 2).scale).toBe(2 ** -26);
    // q = ½: there is room for losses to 1e-10, as the authors' code adds.
    expect(weigh(0, 0.5)).toEqual(weigh(1e-10, 0.5));
    expect(weigh(1e-9, 0.5).scale).not.toBe(weigh(1e-10, 0.5).scale);
  });

  test('cannot weigh an update whose loss was not told', () => {
    const setting = settingFor(qfedavg, 1);
    expect(() => qfedavg.weigh(sample([1], { baseLoss: null }), setting)).toThrow(RangeError);
    expect(() => qfedavg.weigh(sample([1], { baseLoss: NaN }), setting)).toThrow(RangeError);
  });
});
