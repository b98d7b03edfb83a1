// Draws of a Skellam variable of a fixed variance, by the inverse of its distribution: a table of 96-bit thresholds, worked out in whole
// numbers. What a draw differs by from the true distribution is below 2⁻⁷⁵ of it, for all thresholds together.
import { randomBits, type DrawBytes } from './random-bits.ts';

/** Of the table's fixed point; probabilities below it are left out. */
const BITS = 160n;
const THRESHOLD_BITS = 96n;

export interface SkellamTable {
  /** The value of the first threshold. */
  readonly least: number;
  /** P(X ≤ least + i) · 2⁹⁶ in three words, highest first. */
  readonly words: readonly [Uint32Array, Uint32Array, Uint32Array];
}

/**
 * P(X = k) = e^(−μ)·I_|k|(μ) for a whole variance μ ≥ 1. The modified Bessel functions by Miller's recurrence from above,
 * I_(k−1) = I_(k+1) + (2k/μ)·I_k: all its terms are positive, so that rounding down loses a last place a step. They are normalised by
 * their own sum, which is e^μ.
 */
export function skellamTable(variance: number): SkellamTable {
  if (!Number.isSafeInteger(variance) || variance < 1 || variance > 1e9)
    throw new RangeError(`Skellam noise has a whole variance from 1 to 10⁹, not ${variance}.`);
  const mu = BigInt(variance);
  // Beyond this P(X = k) < 2⁻¹¹⁰: Chernoff, k²/(2(μ + k/3)) ≥ 77.
  const most = Math.ceil(26 + Math.sqrt(26 * 26 + 154 * variance)) + 2;
  const start = 1n << BITS;
  const terms: bigint[] = new Array<bigint>(most + 1).fill(0n);
  let above = 0n;
  let here = start;
  for (let k = most; k >= 0; k -= 1) {
    terms[k] = here;
    const below = above + (2n * BigInt(k) * here) / mu;
    above = here;
    here = below;
  }
  const total = terms.reduce((sum, term, k) => sum + (k === 0 ? term : 2n * term), 0n);
  const count = 2 * most + 1;
  const words = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)] as const;
  let reached = 0n;
  for (let i = 0; i < count; i += 1) {
    reached += terms[Math.abs(i - most)]!;
    // The last threshold is 2⁹⁶ itself: it is written as the largest below, and whatever lies above belongs to the last value.
    const threshold = (reached << THRESHOLD_BITS) / total;
    const kept = i === count - 1 ? (1n << THRESHOLD_BITS) - 1n : threshold;
    words[0][i] = Number(kept >> 64n);
    words[1][i] = Number((kept >> 32n) & 0xffffffffn);
    words[2][i] = Number(kept & 0xffffffffn);
  }
  return { least: -most, words };
}

/** Adds an independent draw to each of the whole `values`, in place. */
export function addSkellam(
  values: Float64Array | Int32Array,
  { least, words: [high, middle, low] }: SkellamTable,
  draw: DrawBytes,
): void {
  const bits = randomBits(draw);
  for (let i = 0; i < values.length; i += 1) {
    const [first, second, third] = [bits.below(2 ** 32), bits.below(2 ** 32), bits.below(2 ** 32)];
    // The first threshold above what was drawn.
    let from = 0;
    let to = high.length - 1;
    while (from < to) {
      const at = (from + to) >>> 1;
      const isAbove =
        high[at]! !== first
          ? high[at]! > first
          : middle[at]! !== second
            ? middle[at]! > second
            : low[at]! > third;
      if (isAbove) to = at;
      else from = at + 1;
    }
    values[i] = values[i]! + least + from;
  }
}
