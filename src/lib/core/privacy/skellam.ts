// Distributed noise, for sums that nobody sees before they are noisy: each device adds a Skellam variable (a difference of two Poisson
// variables) to every coordinate of its update in the ring. They are whole numbers, their sum is Skellam again, and its variance is
// theirs added up. Agarwal, Kairouz & Liu 2021, "The Skellam Mechanism for Differentially Private Federated Learning"; the accounting
// is that of its authors' google-research/federated, distributed_dp/accounting_utils.py. How it goes into a sum is noise-in-sum.ts.
import { epsilonFromRdp, wholeOrders, type RdpEpsilon } from './renyi.ts';

/** β = e^(−½): stochastic rounding is drawn again until the rounded vector is no longer than is exceeded with chance β. */
const ROUNDING_CHANCE = Math.exp(-0.5);

export interface RingSensitivity {
  /** L2 and L1, in units of an update. */
  readonly l2: number;
  readonly l1: number;
}

/**
 * What one clipped update can change the sum by, in units of an update, once its `length` coordinates were multiplied by `scale` and
 * rounded at random to whole numbers. Kairouz, Liu & Steinke 2021, "The Distributed Discrete Gaussian Mechanism", proposition 22:
 * Δ₂² ≤ C²s² + d/4 + √(2 ln(1/β)) · (Cs + √d/2), and never more than (Cs + √d)²; Δ₁ ≤ Δ₂ · min(√d, Δ₂).
 */
export function ringSensitivity(clipNorm: number, scale: number, length: number): RingSensitivity {
  const scaled = clipNorm * scale;
  const root = Math.sqrt(length);
  const likely =
    scaled * scaled + length / 4 + Math.sqrt(-2 * Math.log(ROUNDING_CHANCE)) * (scaled + root / 2);
  const l2 = Math.sqrt(Math.min(likely, (scaled + root) ** 2));
  return { l2: l2 / scale, l1: (l2 * Math.min(root, l2)) / scale };
}

/** ε(α) of one release, α whole; `deviation`: of the noise of the whole sum, in units of an update. */
export function skellamRdp(
  order: number,
  { l2, l1 }: RingSensitivity,
  deviation: number,
  scale: number,
): number {
  const variance = deviation * deviation;
  const beyondGaussian = Math.min(
    ((2 * order - 1) * scale * l2 * l2 + 6 * l1) / (4 * scale ** 3 * variance * variance),
    (3 * l1) / (2 * scale * variance),
  );
  return (order * l2 * l2) / (2 * variance) + beyondGaussian;
}

export function skellamEpsilon(
  sensitivity: RingSensitivity,
  deviation: number,
  scale: number,
  steps: number,
  delta: number,
): RdpEpsilon {
  if (steps === 0) return { epsilon: 0, order: null };
  return epsilonFromRdp(
    (order) => steps * skellamRdp(order, sensitivity, deviation, scale),
    delta,
    wholeOrders,
  );
}

/**
 * The variance that each device adds, a whole number, so that the smallest sum that is ever opened has noise of `variance`: of
 * `survivors` devices, of which `colluding` may take their own noise away again. More survivors, more noise.
 */
export function shareVariance(variance: number, survivors: number, colluding = 0): number {
  if (!(survivors > colluding)) throw new RangeError('Somebody must be left to add noise.');
  return Math.ceil(variance / (survivors - colluding));
}
