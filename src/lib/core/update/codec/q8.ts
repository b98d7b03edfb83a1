// Eight bits a parameter by stochastic rounding, unbiased: blocks of 256 values, each an f32 scale and 256 signed bytes, so
// 8 + 32/256 = 8.125 bits a parameter. A block's largest magnitude is 127 steps; a value x stands between two multiples of
// the step s and becomes the upper one with probability x/s − ⌊x/s⌋ (as QSGD does, Alistarh et al. 2017, arXiv 1610.02132,
// §3.1, with the largest magnitude for the norm). The error is below one step, its variance at most s²/4.
// Little-endian. The last block is as long as what is left.
import { random } from '../../random.ts';
import type { Codec } from './codec.ts';
import { f32AtLeast, f32AtMost, LARGEST_F32, largestMagnitude } from './finite.ts';
import { recordDecoder } from './records.ts';

const BLOCK = 256;
const LEVELS = 127;
/** The largest f32 s with 127·s in f32's range: 2¹²⁸/127, rounded down. At it alone the largest magnitude gives way a little. */
const LARGEST_STEP = f32AtMost(LARGEST_F32 / LEVELS);

const bytesOfLength = (length: number): number => length + 4 * Math.ceil(length / BLOCK);

/** Rounded up, so that no |x|/s is above 127 and rounding stays unbiased at the edge too. */
const stepFor = (largest: number): number => Math.min(f32AtLeast(largest / LEVELS), LARGEST_STEP);

export const q8: Codec = {
  name: 'q8',
  title: 'Stochastic rounding, 8.1 bits a parameter',
  needsErrorFeedback: false,
  byteLength: bytesOfLength,
  encode(values, seed) {
    const out = new Uint8Array(bytesOfLength(values.length));
    const view = new DataView(out.buffer);
    const draws = random(0, 'q8', seed);
    const words = new Uint32Array(BLOCK);
    for (let from = 0, at = 0; from < values.length; from += BLOCK) {
      const to = Math.min(from + BLOCK, values.length);
      const step = stepFor(largestMagnitude(values, from, to));
      const perStep = step === 0 ? 0 : 1 / step;
      view.setFloat32(at, step, true);
      at += 4;
      draws.fill(words);
      for (let i = from; i < to; i += 1) {
        // Rounded down: what is cut off is positive.
        const level = ((values[i]! * perStep + (words[i - from]! / 4294967296 + 128)) | 0) - 128;
        // 1/s is rounded: at 127 steps it can carry one too far.
        out[at++] = level > LEVELS ? LEVELS : level < -LEVELS ? -LEVELS : level;
      }
    }
    return out;
  },
  decoder(length, _seed, emit) {
    const values = new Float32Array(Math.min(BLOCK, length));
    let offset = 0;
    return recordDecoder({
      totalBytes: bytesOfLength(length),
      mostBytes: 4 + BLOCK,
      sizeAt: (at) => Math.min(4 + BLOCK, bytesOfLength(length) - at),
      take(record, view, start) {
        const step = view.getFloat32(start, true);
        if (!(step >= 0 && step <= LARGEST_STEP))
          return { kind: 'malformed', reason: `the step of the block at value ${offset} is ${step}` };
        const count = record.length - 4;
        for (let i = 0; i < count; i += 1) {
          const level = (record[4 + i]! << 24) >> 24;
          if (level < -LEVELS)
            return { kind: 'malformed', reason: `value ${offset + i} is ${level}, below −${LEVELS}` };
          values[i] = level * step;
        }
        emit(offset, values.subarray(0, count));
        offset += count;
        return undefined;
      },
    });
  },
};
