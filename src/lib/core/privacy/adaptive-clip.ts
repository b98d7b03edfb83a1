// A clip norm that follows the updates: the one that a share γ of them lies within. Andrew, Thakkar, McMahan & Ramaswamy 2021,
// "Differentially Private Learning with Adaptive Clipping", algorithm 1: C ← C · e^(−η(b̃ − γ)), b̃ the noisy share of updates that
// were NOT clipped. (Counting the clipped ones with the same sign drives C to 0.)

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
