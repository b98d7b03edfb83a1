// The largest magnitudes alone, with their places; everything else decodes to zero. Biased: what is left out must be added to
// the next vector (error feedback), or directions of small steps never move (Stich et al. 2018, arXiv 1809.07599).
// Bytes: k = round(FRACTION·length) rising indices, at least one, by Elias–Fano, then their values by another codec: as f32, or in
// eight bits. At topk:0.01 that is 0.41 bits a parameter, at topk8:0.01 0.17. Of equal magnitudes those of lower index are kept.
import type { Codec, CodecFault } from './codec.ts';
import { f32 } from './f32.ts';
import { largestMagnitude } from './finite.ts';
import { q8 } from './q8.ts';
import { indexBytes, readIndices, writeIndices } from './sorted-indices.ts';

/** Values emitted at a time. */
const WINDOW = 4096;

/** `fraction` in (0, 1]. */
export const topK = (fraction: number): Codec => sparse(`topk:${fraction}`, fraction, f32, '');

/** The values kept in 8.1 bits each: a quarter of their bytes for an error that the next update makes up for. */
export const topK8 = (fraction: number): Codec => sparse(`topk8:${fraction}`, fraction, q8, ' in 8 bits');

function sparse(name: string, fraction: number, kept: Codec, form: string): Codec {
  const countOf = (length: number): number =>
    length === 0 ? 0 : Math.min(length, Math.max(1, Math.round(fraction * length)));
  const byteLength = (length: number): number =>
    indexBytes(length, countOf(length)) + kept.byteLength(countOf(length));
  return {
    name,
    title: `The largest ${Number((100 * fraction).toPrecision(6))} % of the entries${form}`,
    needsErrorFeedback: true,
    byteLength,
    encode(values, seed) {
      largestMagnitude(values);
      const count = countOf(values.length);
      const indices = largest(values, count);
      const out = new Uint8Array(byteLength(values.length));
      const start = indexBytes(values.length, count);
      writeIndices(indices, values.length, out.subarray(0, start));
      out.set(
        kept.encode(
          Float32Array.from(indices, (index) => values[index]!),
          seed,
        ),
        start,
      );
      return out;
    },
    decoder(length, seed, emit) {
      const count = countOf(length);
      const head = new Uint8Array(indexBytes(length, count));
      const totalBytes = byteLength(length);
      let indices: Uint32Array = new Uint32Array(0);
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
      const values = kept.decoder(count, seed, (offset, part) => {
        for (let i = 0; i < part.length; i += 1) {
          const index = indices[offset + i]!;
          emitUpTo(index - (index % WINDOW));
          zeroed[index - from] = part[i]!;
        }
      });
      let seen = 0;
      let fault: CodecFault | undefined;
      return {
        write(bytes) {
          if (fault !== undefined) return fault;
          if (seen + bytes.length > totalBytes)
            return (fault = { kind: 'wrong-length', expected: totalBytes, got: seen + bytes.length });
          const first = bytes.subarray(0, Math.max(0, head.length - seen));
          head.set(first, Math.min(seen, head.length));
          const hadHead = seen >= head.length;
          seen += bytes.length;
          if (seen < head.length) return undefined;
          if (!hadHead) {
            const read = readIndices(head, length, count);
            if (!read.ok) return (fault = { kind: 'malformed', reason: read.error });
            indices = read.value;
          }
          return (fault = values.write(bytes.subarray(first.length)));
        },
        end() {
          fault ??=
            seen === totalBytes ? values.end() : { kind: 'wrong-length', expected: totalBytes, got: seen };
          if (fault === undefined) emitUpTo(length);
          return fault;
        },
      };
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
