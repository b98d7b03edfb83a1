import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAll } from './index.ts';
import { q8 } from './q8.ts';

function decoded(values: Float32Array, seed: string): Float32Array {
  const result = decodeAll(q8, q8.encode(values, seed), values.length, seed);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

test('a block of 256 values costs 260 bytes, and the last one its own length and 4', () => {
  expect(q8.byteLength(256)).toBe(260);
  expect(q8.byteLength(257)).toBe(265);
});

test('whole steps are exact: 127 steps of ¼', () => {
  expect([...decoded(Float32Array.of(31.75, -31.75, 0.25, -10, 0), 's')]).toEqual([
    31.75, -31.75, 0.25, -10, 0,
  ]);
});

test('every value moves by less than one step of its block, which is its largest magnitude over 127', () => {
  fc.assert(
    fc.property(
      fc.float32Array({ min: -64, max: 64, noNaN: true, minLength: 1, maxLength: 256 }),
      fc.string(),
      (values, seed) => {
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        // A step is an f32 rounded up: 2⁻²³ of it, or the smallest denormal; and the product is rounded once more.
        const step = (largest / 127) * (1 + 2 ** -20) + 2e-45;
        decoded(values, seed).forEach((value, i) => {
          expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(step);
        });
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});

test('is unbiased: the mean of 10,000 draws is within five standard errors of every value', () => {
  const values = Float32Array.of(1, 0.3, -0.7123, 0.001, -0.0044, 0, 0.5, -0.999);
  const draws = 10_000;
  const means = new Float64Array(values.length);
  for (let draw = 0; draw < draws; draw += 1)
    decoded(values, String(draw)).forEach((value, i) => (means[i]! += value / draws));
  const step = 1 / 127;
  values.forEach((value, i) => {
    // One step with probability p, variance p(1 − p)s²; 3·10⁻⁷ for the rounding of the step up to f32 and of the products.
    const p = Math.abs(value) / step - Math.floor(Math.abs(value) / step);
    const error = step * Math.sqrt((p * (1 - p)) / draws);
    expect(Math.abs(means[i]! - value)).toBeLessThanOrEqual(5 * error + 3e-7);
  });
});

test('the largest f32 keeps within f32, and a step that would leave it is refused', () => {
  expect(decoded(Float32Array.of(3.4028234663852886e38), 's')[0]).toBeGreaterThan(3.4028e38);
  const bytes = q8.encode(Float32Array.of(1), 's');
  new DataView(bytes.buffer).setFloat32(0, 3e38, true);
  expect(decodeAll(q8, bytes, 1, 's')).toMatchObject({ ok: false, error: { kind: 'malformed' } });
});
