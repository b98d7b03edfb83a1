// IEEE 754 half precision, little-endian: 16 bits a parameter, eleven significant bits, steps of 2⁻²⁴ ≈ 6·10⁻⁸ around zero.
// Rounded to nearest, ties to even. What is beyond ±65504 becomes ±65504 and never an infinity: updates are held to ±64
// (protocol/limits), so that saturation is the answer to a value that no honest federation sends, and the codec stays total
// over finite values. Node 20 has neither Float16Array nor Math.f16round.
import type { Codec } from './codec.ts';
import { largestMagnitude } from './finite.ts';
import { recordDecoder } from './records.ts';

/** Values decoded at a time. */
const BLOCK = 4096;

const LARGEST_HALF = 0x7bff;
/** |x| ≥ 65520 = 65504 + half a step would round to infinity: its f32 bits. */
const ROUNDS_TO_INFINITY = 0x477ff000;
/** 2⁻¹⁴, the smallest normal half: its f32 bits. */
const SMALLEST_NORMAL = 0x38800000;
/** Adding and taking away 2⁵² rounds a double below it to an integer, ties to even. */
const INTEGER_ROUNDING = 4503599627370496;

/** Worth of one unit of the significand, by the upper six bits (sign, exponent): (−1)^s · 2^(max(e, 1) − 25). */
const UNIT = Float32Array.from({ length: 64 }, (_, upper) => {
  const exponent = Math.max(upper & 31, 1);
  return (upper < 32 ? 1 : -1) * 2 ** (exponent - 25);
});
/** The significand's hidden bit, by the same six bits. */
const HIDDEN = Int32Array.from({ length: 64 }, (_, upper) => ((upper & 31) === 0 ? 0 : 1024));

export const f16: Codec = {
  name: 'f16',
  title: 'Half precision, 16 bits a parameter',
  needsErrorFeedback: false,
  byteLength: (length) => 2 * length,
  encode(values) {
    largestMagnitude(values);
    const out = new Uint8Array(2 * values.length);
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < values.length; i += 1) {
      const word = bits[i]!;
      const magnitude = word & 0x7fffffff;
      let half: number;
      if (magnitude >= ROUNDS_TO_INFINITY) half = LARGEST_HALF;
      else if (magnitude >= SMALLEST_NORMAL)
        // 13 bits of the significand go; the exponent's bias falls from 127 to 15.
        half = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
      else half = Math.abs(values[i]!) * 16777216 + INTEGER_ROUNDING - INTEGER_ROUNDING;
      half |= (word >>> 16) & 0x8000;
      out[2 * i] = half;
      out[2 * i + 1] = half >>> 8;
    }
    return out;
  },
  decoder(length, _seed, emit) {
    const values = new Float32Array(Math.min(BLOCK, length));
    let offset = 0;
    return recordDecoder({
      totalBytes: 2 * length,
      mostBytes: 2 * BLOCK,
      sizeAt: (at) => Math.min(2 * BLOCK, 2 * length - at),
      take(record) {
        const count = record.length / 2;
        for (let i = 0; i < count; i += 1) {
          const half = record[2 * i]! | (record[2 * i + 1]! << 8);
          if ((half & 0x7c00) === 0x7c00)
            return { kind: 'malformed', reason: `value ${offset + i} is not finite` };
          values[i] = ((half & 1023) + HIDDEN[half >>> 10]!) * UNIT[half >>> 10]!;
        }
        emit(offset, values.subarray(0, count));
        offset += count;
        return undefined;
      },
    });
  },
};
