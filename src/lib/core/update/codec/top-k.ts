// The largest magnitudes alone, with their places; everything else decodes to zero. Biased: what is left out must be added to
// the next vector (error feedback), or directions of small steps never move (Stich et al. 2018, arXiv 1809.07599).
// Bytes: k = round(FRACTION·length) rising indices, at least one, by Elias–Fano, then their values as f32, little-endian.
// At topk:0.01 that is 0.41 bits a parameter. Of equal magnitudes those of lower index are kept.
import type { Codec } from './codec.ts';
import { LARGEST_F32, largestMagnitude } from './finite.ts';
import { recordDecoder } from './records.ts';
import { indexBytes, readIndices, writeIndices } from './sorted-indices.ts';

/** Values emitted at a time. */
const WINDOW = 4096;

/** Values read at a time. */
const READ = 1024;

/** `fraction` in (0, 1]. */
export function topK(fraction: number): Codec {
  const countOf = (length: number): number =>
    length === 0 ? 0 : Math.min(length, Math.max(1, Math.round(fraction * length)));
  const byteLength = (length: number): number => indexBytes(length, countOf(length)) + 4 * countOf(length);
  return {
    name: `topk:${fraction}`,
    title: `The largest ${Number((100 * fraction).toPrecision(6))} % of the entries`,
    needsErrorFeedback: true,
    byteLength,
    encode(values) {
      largestMagnitude(values);
      const count = countOf(values.length);
      const indices = largest(values, count);
      const out = new Uint8Array(byteLength(values.length));
      const start = indexBytes(values.length, count);
      writeIndices(indices, values.length, out.subarray(0, start));
      const view = new DataView(out.buffer, start);
      for (let i = 0; i < count; i += 1) view.setFloat32(4 * i, values[indices[i]!]!, true);
      return out;
    },
    decoder(length, _seed, emit) {
      const count = countOf(length);
      const start = indexBytes(length, count);
      let indices: Uint32Array = new Uint32Array(0);
      let taken = 0;
      // Zeros but for the values that have come; emitted when a value lies beyond, or all are in.
      const zeroed = new Float32Array(Math.min(WINDOW, length));
      let from = 0;
      const emitUpTo = (end: number): void => {
        while (from < end) {
          const part = zeroed.subarray(0, Math.min(WINDOW, length - from));
          emit(from, part);
          from += part.length;
          zeroed.fill(0);
        }
      };
      return recordDecoder({
        totalBytes: byteLength(length),
        mostBytes: Math.max(start, 4 * READ),
        sizeAt: (at) => (at < start ? start : Math.min(4 * READ, byteLength(length) - at)),
        take(record, view, at) {
          if (indices.length === 0) {
            const read = readIndices(record, length, count);
            if (!read.ok) return { kind: 'malformed', reason: read.error };
            indices = read.value;
            return undefined;
          }
          for (let i = 0; i < record.length; i += 4) {
            const index = indices[taken]!;
            const value = view.getFloat32(at + i, true);
            if (!(Math.abs(value) <= LARGEST_F32))
              return { kind: 'malformed', reason: `value ${index} is ${value}` };
            emitUpTo(index - (index % WINDOW));
            zeroed[index - from] = value;
            taken += 1;
          }
          return undefined;
        },
        finish() {
          emitUpTo(length);
          return undefined;
        },
      });
    },
  };
}

/**
 * The places of the `count` largest magnitudes, rising; of equal ones the first. The bits of |x| are ordered as |x| is, so two
 * histograms, of their upper and lower 16 bits, find the smallest magnitude kept: linear time, whatever the values.
 */
function largest(values: Float32Array, count: number): Uint32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const upper = new Uint32Array(32768);
  for (let i = 0; i < bits.length; i += 1) upper[(bits[i]! & 0x7fffffff) >>> 16]! += 1;
  const bin = binOf(upper, count);
  const lower = new Uint32Array(65536);
  for (let i = 0; i < bits.length; i += 1)
    if ((bits[i]! & 0x7fffffff) >>> 16 === bin.at) lower[bits[i]! & 0xffff]! += 1;
  const step = binOf(lower, bin.left);
  const smallest = bin.at * 65536 + step.at;
  let equal = step.left;
  const indices = new Uint32Array(count);
  for (let i = 0, kept = 0; kept < count; i += 1) {
    const magnitude = bits[i]! & 0x7fffffff;
    if (magnitude > smallest || (magnitude === smallest && equal-- > 0)) indices[kept++] = i;
  }
  return indices;
}

/** The bin in which the `count`-th item from the top lies, and how many of its items are still wanted. */
function binOf(histogram: Uint32Array, count: number): { readonly at: number; readonly left: number } {
  let left = count;
  let at = histogram.length - 1;
  while (at > 0 && histogram[at]! < left) {
    left -= histogram[at]!;
    at -= 1;
  }
  return { at, left };
}
