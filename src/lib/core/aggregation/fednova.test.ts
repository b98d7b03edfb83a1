import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { roundOf, sample, settingFor } from '../../../../test/support/fold-updates.ts';
import { applyGradient } from '../model/optimizer.ts';
import { fedavg } from './fedavg.ts';
import { fednova, stepWeight } from './fednova.ts';

/** How far a gradient of 1 at step `met` of `steps` has moved a parameter at the end, in units of −η: by the trainer's own loop. */
function response(met: number, steps: number, training: Parameters<typeof stepWeight>[1]): number {
  const { learningRate, momentum, proximalTerm } = training;
  const parameters = new Float64Array(1);
  const state = new Float64Array(1);
  for (let t = 1; t <= steps; t += 1)
    applyGradient(
      { learningRate, proximalTerm, optimizer: { type: 'sgd', momentum } },
      parameters,
      0,
      Float64Array.of(t === met ? 1 : 0),
      state,
      1,
      new Float64Array(1),
      t,
    );
  return -parameters[0]! / learningRate;
}

describe('FedNova', () => {
  test('divides each update by its steps and goes the mean number of steps', () => {
    // n = 1, 3 and τ = 4, 2 of plain SGD: Δ/τ = 8/4 and −2/2; mean = (1 · 2 + 3 · −1) / 4 = −1/4;
    // τ_eff = (1 · 4 + 3 · 2) / 4 = 2.5; w = 1 − 0.625. Federated averaging: (8 − 6) / 4 = +1/2.
    const updates = [sample([8], { examples: 1, steps: 4 }), sample([-2], { examples: 3, steps: 2 })];
    const base = Float32Array.of(1);
    expect(roundOf(fednova, updates, base, settingFor(fednova, 1)).parameters).toEqual(
      Float32Array.of(0.375),
    );
    expect(roundOf(fednova, updates, base, settingFor(fednova, 1, { lr: 0.5 })).parameters).toEqual(
      Float32Array.of(0.6875),
    );
    expect(roundOf(fedavg, updates, base, settingFor(fedavg, 1)).parameters).toEqual(Float32Array.of(1.5));
  });

  test('is federated averaging where all took as many steps, but for τ quanta and a rounding to f32', () => {
    const coordinate = fc.float({ min: -64, max: 64, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(coordinate, fc.integer({ min: 1, max: 1000 })), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 500 }),
        fc.constantFrom(
          { learningRate: 0.1, momentum: 0, proximalTerm: 0 },
          { learningRate: 0.1, momentum: 0.9, proximalTerm: 0 },
          { learningRate: 0.1, momentum: 0, proximalTerm: 1 },
          { learningRate: 0.1, momentum: 0.5, proximalTerm: 0.1 },
        ),
        (updates, steps, training) => {
          const samples = updates.map(([value, examples]) => sample([value], { examples, steps }));
          const total = updates.reduce((sum, [, examples]) => sum + examples, 0);
          const quantum = 2 ** (Math.ceil(Math.log2(Math.max(2, total) * 64)) - 52);
          const base = new Float32Array(1);
          const nova = roundOf(fednova, samples, base, settingFor(fednova, 1, {}, { training }))
            .parameters[0]!;
          const plain = roundOf(fedavg, samples, base, settingFor(fedavg, 1)).parameters[0]!;
          // Half a quantum an addend, before it is multiplied by ‖a‖₁ there and by 1 here.
          const bound = (stepWeight(steps, training) + 1) * (quantum / 2) + Math.abs(plain) * 2 ** -22;
          expect(Math.abs(nova - plain)).toBeLessThanOrEqual(bound);
        },
      ),
      { seed: 12, numRuns: 300 },
    );
  });

  test('‖a‖₁ has the closed forms of the paper', () => {
    const sgd = { learningRate: 0.1, momentum: 0, proximalTerm: 0 };
    expect([1, 2, 7, 10_000_000_000].map((steps) => stepWeight(steps, sgd))).toEqual([1, 2, 7, 1e10]);
    // Momentum ½: 1 + (1 + ½) + (1 + ½ + ¼) = 4.25 = [3 − ½ (1 − ⅛) / ½] / ½.
    expect(stepWeight(3, { ...sgd, momentum: 0.5 })).toBe(4.25);
    // ημ = ½: 1 + ½ + ¼ = [1 − ⅛] / ½.
    expect(stepWeight(3, { ...sgd, learningRate: 0.25, proximalTerm: 2 })).toBe(1.75);
    for (const steps of [1, 5, 60, 3000]) {
      const [m, p] = [0.9, 0.1 * 0.3];
      expect(stepWeight(steps, { ...sgd, momentum: m })).toBeCloseTo(
        (steps - (m * (1 - m ** steps)) / (1 - m)) / (1 - m),
        6,
      );
      expect(stepWeight(steps, { ...sgd, proximalTerm: 0.3 })).toBeCloseTo((1 - (1 - p) ** steps) / p, 9);
    }
  });

  test('‖a‖₁ is what the local optimiser does to gradients, momentum and proximal term together', () => {
    let oscillated = 0;
    for (const momentum of [0, 0.5, 0.9])
      for (const proximalTerm of [0, 0.1, 4, 12])
        for (const steps of [1, 2, 3, 10, 25]) {
          const training = { learningRate: 0.1, momentum, proximalTerm };
          const responses = Array.from({ length: steps }, (_, met) => response(met + 1, steps, training));
          if (responses.some((one) => one < 0)) oscillated += 1;
          const norm = responses.reduce((sum, one) => sum + Math.abs(one), 0);
          expect(stepWeight(steps, training) / norm).toBeCloseTo(1, 12);
        }
    expect(oscillated).toBeGreaterThan(5);
  });

  test('a claim of ever so many steps ends, and a proximal term that cannot converge is left out', () => {
    const training = { learningRate: 0.1, momentum: 0.9, proximalTerm: 0.01 };
    expect(stepWeight(10_000_000_000, training)).toBeCloseTo(stepWeight(1_000_000, training), 6);
    const diverging = { learningRate: 1, momentum: 0, proximalTerm: 2 };
    expect(stepWeight(5000, diverging)).toBe(5000);
  });
});
