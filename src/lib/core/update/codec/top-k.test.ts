import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codecNamed, decodeAll, parseCodec } from './index.ts';
import { indexBytes, readIndices, writeIndices } from './sorted-indices.ts';
import { topK, topK8 } from './top-k.ts';

function decoded(values: Float32Array, fraction: number): Float32Array {
  const codec = topK(fraction);
  const result = decodeAll(codec, codec.encode(values, ''), values.length, '');
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

test('the largest magnitudes come through exactly, the rest as zeros, and of equal ones the first', () => {
  expect([...decoded(Float32Array.of(0.1, -3, 2, 0.5), 0.5)]).toEqual([0, -3, 2, 0]);
  expect([...decoded(Float32Array.of(1, -1, 1, -1), 0.5)]).toEqual([1, -1, 0, 0]);
});

test('at least one value comes through, and all of them at a fraction of 1', () => {
  expect([...decoded(Float32Array.of(0.1, 0.2, 0.3), 0.01)].map(Math.fround)).toEqual([
    0,
    0,
    Math.fround(0.3),
  ]);
  expect([...decoded(Float32Array.of(1, 2, 0, -4), 1)]).toEqual([1, 2, 0, -4]);
});

test('what is kept is what a sort by magnitude, then index, keeps', () => {
  fc.assert(
    fc.property(
      fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.01, 0.1, 0.5, 0.9),
      (values, fraction) => {
        const count = Math.max(1, Math.round(fraction * values.length));
        const expected = new Float32Array(values.length);
        Array.from(values.keys())
          .sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b)
          .slice(0, count)
          .forEach((index) => (expected[index] = values[index]!));
        expect(decoded(values, fraction)).toEqual(expected);
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});

test('1 % of a model of 1,663,370 parameters costs 0.41 bits a parameter', () => {
  // 16,634 of them: 6 lower bits each, 16,634 + ⌊1,663,369/64⌋ = 42,624 upper bits, 32 bits of value.
  expect(indexBytes(1_663_370, 16_634)).toBe(Math.ceil((16_634 * 6) / 8) + Math.ceil(42_624 / 8));
  expect(topK(0.01).byteLength(1_663_370)).toBe(12_476 + 5_328 + 4 * 16_634);
});

test('in eight bits the same places come through, each within a step of 1/127 of the largest, for a quarter of the bytes', () => {
  const values = Float32Array.from({ length: 1000 }, (_, at) => Math.sin(7 * at));
  const codec = topK8(0.1);
  const got = decodeAll(codec, codec.encode(values, 'seed'), values.length, 'seed');
  if (!got.ok) throw new Error(JSON.stringify(got.error));
  const whole = decoded(values, 0.1);
  for (let at = 0; at < values.length; at += 1) {
    expect(got.value[at] === 0, `place ${at}`).toBe(whole[at] === 0);
    expect(Math.abs(got.value[at]! - whole[at]!)).toBeLessThan(1 / 127);
  }
  // 100 of 1,000: their places as before, then 100 bytes and the step of one block in place of 400 bytes.
  expect(codec.byteLength(1000) - indexBytes(1000, 100)).toBe(104);
  expect(topK(0.1).byteLength(1000) - indexBytes(1000, 100)).toBe(400);
});

test('rising indices come back, and bytes that hold none are told', () => {
  let longest = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), fc.array(fc.nat(1999)), (length, drawn) => {
      const indices = Uint32Array.from(new Set(drawn.filter((index) => index < length))).sort();
      longest = Math.max(longest, indices.length);
      const bytes = new Uint8Array(indexBytes(length, indices.length));
      writeIndices(indices, length, bytes);
      expect(readIndices(bytes, length, indices.length)).toEqual({ ok: true, value: indices });
    }),
    { numRuns: 500, seed: 2 },
  );
  expect(longest).toBeGreaterThan(5);
  // Two of ten values: lower 2 bits each in one byte, upper 2 + 2 bits in another.
  expect(readIndices(Uint8Array.of(0, 0b0011), 10, 2)).toMatchObject({
    ok: false,
    error: 'index 0 after 0, of 10 values',
  });
  expect(readIndices(Uint8Array.of(0, 0b0001), 10, 2)).toMatchObject({
    ok: false,
    error: '1 indices instead of 2',
  });
  expect(readIndices(Uint8Array.of(0, 0b0111), 10, 2)).toMatchObject({ ok: false });
  expect(readIndices(Uint8Array.of(0b10000, 0b0101), 10, 2)).toMatchObject({ ok: false });
  expect(readIndices(Uint8Array.of(0b1000, 0b1001), 10, 2)).toMatchObject({
    ok: false,
    error: 'index 10 after 0, of 10 values',
  });
});

test('a fraction is written in up to six decimals, above 0 and up to 1', () => {
  expect(codecNamed('topk:0.010').name).toBe('topk:0.01');
  expect(codecNamed('topk:0.000001').name).toBe('topk:0.000001');
  for (const text of [
    'topk',
    'topk:',
    'topk:0',
    'topk:0.0',
    'topk:1.5',
    'topk:-0.1',
    'topk:1e-3',
    'topk:0.0000001',
    'topk:NaN',
  ])
    expect(parseCodec(text), text).toMatchObject({ ok: false });
});
