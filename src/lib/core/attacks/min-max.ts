// Min-max: all hostile devices report μ + γp with the largest γ for which it is no further from any honest update than two of
// these are from each other. Made against rules that look at distances, without knowing which is used.
// Shejwalkar & Houmansadr 2021, "Manipulating the Byzantine: Optimizing Model Poisoning Attacks and Defenses for Federated
// Learning", attack "AGR-agnostic, min-max"; p is −μ/‖μ‖ or −σ. They find γ by halving steps; ‖μ + γp − x‖² is a quadratic in γ, so its
// largest admissible value is the least of the positive roots, exactly.
import { ok } from '../result.ts';
import { optionOf, type OmniscientAttack } from './attack.ts';
import { momentsOf } from './moments.ts';

export const minMax: OmniscientAttack = {
  name: 'minmax',
  title: 'Min-max',
  description: 'Goes as far against the honest mean as the honest differ from one another.',
  paper: 'Shejwalkar & Houmansadr 2021, min-max',
  acts: 'on-honest-updates',
  options: [
    {
      name: 'direction',
      title: 'Direction',
      hint: '0: against the honest mean; 1: against the standard deviations.',
      default: 0,
      minimum: 0,
      maximum: 1,
      isWhole: true,
    },
  ],
  craft(honest, setting) {
    const { mean, deviation } = momentsOf(honest);
    const against = optionOf(setting, 'direction') === 1 ? deviation : mean;
    const length = Math.sqrt(against.reduce((sum, value) => sum + value * value, 0));
    const direction = against.map((value) => (length === 0 ? 0 : -value / length));
    const reach = length === 0 ? 0 : largestStep(honest, mean, direction);
    return ok(Float32Array.from(mean, (value, i) => value + reach * direction[i]!));
  },
};

/** The largest γ with ‖mean + γ · direction − x‖ ≤ the diameter for every honest x; `direction` is of length 1. */
function largestStep(honest: readonly Float32Array[], mean: Float64Array, direction: Float64Array): number {
  let diameter = 0;
  for (const [k, one] of honest.entries())
    for (const other of honest.slice(k + 1)) diameter = Math.max(diameter, squaredDistance(one, other));
  let step = Infinity;
  for (const one of honest) {
    const along = direction.reduce((sum, value, i) => sum + value * (mean[i]! - one[i]!), 0);
    // γ² + 2γ · along + ‖mean − x‖² − diameter² = 0; the mean is within the diameter of every update.
    const room = Math.max(0, diameter - squaredDistance(one, mean));
    step = Math.min(step, Math.sqrt(along * along + room) - along);
  }
  return step;
}

function squaredDistance(one: Float32Array, other: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i += 1) sum += (one[i]! - other[i]!) ** 2;
  return sum;
}
