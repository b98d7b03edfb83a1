import { expect, test } from 'vitest';
import { random } from '../random.ts';
import { medianOf, sorter, sortingNetwork, TILE } from './order-statistics.ts';
import { gram } from './pairwise-distances.ts';

test('a network sorts every row of zeros and ones, so it sorts everything (Knuth, theorem 5.3.4Z)', () => {
  for (let count = 1; count <= 12; count += 1) {
    const network = sortingNetwork(count);
    for (let bits = 0; bits < 2 ** count; bits += 1) {
      let now = bits;
      for (let pair = 0; pair < network.length; pair += 2) {
        const [low, high] = [1 << network[pair]!, 1 << network[pair + 1]!];
        if ((now & low) !== 0 && (now & high) === 0) now ^= low | high;
      }
      const ones = bits.toString(2).replaceAll('0', '').length;
      expect(now).toBe((2 ** ones - 1) << (count - ones));
    }
  }
});

test('values of both signs, zeros of both signs and the smallest floats stand in ascending order at every coordinate', () => {
  const special = [0, -0, 1e-45, -1e-45, 3.4e38, -3.4e38, 1, -1].map(Math.fround);
  for (const [count, length] of [
    [1, 1],
    [2, TILE + 1],
    [8, TILE],
    [33, 3 * TILE - 1],
  ] as const) {
    const draw = random(count, 'values');
    const values = Array.from({ length: count }, () =>
      Float32Array.from({ length }, () => (draw.below(3) === 0 ? special[draw.below(8)]! : draw.normal())),
    );
    const rows = values.map((_, row) => row);
    let seen = 0;
    for (const [first, end] of [
      [0, count],
      [count >> 1, (count >> 1) + 1],
    ] as const)
      sorter(count, first, end).sort({ offset: 7, values }, rows, (sorted, offset, width) => {
        for (let i = 0; i < width; i += 1) {
          // The sort of typed arrays also puts −0 before 0.
          const expected = Float32Array.from(values, (one) => one[offset - 7 + i]!).sort();
          for (let rank = first; rank < end; rank += 1)
            expect(Object.is(sorted[rank * TILE + i], expected[rank])).toBe(true);
          seen += 1;
        }
      });
    expect(seen).toBe(2 * length);
  }
});

test('only the exchanges that the middle depends on are made', () => {
  const [all, middle] = [sortingNetwork(64).length / 2, sortingNetwork(64, 31, 33).length / 2];
  expect(all).toBe(543);
  expect(middle).toBeLessThan(0.85 * all);
});

test('the median of numbers is the middle one, or between the two', () => {
  expect(medianOf([3, 1, 2])).toBe(2);
  expect(medianOf([4, 1, 2, 10])).toBe(3);
  expect(() => medianOf([])).toThrow(RangeError);
});

test('distances from inner products are those from differences, for any number of updates', () => {
  for (let count = 1; count <= 11; count += 1) {
    const draw = random(count, 'updates');
    const values = Array.from({ length: count }, () =>
      Float32Array.from({ length: 700 }, () => draw.normal()),
    );
    if (count > 1) values[1] = values[0]!.slice();
    const products = gram(count);
    products.add({ offset: 0, values: values.map((one) => one.subarray(0, 333)) });
    products.add({ offset: 333, values: values.map((one) => one.subarray(333)) });
    const distances = products.squaredDistances();
    for (let i = 0; i < count; i += 1)
      for (let j = 0; j < count; j += 1) {
        const squared = values[i]!.reduce((sum, value, at) => sum + (value - values[j]![at]!) ** 2, 0);
        if (squared === 0) expect(distances[i * count + j]).toBe(0);
        else expect(distances[i * count + j]! / squared).toBeCloseTo(1, 12);
      }
  }
});
