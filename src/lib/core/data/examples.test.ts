import { expect, test } from 'vitest';
import { random } from '../random.ts';
import {
  examplesBytes,
  exampleSize,
  joinExamples,
  selectExamples,
  withoutDuplicates,
  type Examples,
} from './examples.ts';
import { splitExamples } from './split.ts';

const some = (numbers: readonly number[]): Examples => ({
  count: numbers.length,
  features: Float32Array.from(numbers.flatMap((n) => [n, -n])),
  targets: Int32Array.from(numbers.map((n) => n % 3)),
  hashes: Uint32Array.from(numbers.flatMap((n) => [n * 7, n])),
});

test('selecting copies the rows asked for, in that order, repeats included', () => {
  const all = some([1, 2, 3, 4]);
  expect(selectExamples(all, [3, 0, 0])).toEqual(some([4, 1, 1]));
  selectExamples(all, [0]).features[0] = 99;
  expect(all.features[0]).toBe(1);
});

test('selecting nothing gives empty examples of the same kind', () => {
  expect(selectExamples(some([1]), [])).toEqual(some([]));
});

test('joining puts parts one after the other, empty ones too', () => {
  expect(joinExamples([some([1, 2]), some([]), some([3])])).toEqual(some([1, 2, 3]));
  expect(joinExamples([])).toBeUndefined();
});

test('duplicates go by hash, against what is known and among themselves', () => {
  expect(withoutDuplicates(some([5, 1, 6, 5]), [some([1, 2]).hashes])).toEqual(some([5, 6]));
});

test('sizes are counted in values and in bytes', () => {
  expect(exampleSize(some([1, 2, 3]))).toBe(2);
  expect(exampleSize(some([]))).toBe(0);
  // 3 rows: 2 floats, 1 target and 2 hash words of 4 bytes each.
  expect(examplesBytes(some([1, 2, 3]))).toBe(3 * 20);
});

const hashed = (count: number, seed: number): Pick<Examples, 'count' | 'hashes'> => {
  const draw = random(seed, 'split');
  return { count, hashes: Uint32Array.from({ length: count * 2 }, () => draw.below(4294967296)) };
};

test('every row is on exactly one side, and about a fifth is held out', () => {
  const { training, heldOut } = splitExamples(hashed(20_000, 1));
  expect([...training, ...heldOut].toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 20_000 }, (_, row) => row),
  );
  // Binomial(20,000, 0.2): five standard deviations are 283.
  expect(Math.abs(heldOut.length - 4000)).toBeLessThan(283);
});

test('appending rows moves none of the earlier ones', () => {
  const long = hashed(1000, 2);
  const short = { count: 600, hashes: long.hashes.slice(0, 1200) };
  expect([...splitExamples(long).heldOut].filter((row) => row < 600)).toEqual([
    ...splitExamples(short).heldOut,
  ]);
});

test('the same example stands on the same side wherever it comes up', () => {
  const { hashes } = hashed(500, 3);
  const doubled = { count: 1000, hashes: Uint32Array.from([...hashes, ...hashes]) };
  const { heldOut } = splitExamples(doubled);
  const first = [...heldOut].filter((row) => row < 500);
  expect([...heldOut].filter((row) => row >= 500).map((row) => row - 500)).toEqual(first);
});

test('a share of 0 holds out nothing', () => {
  expect(splitExamples(hashed(100, 4), 0).heldOut).toHaveLength(0);
});
