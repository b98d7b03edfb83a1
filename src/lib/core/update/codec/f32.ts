// The plain codec: IEEE 754 single precision, little-endian, as the values lie in memory.
import type { Codec } from './codec.ts';
import { largestMagnitude } from './finite.ts';

export const f32: Codec = {
  name: 'f32',
  title: 'Exact, 32 bits a parameter',
  needsErrorFeedback: false,
  byteLength: (length) => 4 * length,
  encode(values) {
    largestMagnitude(values);
    return new Uint8Array(values.slice().buffer);
  },
  decoder(length, _seed, emit) {
    let seen = 0;
    // The first bytes of a value whose last ones come with the next piece.
    const rest = new Uint8Array(4);
    const single = new Float32Array(rest.buffer);
    return {
      write(bytes) {
        if (seen + bytes.length > 4 * length)
          return { kind: 'wrong-length', expected: 4 * length, got: seen + bytes.length };
        let at = 0;
        while (seen % 4 !== 0 && at < bytes.length) {
          rest[seen % 4] = bytes[at]!;
          at += 1;
          seen += 1;
          if (seen % 4 === 0) emit(seen / 4 - 1, single);
        }
        const whole = Math.floor((bytes.length - at) / 4);
        if (whole > 0) {
          const start = bytes.byteOffset + at;
          const values =
            start % 4 === 0
              ? new Float32Array(bytes.buffer, start, whole)
              : new Float32Array(bytes.slice(at, at + 4 * whole).buffer);
          emit(seen / 4, values);
          at += 4 * whole;
          seen += 4 * whole;
        }
        for (; at < bytes.length; at += 1, seen += 1) rest[seen % 4] = bytes[at]!;
        return undefined;
      },
      end: () =>
        seen === 4 * length ? undefined : { kind: 'wrong-length', expected: 4 * length, got: seen },
    };
  },
};
