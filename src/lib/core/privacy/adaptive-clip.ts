// A clip norm that follows the updates: the one that a share γ of them lies within. Andrew, Thakkar, McMahan & Ramaswamy 2021,
// "Differentially Private Learning with Adaptive Clipping", algorithm 1: C ← C · e^(−η(b̃ − γ)), b̃ the noisy share of updates that
// were NOT clipped. (Counting the clipped ones with the same sign drives C to 0.)

import { addDiscreteGaussian } from './discrete-gaussian.ts';
import type { DrawBytes } from './random-bits.ts';
import type { Noised } from './rules.ts';

/** η_C of the paper's experiments. */
export const CLIP_RATE = 0.2;
/** σ_b = m/20 for m expected updates, likewise: of the sum of bits b. */
export const bitDeviationFor = (expected: number): number => expected / 20;
/** Bits are counted in thousandths, so that noise in whole numbers is fine enough for any cohort. */
const THOUSANDTHS = 1000;

/** Σ (±1) over the updates, with its noise. */
export function noisyBits(
  norms: readonly number[],
  clipNorm: number,
  expected: number,
  draw: DrawBytes,
): number {
  // A device that clips sends just the clip norm, but for rounding.
  const bits = norms.reduce((sum, norm) => sum + centredBit(norm < clipNorm * (1 - 1e-6)), 0);
  const sum = Float64Array.of(bits * THOUSANDTHS);
  addDiscreteGaussian(sum, Math.ceil(2 * bitDeviationFor(expected) * THOUSANDTHS), draw);
  return sum[0]! / THOUSANDTHS;
}

export interface AdaptiveClip {
  /** γ: the share of updates that should not be clipped. */
  readonly quantile: number;
  /** η_C */
  readonly rate: number;
}

/**
 * What each update adds to the sum of bits: b − ½, in halves, so that one participant more or less moves it by ½ and not by 1, and the
 * bits stay whole numbers: +1 for one within the clip norm, −1 for one that was clipped.
 */
export const centredBit = (isWithin: boolean): 1 | -1 => (isWithin ? 1 : -1);

/** The next clip norm from Σ (±1) with its noise, of `expected` updates. */
export function nextClipNorm(
  clipNorm: number,
  noisyBits: number,
  expected: number,
  { quantile, rate }: AdaptiveClip,
): number {
  const within = noisyBits / (2 * expected) + 0.5;
  // However wrong the noise: a share is between nothing and all.
  return clipNorm * Math.exp(-rate * (Math.min(1, Math.max(0, within)) - quantile));
}

/**
 * How much of a noise multiplier is left for the update where the bits have noise of `bitDeviation` (of b, so half of that of ±1):
 * z_Δ = (z⁻² − (2σ_b)⁻²)^(−½). Both together cost what one release with z costs (theorem 1 there). Undefined where the bits alone cost
 * as much: z must be below 2σ_b.
 */
export function updateNoise(noiseMultiplier: number, bitDeviation: number): number | undefined {
  const left = noiseMultiplier ** -2 - (2 * bitDeviation) ** -2;
  return left > 0 ? left ** -0.5 : undefined;
}

/** What is left of it for the update, in rounds of so many expected updates: all of it where the clip norm stays. */
export function updateNoiseOf(
  { noiseMultiplier, followQuantile }: Pick<Noised, 'noiseMultiplier' | 'followQuantile'>,
  expected: number,
): number {
  if (followQuantile === undefined) return noiseMultiplier;
  const left = updateNoise(noiseMultiplier, bitDeviationFor(expected));
  if (left === undefined) throw new RangeError('The bits alone would cost more than the noise allows.');
  return left;
}
