// One vector as secure aggregation would send it, with its range in front instead of in the round's rules: what the ring costs in
// accuracy can be tried and measured without masks. As the range is this vector's own, nothing wraps: unbiased throughout.
//
// ring:3, 4, 5, 6, 8 (ring-compact): by rotation block, the step over 1024 as f32 (so that no finite vector's step is beyond
// f32), then words of ⌊32/m⌋ lanes: 3.2, 4, 5.33, 6.4 and 8 bits a parameter. ring:32 (ring-exact): the clip, which is the
// largest magnitude, as f32, then an i32 for each value. Little-endian. An empty vector has no bytes.
import { random } from '../../random.ts';
import type { Codec } from './codec.ts';
import { f32AtLeast, LARGEST_F32, largestMagnitude } from './finite.ts';
import { copyScaled, drawSigns, rotate, rotationBlocks, type RotationBlock } from './hadamard.ts';
import { recordDecoder } from './records.ts';
import {
  decodeBlock,
  ditherStream,
  encodeBlock,
  rotationStream,
  stepForLargest,
  unrotateBlock,
  type CompactBits,
} from './ring-compact.ts';
import { decodeExact, encodeExact, type ExactRing } from './ring-exact.ts';
import { laneMask, lanesOf, wordsOf, type RingBits } from './ring-lanes.ts';

/** Words or integers read at a time. */
const READ = 4096;

/** Steps are sent over this: a coordinate is at most √2²⁰ times the largest value. */
const STEP_UNIT = 1024;

export const ring = (bits: RingBits): Codec => (bits === 32 ? exact : compact(bits));

function compact(bits: CompactBits): Codec {
  const bytesOf = (block: RotationBlock): number => 4 + 4 * wordsOf(block.size, bits);
  const byteLength = (length: number): number =>
    rotationBlocks(length).reduce((sum, block) => sum + bytesOf(block), 0);
  return {
    name: `ring:${bits}`,
    title: `As secure aggregation sums, ${Number((32 / lanesOf(bits)).toFixed(2))} bits a parameter`,
    needsErrorFeedback: false,
    byteLength,
    encode(values, seed) {
      const out = new Uint8Array(byteLength(values.length));
      const view = new DataView(out.buffer);
      const rotation = rotationStream(seed);
      const dither = ditherStream(seed);
      let at = 0;
      for (const block of rotationBlocks(values.length)) {
        const rotated = new Float32Array(block.size);
        const exponent = copyScaled(values, block, rotated);
        rotate(rotated, drawSigns(rotation, block.size));
        const factor = 2 ** exponent / block.size;
        const sent = f32AtLeast(stepForLargest(largestMagnitude(rotated) * factor, bits) / STEP_UNIT);
        const words = new Uint32Array(wordsOf(block.size, bits));
        encodeBlock(rotated, factor, sent * STEP_UNIT, bits, dither, words, 0);
        view.setFloat32(at, sent, true);
        for (let i = 0; i < words.length; i += 1) view.setUint32(at + 4 + 4 * i, words[i]!, true);
        at += bytesOf(block);
      }
      return out;
    },
    decoder(length, seed, emit) {
      const rotation = rotationStream(seed);
      const dither = ditherStream(seed);
      const blocks = rotationBlocks(length);
      const spareBits = ~laneMask(bits);
      let current = 0;
      // Of the block under way: its step, once read, and its words so far.
      let step: number | undefined;
      let words = new Uint32Array(0);
      let filled = 0;
      return recordDecoder({
        totalBytes: byteLength(length),
        mostBytes: 4 * READ,
        sizeAt: () => (step === undefined ? 4 : 4 * Math.min(READ, words.length - filled)),
        take(record, view, start) {
          const block = blocks[current]!;
          if (step === undefined) {
            const sent = view.getFloat32(start, true);
            if (!(sent >= 0 && sent <= LARGEST_F32))
              return {
                kind: 'malformed',
                reason: `the step of the block at value ${block.offset} is ${sent}`,
              };
            step = sent * STEP_UNIT;
            words = new Uint32Array(wordsOf(block.size, bits));
            return undefined;
          }
          for (let i = 0; i < record.length; i += 4, filled += 1) {
            const word = view.getUint32(start + i, true);
            if ((word & spareBits) !== 0)
              return {
                kind: 'malformed',
                reason: `bits past the last lane of a word in the block at value ${block.offset}`,
              };
            words[filled] = word;
          }
          if (filled < words.length) return undefined;
          const rotated = new Float32Array(block.size);
          decodeBlock(words, 0, bits, [dither], rotated);
          unrotateBlock(rotated, drawSigns(rotation, block.size), step, block.length);
          emit(block.offset, rotated.subarray(0, block.length));
          current += 1;
          filled = 0;
          step = undefined;
          return undefined;
        },
      });
    },
  };
}

const alone = (clip: number): ExactRing => ({ clip, cohort: 1, largestWeight: 1 });

const exact: Codec = {
  name: 'ring:32',
  title: 'As secure aggregation sums exactly, 32 bits a parameter',
  needsErrorFeedback: false,
  byteLength: (length) => (length === 0 ? 0 : 4 + 4 * length),
  encode(values, seed) {
    const out = new Uint8Array(exact.byteLength(values.length));
    if (values.length === 0) return out;
    const view = new DataView(out.buffer);
    const clip = largestMagnitude(values);
    const integers = encodeExact(values, 1, alone(clip), random(0, 'ring rounding', seed));
    view.setFloat32(0, clip, true);
    for (let i = 0; i < integers.length; i += 1) view.setInt32(4 + 4 * i, integers[i]!, true);
    return out;
  },
  decoder(length, _seed, emit) {
    let rules: ExactRing | undefined;
    let offset = 0;
    const integers = new Int32Array(Math.min(READ, length));
    const values = new Float32Array(integers.length);
    return recordDecoder({
      totalBytes: exact.byteLength(length),
      mostBytes: 4 * READ,
      sizeAt: () => (rules === undefined ? 4 : 4 * Math.min(READ, length - offset)),
      take(record, view, start) {
        if (rules === undefined) {
          const clip = view.getFloat32(start, true);
          if (!(clip >= 0 && clip <= LARGEST_F32))
            return { kind: 'malformed', reason: `the clip is ${clip}` };
          rules = alone(clip);
          return undefined;
        }
        const count = record.length / 4;
        for (let i = 0; i < count; i += 1) integers[i] = view.getInt32(start + 4 * i, true);
        decodeExact(integers.subarray(0, count), rules, values);
        emit(offset, values.subarray(0, count));
        offset += count;
        return undefined;
      },
    });
  },
};
