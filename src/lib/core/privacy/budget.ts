// What a budget of ε at δ holds. Without sampling, Gaussian releases add up exactly: with noise multipliers z_i they are one release at
// distance μ = √(Σ 1/z_i²). So a ledger keeps Σ 1/z², and ε is made of it when it is shown. Skellam noise (distributed) is accounted by
// Rényi divergences of whole orders, which add up likewise: ε(α) = α/2 · Σ 1/z².
import { gaussianEpsilon } from './gaussian.ts';
import { epsilonFromRdp, wholeOrders } from './renyi.ts';
import type { Noised } from './rules.ts';

/** Units of the ring that the deviation of Skellam noise has at least. */
export const LEAST_DEVIATION = 50;

/**
 * What a release of Skellam noise costs beside one of Gaussian noise, at every whole order: its divergence exceeds the Gaussian's by no
 * more than 2.5/σ² of it (skellam.ts, with Δ₁ ≤ Δ₂², as of whole vectors, and α ≥ 2), and σ has 50 units of the ring at least.
 */
const SKELLAM_COST = 1 + 2.5 / LEAST_DEVIATION ** 2;

/** Of δ, for what noise is accounted as; the rest is for how exactly it is drawn (noise-in-sum.ts). */
export const LEFT_OF_DELTA = 0.999;

/** μ² of one release. */
export const costOf = ({ noiseMultiplier, type }: Pick<Noised, 'noiseMultiplier' | 'type'>): number =>
  (type === 'distributed' ? SKELLAM_COST : 1) * noiseMultiplier ** -2;

/** ε at `delta` of releases that cost `spent` together. `type`: distributed where any of them was. */
export function epsilonOf(spent: number, delta: number, type: Noised['type']): number {
  if (spent === 0) return 0;
  return type === 'distributed'
    ? epsilonFromRdp((order) => (order * spent) / 2, LEFT_OF_DELTA * delta, wholeOrders).epsilon
    : gaussianEpsilon(1 / Math.sqrt(spent), 1, delta);
}

/** The most that may be spent: μ² at which ε at δ is the budget’s. */
export function budgetOf({ epsilon, delta, type }: Pick<Noised, 'epsilon' | 'delta' | 'type'>): number {
  // In logarithms: ε rises with μ² over many powers of ten.
  let low = -60;
  let high = 30;
  for (let i = 0; i < 100; i += 1) {
    const middle = (low + high) / 2;
    if (epsilonOf(Math.exp(middle), delta, type) <= epsilon) low = middle;
    else high = middle;
  }
  return Math.exp(low);
}

/** Whether one more release fits, after `spent`. A budget that was made for n releases holds n, whatever the last digit says. */
export const affords = (privacy: Noised, spent: number): boolean =>
  spent + costOf(privacy) <= budgetOf(privacy) * (1 + 1e-9);

/** T_max: releases that the budget holds for one participant. */
export const releasesWithin = (privacy: Noised): number =>
  Math.floor((budgetOf(privacy) * (1 + 1e-9)) / costOf(privacy));

/** What one participant can change what is published by, in clip norms: to come or to stay away; under local, to send any other update. */
export const sensitivityFactor = ({ type }: Pick<Noised, 'type'>): 1 | 2 => (type === 'local' ? 2 : 1);
