// DP-FedAvg with noise that the server adds: each update clipped to C and counted once, the exact sum given Gaussian noise of standard
// deviation z·C in whole quanta, and divided by the cohort that was expected, whoever came (McMahan et al. 2018, algorithm 1, with its
// fixed denominator). Dividing by those who came would give away how many did, and change what one of them can move.
// When the noise is drawn, and that it is paid for first, is the coordinator's work.
import type { FixedPointSum } from '../aggregation/fixed-point-sum.ts';
import type { SumStrategy } from '../aggregation/strategy.ts';
import { clipScale } from './clip.ts';
import { addDiscreteGaussian } from './discrete-gaussian.ts';
import type { DrawBytes } from './random-bits.ts';

/** Noise of about so many quanta: finer costs time, coarser costs noise for the rounding to quanta. */
const QUANTA = 2 ** 25;
/** So many values are given noise without a rest. */
const PIECE = 32_768;
/** A norm and a scale are right to a few parts in 10¹⁰ at most, over ten million values. */
export const ARITHMETIC = 1e-9;

/**
 * The strategy, with every update clipped to `clipNorm` and of weight one. `facts.norm` must be the norm of what is added to the
 * sum, as the server decoded it: what a device says of its own clipping counts for nothing.
 */
export const clippedStrategy = (strategy: SumStrategy, clipNorm: number): SumStrategy => ({
  ...strategy,
  weigh: (facts, setting) => ({
    scale: strategy.weigh(facts, setting).scale * clipScale(facts.norm, clipNorm),
    weight: 1,
    scalars: [],
  }),
  weightBound: () => 1,
});

/** A power of two, not below `least`: the unit of the sum that the noise is drawn in. */
export const noiseQuantum = (standardDeviation: number, least: number): number =>
  Math.max(least, 2 ** Math.ceil(Math.log2(standardDeviation / QUANTA)));

/** What one participant can move the sum by, in L2: its clipped update, and the rounding of its values to quanta. */
export const sensitivityOf = (clipNorm: number, { values, quantum }: FixedPointSum): number =>
  clipNorm * (1 + ARITHMETIC) + (quantum / 2) * Math.sqrt(values.length);

/**
 * Turns the exact sum of clipped updates into what may be published, in place: noise, and the weight of `expected` updates, so that
 * strategies divide by that. Must be called once for each charge to the ledger, after it is durable. `rest` is awaited now and then
 * where it takes long: a million values are seconds.
 */
export async function addCentralNoise(
  sum: FixedPointSum,
  { clipNorm, noiseMultiplier }: { readonly clipNorm: number; readonly noiseMultiplier: number },
  expected: number,
  draw: DrawBytes,
  rest: () => Promise<unknown>,
): Promise<void> {
  const deviation = Math.ceil((noiseMultiplier * sensitivityOf(clipNorm, sum)) / sum.quantum);
  for (let at = 0; at < sum.values.length; at += PIECE) {
    if (at > 0) await rest();
    addDiscreteGaussian(sum.values.subarray(at, at + PIECE), Math.max(1, deviation), draw);
  }
  sum.weight = expected;
  sum.count = expected;
}
