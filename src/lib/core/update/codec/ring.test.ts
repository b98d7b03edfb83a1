import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { random } from '../../random.ts';
import { rotationBlocks } from './hadamard.ts';
import { decodeAll } from './index.ts';
import { ring } from './ring.ts';
import {
  compactWords,
  decodeCompact,
  encodeCompact,
  rangeHeld,
  stepForSigma,
  type CompactRing,
} from './ring-compact.ts';
import { decodeExact, encodeExact, largestInteger, unitOf, type ExactRing } from './ring-exact.ts';
import { addLanes, lanesOf, packLanes, ringBits, unpackLanes, wordsOf, type RingBits } from './ring-lanes.ts';

const compactBits = [3, 4, 5, 6, 8] as const;

const squares = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value * value, 0);

const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number[] =>
  Array.from(a, (value, i) => value - b[i]!);

/** `count` vectors of independent normal entries, and their sum. */
function vectors(count: number, length: number): { each: Float32Array[]; sum: Float64Array } {
  const draws = random(3, 'vectors');
  const each = Array.from({ length: count }, () => Float32Array.from({ length }, () => draws.normal()));
  const sum = new Float64Array(length);
  for (const values of each) values.forEach((value, i) => (sum[i]! += value));
  return { each, sum };
}

describe('lanes', () => {
  test('a word holds ten lanes of 3 bits, eight of 4, six of 5, five of 6, four of 8, one of 32', () => {
    expect(ringBits.map(lanesOf)).toEqual([10, 8, 6, 5, 4, 1]);
    expect(wordsOf(21, 3)).toBe(3);
  });

  test('packed vectors add lane by lane modulo 2^m, as the lanes alone would', () => {
    let wrapped = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...ringBits),
        fc.array(fc.tuple(fc.integer(), fc.integer()), { minLength: 1, maxLength: 50 }),
        (bits: RingBits, pairs) => {
          const count = pairs.length;
          const pack = (lanes: number[]): Uint32Array => {
            const words = new Uint32Array(wordsOf(count, bits));
            packLanes(Int32Array.from(lanes), count, bits, words, 0);
            return words;
          };
          const sum = pack(pairs.map(([a]) => a));
          addLanes(sum, pack(pairs.map(([, b]) => b)), bits);
          const lanes = new Int32Array(count);
          unpackLanes(sum, 0, bits, lanes, count);
          const modulus = 2 ** bits;
          const positive = (x: number): number => ((x % modulus) + modulus) % modulus;
          pairs.forEach(([a, b], i) => {
            expect(positive(lanes[i]!)).toBe(positive(a + b));
            if (positive(a) + positive(b) >= modulus) wrapped += 1;
          });
        },
      ),
      { numRuns: 500, seed: 1 },
    );
    expect(wrapped).toBeGreaterThan(100);
  });

  test('words of two lengths do not add up', () => {
    expect(() => addLanes(new Uint32Array(2), new Uint32Array(3), 4)).toThrow('2 and 3');
  });
});

describe('exact', () => {
  const rules: ExactRing = { clip: 1, cohort: 100, largestWeight: 1000 };

  test('the whole cohort at the clip and the largest weight stays below 2³¹', () => {
    expect(largestInteger(rules) * 100).toBeLessThan(2 ** 31);
    for (const value of [5, 1, -1, -5]) {
      const encoded = encodeExact(new Float32Array(50).fill(value), 1000, rules, random(1));
      expect(encoded.every((integer) => integer === Math.sign(value) * largestInteger(rules))).toBe(true);
    }
  });

  test('the sum of 100 weighted encodings is the clipped weighted sum, within a unit each', () => {
    const draws = random(2);
    const sum = new Uint32Array(200);
    const expected = new Float64Array(200);
    for (let slot = 0; slot < rules.cohort; slot += 1) {
      const values = Float32Array.from({ length: 200 }, () => 3 * draws.next() - 1.5);
      const weight = 1 + draws.below(1000);
      values.forEach((value, i) => (expected[i]! += weight * Math.max(-1, Math.min(1, value))));
      addLanes(sum, new Uint32Array(encodeExact(values, weight, rules, random(slot, 'rounding')).buffer), 32);
    }
    const decoded = new Float32Array(200);
    decodeExact(new Int32Array(sum.buffer), rules, decoded);
    decoded.forEach((value, i) => {
      // A unit for each rounding, and f32's own rounding of the sum.
      const bound = rules.cohort * unitOf(rules) + Math.abs(expected[i]!) * 2 ** -24;
      expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(bound);
    });
  });

  test('a weight that is no integer from 1 to the largest is refused, and a value that is not finite', () => {
    for (const weight of [0, 1001, 1.5, NaN])
      expect(() => encodeExact(new Float32Array(1), weight, rules, random(1))).toThrow('from 1 to 1000');
    expect(() => encodeExact(Float32Array.of(0, NaN), 1, rules, random(1))).toThrow('Value 1 is NaN');
  });
});

describe.each(compactBits)('compact, %i bits', (bits) => {
  const cohort = 10;
  const length = 3000;
  const { each, sum } = vectors(cohort, length);
  const seeds = each.map((_, slot) => `slot ${slot}`);
  // Blocks of 2048 and 1024 values, the last padded from 952: entries of the sum have variance 10.
  const sigma = Math.sqrt(cohort);

  const summed = (rules: CompactRing): Uint32Array => {
    const words = new Uint32Array(compactWords(length, bits));
    each.forEach((values, slot) => addLanes(words, encodeCompact(values, rules, seeds[slot]!), bits));
    return words;
  };

  test('the sum of ten encodings decodes to the sum, with the error that ten dithers have', () => {
    // Half the range is six standard deviations: 2·10⁻⁹ wrap.
    const step = (2 * 6 * sigma) / 2 ** bits;
    const rules: CompactRing = { bits, length, steps: [step, step], rotationSeed: 'shared' };
    const { values, nearWrapping } = decodeCompact(summed(rules), rules, seeds);
    expect(rangeHeld(nearWrapping)).toBe(true);
    const error = squares(difference(values, sum));
    // A bound without chance: half a step for each of the ten in each of 3072 coordinates; rotation keeps lengths.
    expect(Math.sqrt(error)).toBeLessThanOrEqual((cohort * step * Math.sqrt(3072)) / 2);
    // And what is expected: n·step²/12 a coordinate. 3000 of them: the mean square varies by √(2/3000) = 2.6 %; four of those.
    expect(Math.abs(error / length / ((cohort * step * step) / 12) - 1)).toBeLessThan(0.11);
  });

  test('at the step that rounds use, the sum holds; at a tenth of it, it wraps and the gate says so', () => {
    const step = stepForSigma(sigma, bits);
    const rules: CompactRing = { bits, length, steps: [step, step], rotationSeed: 'shared' };
    const held = decodeCompact(summed(rules), rules, seeds);
    // Coordinates have the sum's variance σ² and the dithers' 10·step²/12: 1.64 σ² at three bits, 1.16 σ² at four. Nine tenths of
    // 3.5 σ is then 2.46 deviations (1.4 % lie beyond) or 2.92 (0.35 %): a cohort of ten needs four bits.
    expect(rangeHeld(held.nearWrapping)).toBe(bits >= 4);
    const narrow: CompactRing = { ...rules, steps: [step / 10, step / 10] };
    const wrapped = decodeCompact(summed(narrow), narrow, seeds);
    expect(rangeHeld(wrapped.nearWrapping)).toBe(false);
    // Wrapped evenly: a tenth of the ring lies beyond nine tenths of its range.
    expect(wrapped.nearWrapping).toBeGreaterThan(0.05);
  });

  test('without one of the dithers, or with another rotation, the sum is not found', () => {
    const step = (2 * 6 * sigma) / 2 ** bits;
    const rules: CompactRing = { bits, length, steps: [step, step], rotationSeed: 'shared' };
    const words = summed(rules);
    const right = squares(difference(decodeCompact(words, rules, seeds).values, sum));
    const missing = decodeCompact(words, rules, [...seeds.slice(1), 'another']).values;
    expect(squares(difference(missing, sum))).toBeGreaterThan(1.1 * right);
    const turned = decodeCompact(words, { ...rules, rotationSeed: 'another' }, seeds).values;
    expect(squares(difference(turned, sum))).toBeGreaterThan(squares(sum));
  });
});

describe.each(ringBits)('ring:%i', (bits) => {
  const codec = ring(bits);

  test('is unbiased: the mean of 10,000 draws is as near to the vector as independent errors make it', () => {
    const draws = 10_000;
    const values = Float32Array.from({ length: 40 }, (_, i) => (i === 3 ? 1 : i === 7 ? 0.5 : i / 1000));
    const mean = new Float64Array(40);
    let expected = 0;
    for (let draw = 0; draw < draws; draw += 1) {
      const made = decodeAll(codec, codec.encode(values, String(draw)), 40, String(draw));
      if (!made.ok) throw new Error(JSON.stringify(made.error));
      made.value.forEach((value, i) => (mean[i]! += value / draws));
      expected += squares(difference(made.value, values)) / draws / draws;
    }
    const got = squares(difference(mean, values));
    // As for EDEN: Σ of 40 squared nearly normal means, relative deviation √(2/40) = 0.22. At 32 bits what is left is f32's own
    // rounding of the decoded value, the same in each draw: 40·(2⁻²⁵)² at most for values up to 1.
    expect(got).toBeLessThan(2.2 * expected + 40 * 2 ** -50);
  });

  test('one vector alone never wraps: its error is at most half a step of the largest rotated coordinate', () => {
    const { each } = vectors(1, 5000);
    const values = each[0]!;
    const made = decodeAll(codec, codec.encode(values, 's'), 5000, 's');
    if (!made.ok) throw new Error(JSON.stringify(made.error));
    // Blocks 4096 and 1024 of unit variance: the largest of 5120 is below 6 but once in 10⁵. Wrapping once would cost 2·6.
    const step = bits === 32 ? 6 * 2 ** -31 : 6 / (2 ** (bits - 1) - 1);
    const expected = bits === 32 ? 5000 * 2 ** -46 : (5000 * step * step) / 12;
    expect(squares(difference(made.value, values))).toBeLessThan(expected);
  });
});

test('a step beyond f32 and bits that belong to no lane are refused', () => {
  const bytes = ring(3).encode(Float32Array.of(1, 2), 's');
  const spare = bytes.slice();
  spare[7]! |= 128;
  expect(decodeAll(ring(3), spare, 2, 's')).toMatchObject({ ok: false, error: { kind: 'malformed' } });
  new DataView(bytes.buffer).setFloat32(0, NaN, true);
  expect(decodeAll(ring(3), bytes, 2, 's')).toEqual({
    ok: false,
    error: { kind: 'malformed', reason: 'the step of the block at value 0 is NaN' },
  });
});

test('blocks halve from 2²⁰ and end with one of 1024, or are one padded power of two', () => {
  expect(rotationBlocks(0)).toEqual([]);
  expect(rotationBlocks(1)).toEqual([{ offset: 0, length: 1, size: 64 }]);
  expect(rotationBlocks(65)).toEqual([{ offset: 0, length: 65, size: 128 }]);
  expect(rotationBlocks(1024)).toEqual([{ offset: 0, length: 1024, size: 1024 }]);
  expect(rotationBlocks(1025).map((block) => [block.length, block.size])).toEqual([
    [1024, 1024],
    [1, 1024],
  ]);
  // 3,000,000 = 2·2²⁰ + 2¹⁹ + 2¹⁸ + 2¹⁶ + 2¹⁵ + 2¹⁴ + 1024 + 704.
  expect(rotationBlocks(3_000_000).map((block) => block.size)).toEqual(
    [20, 20, 19, 18, 16, 15, 14, 10, 10].map((power) => 2 ** power),
  );
});
