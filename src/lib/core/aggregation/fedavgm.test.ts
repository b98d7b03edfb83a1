import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, roundOf, sample, settingFor, tryRound } from '../../../../test/support/fold-updates.ts';
import { fedavg } from './fedavg.ts';
import { fedavgm } from './fedavgm.ts';

describe('averaging with momentum', () => {
  test('repeats half of the previous step at β = 0.5', () => {
    const setting = settingFor(fedavgm, 1, { beta: 0.5, lr: 2 });
    // Δ̄ = (1 · 1 + 3 · −1) / 4 = −0.5: v = −0.5, w = 1 + 2 · −0.5 = 0.
    const first = roundOf(
      fedavgm,
      [sample([1], { examples: 1 }), sample([-1], { examples: 3 })],
      Float32Array.of(1),
      setting,
    );
    expect(first).toEqual({ parameters: Float32Array.of(0), state: Float32Array.of(-0.5) });
    // Δ̄ = 1: v = −0.25 + 1 = 0.75, w = 0 + 1.5.
    const second = roundOf(fedavgm, [sample([1])], first.parameters, setting, first.state);
    expect(second).toEqual({ parameters: Float32Array.of(1.5), state: Float32Array.of(0.75) });
    // Δ̄ = 0: it rolls on by half. v = 0.375, w = 1.5 + 0.75.
    const third = roundOf(fedavgm, [sample([0])], second.parameters, setting, second.state);
    expect(third).toEqual({ parameters: Float32Array.of(2.25), state: Float32Array.of(0.375) });
  });

  test('is federated averaging bit for bit without momentum, whatever it remembers', () => {
    const value = fc.float({ min: -64, max: 64, noNaN: true });
    const vector = fc.array(value, { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(vector, fc.integer({ min: 1, max: 1e6 })), { minLength: 1, maxLength: 5 }),
        vector,
        vector,
        fc.double({ min: 1e-3, max: 10, noNaN: true }),
        (updates, base, state, lr) => {
          const samples = updates.map(([values, examples]) => sample(values, { examples }));
          const from = Float32Array.from(base);
          const withMomentum = roundOf(
            fedavgm,
            samples,
            from,
            settingFor(fedavgm, 3, { beta: 0, lr }),
            Float32Array.from(state),
          );
          const plain = roundOf(fedavg, samples, from, settingFor(fedavg, 3, { lr }));
          expect(bytesOf(withMomentum.parameters)).toEqual(bytesOf(plain.parameters));
        },
      ),
      { seed: 11, numRuns: 200 },
    );
  });

  test('refuses the parameter that it has rolled out of f32, by its index', () => {
    // v = 0.999 · 3.4e38 fits; added to a base of as much it does not.
    const largest = 3.4028234663852886e38;
    expect(
      tryRound(
        fedavgm,
        [sample([0, 0])],
        Float32Array.of(0, largest),
        Float32Array.of(largest, largest),
        settingFor(fedavgm, 2, { beta: 0.999 }),
      ),
    ).toEqual({ ok: false, error: { kind: 'not-finite', index: 1 } });
  });
});
