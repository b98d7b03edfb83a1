import fc from 'fast-check';
import { expect, test } from 'vitest';
import { f16 } from './f16.ts';
import { decodeAll } from './index.ts';

function halved(...values: number[]): number[] {
  const decoded = decodeAll(f16, f16.encode(Float32Array.from(values), ''), values.length, '');
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.error));
  return [...decoded.value];
}

test('the bytes are IEEE 754 half precision, little-endian', () => {
  // Sign, five bits of exponent with bias 15, ten of significand: 1 = 0 01111 0…, −2 = 1 10000 0…, 65504 = 0 11110 1….
  expect([...f16.encode(Float32Array.of(1, -2, 65504, 2 ** -24), '')]).toEqual(
    [0x3c00, 0xc000, 0x7bff, 0x0001].flatMap((half) => [half & 255, half >> 8]),
  );
});

test('halfway between two halves goes to the even one, also among the subnormal', () => {
  // Between 1 and 2 steps are 2⁻¹⁰; below 2⁻¹⁴ they are 2⁻²⁴.
  const step = 2 ** -10;
  expect(halved(1 + step / 2, 1 + 1.5 * step, 1 + 0.51 * step)).toEqual([1, 1 + 2 * step, 1 + step]);
  const tiny = 2 ** -24;
  expect(halved(tiny / 2, 1.5 * tiny, 2.5 * tiny, 0.51 * tiny)).toEqual([0, 2 * tiny, 2 * tiny, tiny]);
  // One f32 above the tie is not the tie: 2⁻²⁵·(1 + 2⁻²³).
  expect(halved(2 ** -25 * (1 + 2 ** -23))).toEqual([tiny]);
});

test('what is beyond the largest half saturates, and the sign of zero stays', () => {
  expect(halved(65519, 65520, -3e38)).toEqual([65504, 65504, -65504]);
  expect(halved(-0)).toEqual([-0]);
});

test('every finite half survives, and Infinity and NaN are refused', () => {
  for (let half = 0; half < 65536; half += 1) {
    const bytes = Uint8Array.of(half & 255, half >> 8);
    const value = decodeAll(f16, bytes, 1, '');
    if ((half & 0x7c00) === 0x7c00)
      expect(value).toEqual({ ok: false, error: { kind: 'malformed', reason: 'value 0 is not finite' } });
    else if (!value.ok || f16.encode(value.value, '').some((byte, i) => byte !== bytes[i]))
      expect.fail(`${half} became another half`);
  }
});

test('the error is at most half a step: 2⁻¹¹ of the value, or 2⁻²⁵', () => {
  fc.assert(
    fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
      expect(Math.abs(halved(value)[0]! - value)).toBeLessThanOrEqual(
        Math.max(Math.abs(value) * 2 ** -11, 2 ** -25),
      );
    }),
    { numRuns: 2000, seed: 1 },
  );
});
