import { describe, expect, test } from 'vitest';
import { random } from '../../random.ts';
import { eden, lloydMaxCentroids, type EdenBits } from './eden.ts';
import { decodeAll } from './index.ts';

const everyBits: readonly EdenBits[] = [1, 2, 3, 4];

function decoded(values: Float32Array, bits: EdenBits, seed: string): Float32Array {
  const codec = eden(bits);
  const result = decodeAll(codec, codec.encode(values, seed), values.length, seed);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const squares = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value * value, 0);

const difference = (a: Float32Array, b: Float32Array): Float64Array =>
  Float64Array.from(a, (value, i) => value - b[i]!);

const normals = (length: number, shape: (x: number) => number = (x) => x): Float32Array => {
  const draws = random(5, 'normals');
  return Float32Array.from({ length }, () => shape(draws.normal()));
};

/** Φ(b) − Φ(a) and the integral of x·φ(x) and x²·φ(x) over [a, b], by Simpson's rule; b at most 12. */
function moments(a: number, b: number): readonly [mass: number, first: number, second: number] {
  const intervals = 2000;
  const h = (b - a) / intervals;
  let [mass, first, second] = [0, 0, 0];
  for (let i = 0; i <= intervals; i += 1) {
    const x = a + i * h;
    const weight = i === 0 || i === intervals ? 1 : i % 2 === 1 ? 4 : 2;
    const density = (((weight * h) / 3) * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
    mass += density;
    first += x * density;
    second += x * x * density;
  }
  return [mass, first, second];
}

describe.each([
  { bits: 1 as const, distortion: 0.3634, error: 0.571 },
  { bits: 2 as const, distortion: 0.1175, error: 0.133 },
  { bits: 3 as const, distortion: 0.03454, error: 0.0358 },
  { bits: 4 as const, distortion: 0.009497, error: 0.0096 },
])('eden:$bits', ({ bits, distortion, error }) => {
  test('each centroid is the mean of the normal distribution over its cell, and the distortion is the published one', () => {
    const half = lloydMaxCentroids[bits];
    const bounds = [0, ...half.slice(1).map((value, i) => (value + half[i]!) / 2), 12];
    let found = 0;
    half.forEach((centroid, i) => {
      const [mass, first, second] = moments(bounds[i]!, bounds[i + 1]!);
      // Simpson's error here: h⁴·width/180 ≈ 10⁻¹² for the widest cell.
      expect(first / mass).toBeCloseTo(centroid, 9);
      found += 2 * (second - 2 * centroid * first + centroid * centroid * mass);
    });
    expect(Math.abs(found - distortion)).toBeLessThan(0.0001);
  });

  test('the relative error is the published one on normal, heavy-tailed and sparse vectors alike', () => {
    const vectors = {
      normal: normals(2 ** 15),
      // Kurtosis of x⁵ of a normal x is 654729075/945² = 733: a few coordinates hold nearly all of the length.
      heavy: normals(2 ** 15, (x) => x ** 5),
      sparse: Float32Array.from({ length: 2 ** 15 }, (_, i) => (i === 17 ? 1 : i === 3000 ? 0.5 : 0)),
    };
    for (const [name, values] of Object.entries(vectors)) {
      const relative = squares(difference(decoded(values, bits, name), values)) / squares(values);
      // Over 2¹⁵ coordinates the mean of squared errors, of relative deviation near 1 to 2, varies by about 1 %; four of those.
      expect(Math.abs(relative / error - 1), name).toBeLessThan(0.05);
    }
  });

  test('is unbiased: the mean of 10,000 draws is as near to the vector as independent errors make it', () => {
    for (const values of [
      normals(70),
      Float32Array.from({ length: 70 }, (_, i) => (i === 3 ? 1 : i === 7 ? 0.5 : 0)),
    ]) {
      const draws = 10_000;
      const mean = new Float64Array(values.length);
      let expected = 0;
      for (let draw = 0; draw < draws; draw += 1) {
        const made = decoded(values, bits, String(draw));
        made.forEach((value, i) => (mean[i]! += value / draws));
        expected += squares(difference(made, values)) / draws / draws;
      }
      const got = squares(mean.map((value, i) => value - values[i]!));
      // Σ of 70 squared nearly normal means: relative deviation √(2/70) = 0.17 where all coordinates err alike. One that was
      // off by only a twentieth of the vector's length would make it 1 + 0.05²/(error/10,000), at least 45 times as much.
      expect(got / expected).toBeLessThan(2);
      expect(got / expected).toBeGreaterThan(0.3);
    }
  });
});

test('a model of 1,663,370 parameters costs 3.0013 bits each at three bits', () => {
  // 2²⁰ + 2¹⁹ + 2¹⁶ + 2¹⁴ + 2¹³ + 1024 codes of three bits, and six scales.
  const codes = 1_048_576 + 524_288 + 65_536 + 16_384 + 8_192 + 1_024;
  expect(codes - 1_663_370).toBe(630);
  expect(eden(3).byteLength(1_663_370)).toBe((codes * 3) / 8 + 6 * 4);
  expect((4 * 1_663_370) / eden(3).byteLength(1_663_370)).toBeGreaterThan(10.65);
});

test('blocks of different size of entries keep each its own error', () => {
  // A block of 2048 large entries and one of 1024 small ones: with one scale for both, the small ones would be lost.
  const values = normals(3072).map((x, i) => (i < 2048 ? 1000 * x : x));
  const small = difference(decoded(values, 4, 's'), values).subarray(2048);
  expect(squares(small) / squares(values.subarray(2048))).toBeLessThan(0.02);
});

test('the ends of f32 neither overflow nor vanish', () => {
  for (const size of [3e38, 64, 1e-38, 1e-44])
    for (const bits of everyBits) {
      const made = decoded(new Float32Array(100).fill(size), bits, 's');
      expect(made.every(Number.isFinite)).toBe(true);
      // The direction is kept within the codec's own error.
      expect(made.reduce((sum, value) => sum + value / size / 100, 0)).toBeGreaterThan(0.5);
    }
});

test('another seed rotates otherwise: decoding under it does not give the vector', () => {
  const values = normals(1000);
  const codec = eden(4);
  const other = decodeAll(codec, codec.encode(values, 'a'), 1000, 'b');
  if (!other.ok) throw new Error(JSON.stringify(other.error));
  expect(squares(difference(other.value, values)) / squares(values)).toBeGreaterThan(1);
});
