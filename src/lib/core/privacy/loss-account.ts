// What one participant lost by everything that was released of it: of releases that it was in as it liked, and of releases that the
// server drew it for by chance (Poisson sampling). The former add up exactly (budget.ts). Once any of the latter is among them all are
// accounted for by Rényi divergences, which add up over both; a privacy loss distribution would say 7 to 15 % less, and takes seconds.
import { affords, costOf, epsilonOf, LEFT_OF_DELTA, releasesWithin } from './budget.ts';
import { epsilonFromRdp, wholeOrders } from './renyi.ts';
import { rdpOrders } from './rdp.ts';
import type { Noised } from './rules.ts';
import { sampledGaussianRdp } from './sampled-gaussian-rdp.ts';

/** So many releases of one kind, each with the chance `samplingRate` of being in it. */
export interface SampledReleases {
  readonly samplingRate: number;
  readonly noiseMultiplier: number;
  readonly releases: number;
}

export interface Loss {
  /** Σ 1/z² of releases without sampling, and a little more of Skellam noise (costOf). */
  readonly cost: number;
  /** One entry for each kind. */
  readonly sampled: readonly SampledReleases[];
}
export const NO_LOSS: Loss = { cost: 0, sampled: [] };

type Release = Pick<Noised, 'noiseMultiplier' | 'type' | 'samplingRate'>;

/** The same after `releases` more of this kind. */
export function lossAfter({ cost, sampled }: Loss, release: Release, releases = 1): Loss {
  const { samplingRate, noiseMultiplier } = release;
  if (samplingRate === undefined) return { cost: cost + releases * costOf(release), sampled };
  const isSame = (one: SampledReleases): boolean =>
    one.samplingRate === samplingRate && one.noiseMultiplier === noiseMultiplier;
  const before = sampled.find(isSame)?.releases ?? 0;
  const others = sampled.filter((one) => !isSame(one));
  return { cost, sampled: [...others, { samplingRate, noiseMultiplier, releases: before + releases }] };
}

/** Divergences of a kind of release are integrals, up to 0.2 s at all orders: those of the last kinds that were asked for are kept. */
const KINDS_KEPT = 32;
const known = new Map<string, Map<number, number>>();

function divergence({ samplingRate, noiseMultiplier }: SampledReleases, order: number): number {
  const key = `${samplingRate}/${noiseMultiplier}`;
  const curve = known.get(key) ?? new Map<number, number>();
  if (known.size >= KINDS_KEPT && !known.has(key)) known.clear();
  known.set(key, curve);
  const value = curve.get(order) ?? sampledGaussianRdp(samplingRate, noiseMultiplier, order);
  curve.set(order, value);
  return value;
}

/** ε at `delta`. `type`: distributed where any release was of Skellam noise, which is accounted for at whole orders alone. */
export function lossEpsilon({ cost, sampled }: Loss, delta: number, type: Noised['type']): number {
  if (sampled.length === 0) return epsilonOf(cost, delta, type);
  const rdp = (order: number): number =>
    sampled.reduce((sum, kind) => sum + kind.releases * divergence(kind, order), (order * cost) / 2);
  return type === 'distributed'
    ? epsilonFromRdp(rdp, LEFT_OF_DELTA * delta, wholeOrders).epsilon
    : epsilonFromRdp(rdp, delta, rdpOrders).epsilon;
}

/** Of a participant that is in, or may be drawn for, so many rounds of this. */
export const epsilonAfter = (privacy: Noised, rounds: number): number =>
  lossEpsilon(lossAfter(NO_LOSS, privacy, rounds), privacy.delta, privacy.type);

const isWithin = (epsilon: number, privacy: Noised): boolean => epsilon <= privacy.epsilon * (1 + 1e-9);

/** Whether one more release fits, after `loss`. */
export const affordsAfter = (privacy: Noised, loss: Loss): boolean =>
  loss.sampled.length === 0 && privacy.samplingRate === undefined
    ? affords(privacy, loss.cost)
    : isWithin(lossEpsilon(lossAfter(loss, privacy), privacy.delta, privacy.type), privacy);

/** T_max: releases that the budget holds for one participant. */
export function roundsWithin(privacy: Noised): number {
  if (privacy.samplingRate === undefined) return releasesWithin(privacy);
  const holds = (rounds: number): boolean => isWithin(epsilonAfter(privacy, rounds), privacy);
  let high = 1;
  while (holds(high) && high < 2 ** 40) high *= 2;
  let low = high === 1 ? 0 : high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
