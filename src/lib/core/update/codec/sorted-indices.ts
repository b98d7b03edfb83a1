// Strictly rising indices in a size that is known beforehand: Elias–Fano (Elias 1974, Fano 1971). Of each index the lower ⌊log₂(n/k)⌋
// bits stand as they are; the upper ones, which rise slowly, as a bit string in which the i-th index sets bit upper + i. That is
// 2 + log₂(n/k) bits an index, within half a bit of what any coding of k out of n needs (8.6 for one in a hundred), and unlike
// gaps as varints or Golomb–Rice its length depends on n and k alone, so that the bytes of an encoding are foretold exactly.
import { fail, ok, type Result } from '../../result.ts';

interface Layout {
  readonly lowerBits: number;
  readonly lowerBytes: number;
  readonly upperBits: number;
  readonly bytes: number;
}

function layoutOf(length: number, count: number): Layout {
  const lowerBits = count === 0 ? 0 : 31 - Math.clz32(Math.floor(length / count));
  const lowerBytes = Math.ceil((count * lowerBits) / 8);
  const upperBits = count === 0 ? 0 : ((length - 1) >>> lowerBits) + count;
  return { lowerBits, lowerBytes, upperBits, bytes: lowerBytes + Math.ceil(upperBits / 8) };
}

/** Bytes of `count` of the indices 0 … length − 1; length < 2³¹, count ≤ length. */
export const indexBytes = (length: number, count: number): number => layoutOf(length, count).bytes;

/** Writes strictly rising `indices`, each below `length`, to `out`, of indexBytes zero bytes. */
export function writeIndices(indices: Uint32Array, length: number, out: Uint8Array): void {
  const { lowerBits, lowerBytes } = layoutOf(length, indices.length);
  const lower = 2 ** lowerBits - 1;
  for (let i = 0, bit = 0; i < indices.length; i += 1, bit += lowerBits) {
    const index = indices[i]!;
    for (let done = 0; done < lowerBits;) {
      const at = bit + done;
      const room = Math.min(8 - (at & 7), lowerBits - done);
      out[at >>> 3]! |= (((index & lower) >>> done) & ((1 << room) - 1)) << (at & 7);
      done += room;
    }
    const upper = (index >>> lowerBits) + i;
    out[lowerBytes + (upper >>> 3)]! |= 1 << (upper & 7);
  }
}

/** The indices that `bytes`, of the right length, hold, or why they are none. Time O(bytes + count). */
export function readIndices(
  bytes: Uint8Array,
  length: number,
  count: number,
): Result<Uint32Array<ArrayBuffer>, string> {
  const { lowerBits, lowerBytes, upperBits } = layoutOf(length, count);
  const indices = new Uint32Array(count);
  let found = 0;
  let last = -1;
  for (let bit = 0; bit < 8 * (bytes.length - lowerBytes); bit += 1) {
    if (((bytes[lowerBytes + (bit >>> 3)]! >>> (bit & 7)) & 1) === 0) continue;
    if (found === count || bit >= upperBits)
      return fail(`more than ${count} indices, or bits past their end`);
    let index = 0;
    for (let done = 0; done < lowerBits;) {
      const at = found * lowerBits + done;
      const room = Math.min(8 - (at & 7), lowerBits - done);
      index |= ((bytes[at >>> 3]! >>> (at & 7)) & ((1 << room) - 1)) << done;
      done += room;
    }
    index |= (bit - found) << lowerBits;
    if (index <= last || index >= length) return fail(`index ${index} after ${last}, of ${length} values`);
    last = index;
    indices[found] = index;
    found += 1;
  }
  if (found < count) return fail(`${found} indices instead of ${count}`);
  const spare = 8 * lowerBytes - count * lowerBits;
  if (spare > 0 && bytes[lowerBytes - 1]! >>> (8 - spare) !== 0)
    return fail('bits past the end of the indices');
  return ok(indices);
}
