// Whole numbers of up to 40 bits in an update of f32 values, so that sums over devices are exact to the last unit: trees and
// clusters are learnt from such sums, and are then the same, bit for bit, as from all rows in one place.
// Why two words of 20 bits: f32 is exact only to 24, and a coordinate may not leave ±64 (protocol/limits). In steps of 2⁻¹⁴ a
// word fills that range, any fixed-point sum is finer than its steps, and so is a secure sum in a ring of 2³² up to 2,048
// devices: 2³² / (2 · 64 · 2,048) = 2¹⁴ steps to one (Bonawitz et al. 2017, §4, over a ring instead of a field).
import { sumAt, type FixedPointSum } from './fixed-point-sum.ts';

/** Coordinates that one whole number takes. */
export const WORDS = 2;
/** The largest magnitude that one device may write. */
export const LARGEST_EXACT = 2 ** 40;

const STEP = 2 ** -14;
const WORD = 2 ** 20;

/**
 * Writes `numbers`, whole and within ±LARGEST_EXACT, into `update` from coordinate `at`; each takes WORDS. Throws RangeError on
 * a number that is neither: its sum would not be exact.
 */
export function writeExact(numbers: Float64Array, update: Float32Array, at = 0): void {
  for (let i = 0; i < numbers.length; i += 1) {
    const number = numbers[i]!;
    if (!Number.isInteger(number) || Math.abs(number) > LARGEST_EXACT)
      throw new RangeError(`${number} is not a whole number within ±2^40.`);
    const high = Math.floor(number / WORD);
    update[at + WORDS * i] = high * STEP;
    update[at + WORDS * i + 1] = (number - high * WORD) * STEP;
  }
}

/**
 * Σ over the updates of the number written at coordinate `at`. Exact while it stays below 2⁵³; a whole number unless a device
 * sent something else. Throws RangeError where the sum's quantum is coarser than a step of a word.
 */
export function exactSumAt(sum: FixedPointSum, at: number): number {
  if (sum.quantum > STEP) throw new RangeError('The quantum of this sum is too coarse for exact words.');
  return (sumAt(sum, at) / STEP) * WORD + sumAt(sum, at + 1) / STEP;
}
