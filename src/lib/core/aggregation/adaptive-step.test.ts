import { describe, expect, test } from 'vitest';
import { roundOf, sample, settingFor, tryRound } from '../../../../test/support/fold-updates.ts';
import { random } from '../random.ts';
import { fedadagrad } from './fedadagrad.ts';
import { fedadam } from './fedadam.ts';
import { fedyogi } from './fedyogi.ts';
import type { AggregationSetting, SumStrategy } from './strategy.ts';

const f32 = Math.fround;

/** The versions after each round, of one device whose update is the delta. Base 0. */
function versions(strategy: SumStrategy, setting: AggregationSetting, deltas: readonly number[][]) {
  const made = [];
  let parameters = new Float32Array(setting.parameterCount);
  let state = new Float32Array(strategy.stateLength(setting));
  for (const delta of deltas) {
    const next = roundOf(strategy, [sample(delta)], parameters, setting, state);
    ({ parameters, state } = next);
    made.push(next);
  }
  return made;
}

describe('adaptive federated optimisation', () => {
  test('FedAdagrad divides by the root of all squared changes so far', () => {
    // τ = ¾, so v₋₁ = 9/16 and u = v − 9/16 is what the state holds. β₁ = 0, η = 1: w += Δ / (√v + ¾).
    // 1: Δ = 1,  v = 25/16,    √v = 5/4,  w = 1 / 2.
    // 2: Δ = 3,  v = 169/16,   √v = 13/4, w += 3 / 4.
    // 3: Δ = 21, v = 7225/16,  √v = 85/4, w += 21 / 22.
    // The second parameter meets Δ = −1, 0, 0: it moves −1/2 once and its v stays 25/16.
    const setting = settingFor(fedadagrad, 2, { lr: 1, beta1: 0, tau: 0.75 });
    expect(
      versions(fedadagrad, setting, [
        [1, -1],
        [3, 0],
        [21, 0],
      ]),
    ).toEqual([
      { parameters: Float32Array.of(0.5, -0.5), state: Float32Array.of(1, -1, 1, 1) },
      { parameters: Float32Array.of(1.25, -0.5), state: Float32Array.of(3, 0, 10, 1) },
      { parameters: Float32Array.of(1.25 + 21 / 22, -0.5), state: Float32Array.of(21, 0, 451, 1) },
    ]);
  });

  test('FedAdam lets old squared changes fade, below τ² too, and does not correct the bias', () => {
    // τ = 1, β₁ = β₂ = ½, η = 1: m = m/2 + Δ/2, v = v/2 + Δ²/2 from v₋₁ = 1, w += m / (√v + 1); the state holds v − 1.
    // 1: Δ = 7,   m = 3.5,    v = 0.5 + 24.5    = 25,  w = 3.5 / 6.
    // 2: Δ = 35,  m = 19.25,  v = 12.5 + 612.5  = 625, w += 19.25 / 26.
    // 3: Δ = −25, m = −2.875, v = 312.5 + 312.5 = 625, w −= 2.875 / 26.
    // The second parameter never changes: v = 1/2, 1/4, 1/8.
    const setting = settingFor(fedadam, 2, { lr: 1, beta1: 0.5, beta2: 0.5, tau: 1 });
    const first = f32(3.5 / 6);
    const second = f32(first + 19.25 / 26);
    expect(
      versions(fedadam, setting, [
        [7, 0],
        [35, 0],
        [-25, 0],
      ]),
    ).toEqual([
      { parameters: Float32Array.of(first, 0), state: Float32Array.of(3.5, 0, 24, -0.5) },
      { parameters: Float32Array.of(second, 0), state: Float32Array.of(19.25, 0, 624, -0.75) },
      { parameters: Float32Array.of(second - 2.875 / 26, 0), state: Float32Array.of(-2.875, 0, 624, -0.875) },
    ]);
  });

  test('FedYogi moves its second moment by the squared change, in the direction of it', () => {
    // τ = 1, β₁ = β₂ = ½, η = 1, v₋₁ = 1: v moves by Δ²/2, up where v < Δ², down where v > Δ².
    // 1: Δ = 4,  m = 2, v = 1 + 8  = 9,  w = 2 / 4.
    // 2: Δ = −2, m = 0, v = 9 − 2  = 7,  w stays.
    // 3: Δ = 6,  m = 3, v = 7 + 18 = 25, w += 3 / 6.
    // The second parameter meets Δ = 1 = v₋₁, where sgn is 0: v stays 1, m = 1/2, w = 1/4; then m = 1/4, w += 1/8; m = 1/8, w += 1/16.
    const setting = settingFor(fedyogi, 2, { lr: 1, beta1: 0.5, beta2: 0.5, tau: 1 });
    expect(
      versions(fedyogi, setting, [
        [4, 1],
        [-2, 0],
        [6, 0],
      ]),
    ).toEqual([
      { parameters: Float32Array.of(0.5, 0.25), state: Float32Array.of(2, 0.5, 8, 0) },
      { parameters: Float32Array.of(0.5, 0.375), state: Float32Array.of(0, 0.25, 6, 0) },
      { parameters: Float32Array.of(1, 0.4375), state: Float32Array.of(3, 0.125, 24, 0) },
    ]);
  });

  // The same rules once more, with v itself in double from round to round, as the paper's lines are printed.
  const printed: readonly [SumStrategy, number, (v: number, square: number) => number][] = [
    [fedadagrad, 0, (v, square) => v + square],
    [fedadam, 0.9, (v, square) => 0.99 * v + 0.01 * square],
    [fedyogi, 0.9, (v, square) => v - 0.01 * square * (v > square ? 1 : v < square ? -1 : 0)],
  ];
  test.each(printed)(
    '$name at its defaults follows the printed rule for a hundred rounds',
    (strategy, first, second) => {
      const draw = random(5, strategy.name);
      const setting = settingFor(strategy, 2);
      // One parameter changes by about a tenth, the other by less than τ.
      const deltas = Array.from({ length: 100 }, () => [f32(0.1 * draw.normal()), f32(1e-4 * draw.normal())]);
      const made = versions(strategy, setting, deltas);
      for (const parameter of [0, 1]) {
        let m = 0;
        let v = 0.001 ** 2;
        let w = 0;
        for (const [round, delta] of deltas.entries()) {
          m = first * m + (1 - first) * delta[parameter]!;
          v = second(v, delta[parameter]! ** 2);
          w += (0.01 * m) / (Math.sqrt(v) + 0.001);
          // A hundred roundings to f32, of w below 1 and of m and v relative to themselves.
          expect(made[round]!.parameters[parameter]).toBeCloseTo(w, 5);
        }
      }
    },
  );

  test.each([fedadagrad, fedadam, fedyogi])(
    '$name refuses a second moment that f32 cannot hold, by its parameter',
    (strategy) => {
      // Even at the most that an update may say, 64² = 4096 a round, v stays in f32; a state from elsewhere may not.
      const setting = settingFor(strategy, 2);
      expect(
        tryRound(
          strategy,
          [sample([0, 0])],
          new Float32Array(2),
          Float32Array.of(0, 0, 0, Infinity),
          setting,
        ),
      ).toEqual({ ok: false, error: { kind: 'not-finite', index: 1 } });
    },
  );

  test.each([fedadam, fedyogi])('$name never takes the root of a negative second moment', (strategy) => {
    // fround(−τ²) is below −τ² for τ = 0.003: −9.0000003e-6. v is then 0, and the step m / τ = 0.1 · 0.003 / 0.003 · η.
    const setting = settingFor(strategy, 1, { tau: 0.003, lr: 1 });
    const state = Float32Array.of(0.003, -(0.003 ** 2));
    expect(0.003 ** 2 + state[1]!).toBeLessThan(0);
    expect(roundOf(strategy, [sample([0])], new Float32Array(1), setting, state).parameters[0]).toBeCloseTo(
      0.9,
      6,
    );
  });
});
