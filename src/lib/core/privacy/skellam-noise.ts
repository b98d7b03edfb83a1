// Draws of a Skellam variable of a fixed variance, by the inverse of its distribution: a table of 128-bit thresholds, worked out in whole
// numbers.
import { randomBits, type DrawBytes } from './random-bits.ts';

/** Of the table's fixed point; probabilities below it are left out. */
const BITS = 192n;
const WORDS = 4;
const THRESHOLD_BITS = 128n;

/** A larger variance would make a table of more than 4 MB. */
export const LARGEST_VARIANCE = 2 ** 26;

/**
 * In total variation, what a draw differs by from the true distribution: fewer than 2¹⁸ thresholds are each rounded down by less than
 * 2⁻¹²⁸, and both tails together are below 2⁻¹²⁸.
 */
export const TABLE_ERROR = 2 ** -109;

export interface SkellamTable {
  /** The value of the first threshold. */
  readonly least: number;
  /** P(X ≤ least + i) · 2¹²⁸ in four words, highest first. */
  readonly words: readonly Uint32Array[];
}

/**
 * P(X = k) = e^(−μ)·I_|k|(μ) for a whole variance μ ≥ 1. The modified Bessel functions by Miller's recurrence from above,
 * I_(k−1) = I_(k+1) + (2k/μ)·I_k: all its terms are positive, so that rounding down loses a last place a step. They are normalised by
 * their own sum, which is e^μ.
 */
export function skellamTable(variance: number): SkellamTable {
  if (!Number.isSafeInteger(variance) || variance < 1 || variance > LARGEST_VARIANCE)
    throw new RangeError(`Skellam noise has a whole variance from 1 to 2²⁶, not ${variance}.`);
  const mu = BigInt(variance);
  // Beyond this P(|X| > k) < 2⁻¹²⁸: Chernoff, k²/(2(μ + k/3)) ≥ 90.
  const most = Math.ceil(30 + Math.sqrt(30 * 30 + 180 * variance)) + 2;
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
  const words = Array.from({ length: WORDS }, () => new Uint32Array(count));
  let reached = 0n;
  for (let i = 0; i < count; i += 1) {
    reached += terms[Math.abs(i - most)]!;
    // The last threshold is 2¹²⁸ itself: it is written as the largest below, and whatever lies above belongs to the last value.
    const threshold = (reached << THRESHOLD_BITS) / total;
    let kept = i === count - 1 ? (1n << THRESHOLD_BITS) - 1n : threshold;
    for (let word = WORDS - 1; word >= 0; word -= 1, kept >>= 32n)
      words[word]![i] = Number(kept & 0xffffffffn);
  }
  return { least: -most, words };
}

/** Adds an independent draw to each of the whole `values`, in place. */
export function addSkellam(
  values: Float64Array | Int32Array,
  { least, words }: SkellamTable,
  draw: DrawBytes,
): void {
  const bits = randomBits(draw);
  const drawn = new Uint32Array(WORDS);
  const first = words[0]!;
  for (let i = 0; i < values.length; i += 1) {
    drawn[0] = bits.below(2 ** 32);
    // Further words are drawn where one before is the threshold's own, once in 2³² comparisons: until then they can be any.
    let known = 1;
    const isAbove = (at: number): boolean => {
      for (let word = 1; word < WORDS; word += 1) {
        if (word === known) {
          drawn[word] = bits.below(2 ** 32);
          known += 1;
        }
        if (words[word]![at] !== drawn[word]) return words[word]![at]! > drawn[word]!;
      }
      return false;
    };
    // The first threshold above what was drawn.
    let from = 0;
    let to = first.length - 1;
    while (from < to) {
      const at = (from + to) >>> 1;
      if (first[at]! > drawn[0] || (first[at] === drawn[0] && isAbove(at))) to = at;
      else from = at + 1;
    }
    values[i] = values[i]! + least + from;
  }
}
