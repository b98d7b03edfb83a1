// What every codec on offer promises, held by properties; what one codec alone promises stands in the test beside it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { random } from '../../random.ts';
import type { Codec } from './codec.ts';
import { codecKinds, codecNamed, decodeAll, parseCodec } from './index.ts';

/** Every kind, with each of its arguments or some. */
const names = [
  ...['f32', 'f16', 'q8', 'eden:1', 'eden:2', 'eden:3', 'eden:4', 'topk:0.01', 'topk:0.3', 'topk:1'],
  ...['topk8:0.01', 'topk8:0.3', 'topk8:1'],
  ...['ring:3', 'ring:4', 'ring:5', 'ring:6', 'ring:8', 'ring:32'],
];

const LARGEST = 3.4028234663852886e38;

function decoded(codec: Codec, bytes: Uint8Array, length: number, seed: string): Float32Array<ArrayBuffer> {
  const values = decodeAll(codec, bytes, length, seed);
  if (!values.ok) throw new Error(JSON.stringify(values.error));
  return values.value;
}

/** The bits, so that −0 and 0 differ and nothing is lost in printing. */
const bitsOf = (values: Float32Array): number[] => [...new Uint32Array(values.slice().buffer)];

/** Vectors as updates are, and as they should not be: empty, zeros, denormals, the ends of f32. */
const vectors = fc.oneof(
  fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 300 }),
  fc.float32Array({ min: -64, max: 64, noNaN: true, maxLength: 300 }),
  fc.float32Array({ min: Math.fround(-1e-39), max: Math.fround(1e-39), noNaN: true, maxLength: 100 }),
  fc
    .tuple(
      fc.integer({ min: 0, max: 3000 }),
      fc.constantFrom(0, 64, -64, LARGEST, -LARGEST, 1e-45, 1e-38, 0.01),
    )
    .map(([length, value]) => new Float32Array(length).fill(value)),
  fc.tuple(fc.integer({ min: 1000, max: 5000 }), fc.integer()).map(([length, seed]) => {
    const draws = random(seed, 'vector');
    return Float32Array.from({ length }, () => draws.next() - 0.5);
  }),
);

test('every kind of codec is tried here, and a codec is known by its own name', () => {
  expect(new Set(names.map((name) => name.split(':')[0]))).toEqual(
    new Set(codecKinds.map((kind) => kind.name)),
  );
  for (const name of names) expect(codecNamed(name).name).toBe(name);
});

test('what is no codec is refused with the list of those that are', () => {
  for (const text of ['', 'f64', 'f32:1', 'f16:2', 'q8:4', 'eden', 'eden:0', 'eden:5', 'eden:3:1', 'eden: 3'])
    expect(parseCodec(text), text).toMatchObject({ ok: false });
});

describe.each(names)('%s', (name) => {
  const codec = codecNamed(name);

  test('any finite vector encodes to exactly the bytes foretold, the same each time, and decodes to finite values', () => {
    fc.assert(
      fc.property(vectors, fc.string({ maxLength: 20 }), (values, seed) => {
        const before = bitsOf(values);
        const bytes = codec.encode(values, seed);
        expect(bitsOf(values)).toEqual(before);
        expect(bytes.length).toBe(codec.byteLength(values.length));
        expect(codec.encode(values, seed)).toEqual(bytes);
        expect(decoded(codec, bytes, values.length, seed).every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test('bytes cut anywhere give the same values, each once and in order', () => {
    fc.assert(
      fc.property(vectors, fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 20 }), (values, cuts) => {
        const bytes = codec.encode(values, 'cut');
        const whole = decoded(codec, bytes, values.length, 'cut');
        const pieces = new Float32Array(values.length);
        let next = 0;
        const decoder = codec.decoder(values.length, 'cut', (offset, part) => {
          expect(offset).toBe(next);
          next += part.length;
          pieces.set(part, offset);
        });
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          // A copy, so that no decoder reads a piece after its call.
          const piece = bytes.slice(at, at + cut);
          expect(decoder.write(piece)).toBeUndefined();
          piece.fill(255);
          at = Math.min(bytes.length, at + cut);
        }
        expect(decoder.end()).toBeUndefined();
        expect(next).toBe(values.length);
        expect(bitsOf(pieces)).toEqual(bitsOf(whole));
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  test('byte for byte is cut anywhere too', () => {
    const draws = random(1, 'bytes');
    const values = Float32Array.from({ length: 1500 }, () => draws.next() - 0.5);
    const bytes = codec.encode(values, 's');
    const pieces = new Float32Array(values.length);
    const decoder = codec.decoder(values.length, 's', (offset, part) => pieces.set(part, offset));
    for (const byte of bytes) expect(decoder.write(Uint8Array.of(byte))).toBeUndefined();
    expect(decoder.end()).toBeUndefined();
    expect(bitsOf(pieces)).toEqual(bitsOf(decoded(codec, bytes, values.length, 's')));
  });

  test('a byte too few or too many is told with both lengths, and the fault stays', () => {
    const bytes = codec.encode(Float32Array.of(1, -2, 3), 's');
    const short = codec.decoder(3, 's', () => undefined);
    expect(short.write(bytes.subarray(0, -1))).toBeUndefined();
    const expected = bytes.length;
    expect(short.end()).toEqual({ kind: 'wrong-length', expected, got: expected - 1 });
    const long = codec.decoder(3, 's', () => undefined);
    const fault = { kind: 'wrong-length', expected, got: expected + 1 };
    expect(long.write(bytes)).toBeUndefined();
    expect(long.write(Uint8Array.of(0))).toEqual(fault);
    expect(codec.byteLength(0)).toBe(0);
    expect(decodeAll(codec, new Uint8Array(0), 0, 's')).toEqual({ ok: true, value: new Float32Array(0) });
  });

  test('any bytes give values or a fault, and never an exception', () => {
    let values = 0;
    let faults = 0;
    const lengths = fc.integer({ min: 0, max: 2000 });
    const attempt = (length: number, bytes: Uint8Array): void => {
      const result = decodeAll(codec, bytes, length, 's');
      if (result.ok) values += 1;
      else faults += 1;
    };
    fc.assert(fc.property(lengths, fc.uint8Array({ maxLength: 3000 }), attempt), { numRuns: 150, seed: 3 });
    // Of the right length, so that more than the length is looked at.
    fc.assert(
      fc.property(lengths, fc.integer(), fc.boolean(), (length, seed, plain) => {
        const draws = random(seed, 'fuzz');
        const bytes = Uint8Array.from({ length: codec.byteLength(length) }, () => draws.below(256));
        // Half of them begin with 0.5 where a scale may stand.
        if (plain) bytes.set([0, 0, 0, 0x3f].slice(0, bytes.length));
        attempt(length, bytes);
      }),
      { numRuns: 150, seed: 4 },
    );
    // One byte of a good encoding changed.
    const good = codec.encode(
      Float32Array.from({ length: 300 }, (_, i) => i / 300 - 0.5),
      's',
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: good.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        (at, byte) => {
          const bytes = good.slice();
          bytes[at] = byte;
          attempt(300, bytes);
        },
      ),
      { numRuns: 150, seed: 5 },
    );
    expect(values).toBeGreaterThan(10);
    expect(faults).toBeGreaterThan(10);
  });

  test('NaN and infinities are refused by name and place', () => {
    for (const bad of [NaN, Infinity, -Infinity])
      expect(() => codec.encode(Float32Array.of(1, bad, 2), 's')).toThrow(
        new RangeError(`Value 1 is ${bad}: only finite values can be encoded.`),
      );
  });

  test('zeros stay zeros, and one value alone keeps its sign', () => {
    for (const length of [1, 7, 300, 2500])
      expect(
        decoded(codec, codec.encode(new Float32Array(length), 's'), length, 's').every((x) => x === 0),
      ).toBe(true);
    for (const value of [1, -1, 64, -64, 3e38, -3e38])
      expect(Math.sign(decoded(codec, codec.encode(Float32Array.of(value), 's'), 1, 's')[0]!)).toBe(
        Math.sign(value),
      );
  });
});
