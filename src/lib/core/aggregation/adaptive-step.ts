// The step that FedAdagrad, FedAdam and FedYogi share: m ← β₁m + (1−β₁)Δ̄, w ← w + η m / (√v + τ), with Δ̄ = Σ_k (n_k / n) Δ_k.
// They differ in how v follows Δ̄². Reddi, Charles, Zaheer, Garrett, Rush, Konečný, Kumar, McMahan 2021, "Adaptive Federated
// Optimization", algorithm 2: no bias correction, and v₋₁ ≥ τ², here τ² itself. (Its line for Δ_t is the plain mean; its
// experiments weigh by examples, as is done here.)
import { fail, type Result } from '../result.ts';
import { sumAt, type FixedPointSum } from './fixed-point-sum.ts';
import { serverRate } from './options.ts';
import { movedRemembering } from './server-step.ts';
import type { Aggregated, AggregationFailure, StrategyOption } from './strategy.ts';

export const lr = serverRate(
  0.01,
  'How far a parameter moves in a round, about: the step is divided by the usual size of its change. 0.01 to 0.1.',
);
export const beta1: StrategyOption = {
  name: 'beta1',
  title: 'First-moment decay',
  hint: 'How much of the earlier direction is kept.',
  default: 0.9,
  minimum: 0,
  maximum: 0.999,
};
export const beta2: StrategyOption = {
  name: 'beta2',
  title: 'Second-moment decay',
  hint: 'How much of the earlier squared change is kept.',
  default: 0.99,
  minimum: 0,
  maximum: 0.99999,
};
export const tau: StrategyOption = {
  name: 'tau',
  title: 'Adaptivity',
  hint: 'Changes smaller than this are not blown up. Below 0.001, parameters that change seldom get large steps.',
  default: 0.001,
  minimum: 1e-6,
  maximum: 1,
};

export interface AdaptiveRule {
  /** η */
  readonly rate: number;
  /** β₁ */
  readonly firstDecay: number;
  /** τ */
  readonly adaptivity: number;
  /** v_t from v_{t−1} and Δ̄², none of them negative. */
  readonly second: (before: number, square: number) => number;
}

/**
 * State [2P]: m, then v − τ², so that the zeros of a version without state are the paper's v₋₁ = τ². As f32 that is within
 * τ² · 2⁻²⁴ of v where v is small, which moves √v + τ by 3 · 10⁻⁴ of itself at the very most (v near 0), and is exact to f32 elsewhere.
 */
export function adaptiveStep(
  sum: FixedPointSum,
  base: Float32Array,
  state: Float32Array,
  { rate, firstDecay, adaptivity, second }: AdaptiveRule,
): Result<Aggregated, AggregationFailure> {
  if (sum.weight === 0) return fail({ kind: 'no-updates' });
  const start = adaptivity * adaptivity;
  const length = base.length;
  return movedRemembering(base, 2, (i, next) => {
    const delta = sumAt(sum, i) / sum.weight;
    const m = firstDecay * state[i]! + (1 - firstDecay) * delta;
    // f32 may round v − τ² to just below −τ².
    const v = second(Math.max(0, start + state[length + i]!), delta * delta);
    next[i] = m;
    next[length + i] = v - start;
    return (rate * m) / (Math.sqrt(v) + adaptivity);
  });
}
