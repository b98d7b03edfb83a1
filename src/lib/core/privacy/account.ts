// What a sequence of Gaussian releases costs: (ε, δ) for adding or removing one participant, by either accountant, and the other way
// round: how much noise a wanted ε needs.
import { pldEpsilon } from './pld.ts';
import { rdpEpsilon, rdpOrders } from './rdp.ts';

export const accountants = ['pld', 'rdp'] as const;
export type Accountant = (typeof accountants)[number];

/** Between which two datasets a guarantee stands. Replacing one participant by another would double the sensitivity. */
export const ADJACENCY = 'add-or-remove-one-participant';

export interface Releases {
  /** q: a participant’s chance to be in a release. 1 unless the server itself draws, independently, from a closed population. */
  readonly samplingRate: number;
  /** z: the noise’s standard deviation, in sensitivities. */
  readonly noiseMultiplier: number;
  /** T */
  readonly steps: number;
  /** In (0, 1). */
  readonly delta: number;
}

export interface Account {
  /** Infinity where nothing is protected. */
  readonly epsilon: number;
  /** Rényi order that gave it; null by privacy loss distribution. */
  readonly order: number | null;
}

/** How finely an accountant works; what both leave out is their default. */
export interface Precision {
  readonly orders?: readonly number[];
  /** Of the grid of losses. */
  readonly interval?: number;
}

export function account(
  accountant: Accountant,
  { samplingRate, noiseMultiplier, steps, delta }: Releases,
  { orders = rdpOrders, interval }: Precision = {},
): Account {
  switch (accountant) {
    case 'rdp':
      return rdpEpsilon(samplingRate, noiseMultiplier, steps, delta, orders);
    case 'pld':
      return { epsilon: pldEpsilon(samplingRate, noiseMultiplier, steps, delta, interval), order: null };
    default:
      return accountant satisfies never;
  }
}

/** Relative width to which a noise multiplier is found: a privacy loss distribution takes its time. */
const narrow: Readonly<Record<Accountant, number>> = { rdp: 1e-6, pld: 1e-5 };

/**
 * The least noise multiplier, to a hundred-thousandth, at which the releases cost `epsilon` > 0 or less; its own cost with it. 0
 * where nothing is released.
 */
export function noiseFor(
  accountant: Accountant,
  epsilon: number,
  releases: Omit<Releases, 'noiseMultiplier'>,
  precision: Precision = {},
): Account & { readonly noiseMultiplier: number } {
  const costOf = (noiseMultiplier: number): Account =>
    account(accountant, { ...releases, noiseMultiplier }, precision);
  if (costOf(0).epsilon === 0) return { noiseMultiplier: 0, ...costOf(0) };
  /** Falls as the noise rises; 0 where the cost is what is wanted. ln ε is nearly linear in ln z. */
  const excess = ({ epsilon: cost }: Account): number => Math.log(Math.max(cost, 1e-12) / epsilon);

  // What Rényi divergences ask for is near, and enough: they never say less than the losses’ distribution.
  let high = accountant === 'pld' ? noiseFor('rdp', epsilon, releases, precision).noiseMultiplier : 1;
  let best = costOf(high);
  while (best.epsilon > epsilon) best = costOf((high *= 2));
  let low = high * (accountant === 'pld' ? 0.8 : 0.5);
  let above = costOf(low);
  while (above.epsilon <= epsilon) [high, best, low, above] = [low, above, low / 2, costOf(low / 2)];
  // False position in the logarithms, halving the weight of an end that stays (Dowell & Jarratt 1971, the "Illinois" rule).
  let [over, under] = [excess(above), excess(best)];
  let stayed = 0;
  while (high / low > 1 + narrow[accountant]) {
    const share = Number.isFinite(over) && over > under ? over / (over - under) : 0.5;
    const width = Math.log(high / low);
    // Never nearer to an end than half of what is to be found: a step past the solution moves the other end too.
    const margin = Math.min(0.5, narrow[accountant] / 2 / width);
    const middle = low * Math.exp(width * Math.min(Math.max(share, margin), 1 - margin));
    const found = costOf(middle);
    if (found.epsilon > epsilon) {
      [low, over] = [middle, excess(found)];
      if (stayed === 1) under /= 2;
      stayed = 1;
    } else {
      [high, under, best] = [middle, excess(found), found];
      if (stayed === -1) over /= 2;
      stayed = -1;
    }
  }
  return { noiseMultiplier: high, ...best };
}
