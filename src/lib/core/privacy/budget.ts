// What a budget of ε at δ holds. Without sampling, Gaussian releases add up exactly: with noise multipliers z_i they are one release at
// distance μ = √(Σ 1/z_i²). So a ledger keeps Σ 1/z², and ε is made of it when it is shown.
import { gaussianEpsilon } from './gaussian.ts';
import type { Noised } from './rules.ts';

/** μ² of one release. */
export const costOf = ({ noiseMultiplier }: Pick<Noised, 'noiseMultiplier'>): number => noiseMultiplier ** -2;

/** ε at `delta` of releases that cost `spent` together. */
export const epsilonOf = (spent: number, delta: number): number =>
  spent === 0 ? 0 : gaussianEpsilon(1 / Math.sqrt(spent), 1, delta);

/** The most that may be spent: μ² at which ε at δ is the budget’s. */
export function budgetOf({ epsilon, delta }: Pick<Noised, 'epsilon' | 'delta'>): number {
  // In logarithms: ε rises with μ² over many powers of ten.
  let low = -60;
  let high = 30;
  for (let i = 0; i < 100; i += 1) {
    const middle = (low + high) / 2;
    if (epsilonOf(Math.exp(middle), delta) <= epsilon) low = middle;
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
