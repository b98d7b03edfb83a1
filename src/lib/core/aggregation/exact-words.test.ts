import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactSumAt, LARGEST_EXACT, WORDS, writeExact } from './exact-words.ts';
import { addChunk, endUpdate, fixedPointSum, quantumFor } from './fixed-point-sum.ts';

/** What the server makes of a cohort's updates, each counted once. */
function summed(numbers: readonly (readonly number[])[]): number[] {
  const length = numbers[0]!.length;
  const sum = fixedPointSum(length * WORDS, quantumFor(numbers.length, 64));
  for (const own of numbers) {
    const update = new Float32Array(length * WORDS);
    writeExact(Float64Array.from(own), update);
    addChunk(sum, 0, update, 1);
    endUpdate(sum, 1);
  }
  return Array.from({ length }, (_, i) => exactSumAt(sum, i * WORDS));
}

test('a number becomes two words in steps of 2^-14, the high one carrying the sign', () => {
  const update = new Float32Array(4);
  // −1 = −1 · 2^20 + (2^20 − 1); 2^20 + 3 = 1 · 2^20 + 3.
  writeExact(Float64Array.of(-1, 2 ** 20 + 3), update);
  expect([...update]).toEqual([-(2 ** -14), 64 - 2 ** -14, 2 ** -14, 3 * 2 ** -14]);
});

test('sums over devices are the exact whole numbers, and no coordinate leaves ±64', () => {
  let negative = 0;
  const number = fc.oneof(
    fc.integer({ min: -1_000_000, max: 1_000_000 }),
    fc.maxSafeInteger().map((value) => value % LARGEST_EXACT),
    fc.constantFrom(LARGEST_EXACT, -LARGEST_EXACT, 2 ** 20, -(2 ** 20), 0),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(number, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 200 }),
      (numbers) => {
        const expected = [0, 1, 2].map((i) =>
          Number(numbers.reduce((total, own) => total + BigInt(own[i]!), 0n)),
        );
        if (expected.some((one) => one < 0)) negative += 1;
        expect(summed(numbers)).toEqual(expected.map((one) => (one === 0 ? expect.closeTo(0, 20) : one)));
        for (const own of numbers) {
          const update = new Float32Array(6);
          writeExact(Float64Array.from(own), update);
          expect(update.every((value) => Math.abs(value) <= 64)).toBe(true);
        }
      },
    ),
    { seed: 5, numRuns: 200 },
  );
  expect(negative).toBeGreaterThan(20);
});

test('what would not be exact is refused: a fraction, more than 40 bits, a coarse quantum', () => {
  const update = new Float32Array(2);
  expect(() => writeExact(Float64Array.of(0.5), update)).toThrow('0.5 is not a whole number');
  expect(() => writeExact(Float64Array.of(LARGEST_EXACT + 1), update)).toThrow('not a whole number within');
  expect(() => exactSumAt(fixedPointSum(2, 2 ** -13), 0)).toThrow('too coarse');
});
