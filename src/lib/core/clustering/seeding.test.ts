import { expect, test } from 'vitest';
import type { DataContract } from '../data/contract.ts';
import { random } from '../random.ts';
import { pointsOfContract, spreadOut, type Points } from './seeding.ts';

const contract: DataContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age',
      minimum: 40,
      maximum: 60,
      missingAllowed: true,
      mean: 50,
      standardDeviation: 10,
    },
    { type: 'category', name: 'town', categories: ['north', 'south', 'east'], missingAllowed: true },
  ],
  target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 },
};

test('drawn points are rows that the contract allows, and a seed gives the same ones', () => {
  const points = pointsOfContract(contract, 12, random(3));
  expect([points.count, points.size]).toEqual([12, 5]);
  const seen = new Set<number>();
  for (let at = 0; at < points.values.length; at += 5) {
    const [age, missing, ...town] = points.values.subarray(at, at + 5);
    expect(Math.abs(age!)).toBeLessThanOrEqual(1);
    expect(missing).toBe(0);
    expect(town.toSorted((a, b) => a - b)).toEqual([0, 0, 1]);
    seen.add(town.indexOf(1));
  }
  expect(seen.size).toBe(3);
  expect(pointsOfContract(contract, 12, random(3))).toEqual(points);
  expect(pointsOfContract(contract, 12, random(4))).not.toEqual(points);
});

test('a contract that allows two rows alone gives two points', () => {
  const two: DataContract = {
    ...contract,
    columns: [{ type: 'category', name: 'sex', categories: ['0', '1'], missingAllowed: false }],
  };
  const points = pointsOfContract(two, 5, random(3));
  expect(points.count).toBe(2);
  expect([...points.values].toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1]);
});

test('pictures give points of their pixels, between black and white', () => {
  const pictures: DataContract = { kind: 'image', height: 2, width: 3, channels: 1, classes: ['a', 'b'] };
  const points = pointsOfContract(pictures, 4, random(1));
  expect([points.count, points.size]).toEqual([4, 6]);
  expect(points.values.every((value) => value >= 0 && value < 1)).toBe(true);
});

test('where choosing would take long, points are kept as they are drawn', () => {
  // 512² · 8 · 784 additions are 1.6e9.
  const pictures: DataContract = { kind: 'image', height: 28, width: 28, channels: 1, classes: ['a', 'b'] };
  const points = pointsOfContract(pictures, 512, random(1));
  expect([points.count, points.size, points.values.length]).toEqual([512, 784, 512 * 784]);
});

const line = (...values: number[]): Points => ({
  count: values.length,
  size: 1,
  values: Float32Array.from(values),
});

test('the next point is drawn with a chance in proportion to weight times squared distance', () => {
  // From 0, the others have chances 3 · 1² = 3 and 1 · 3² = 9, of 12: the last follows in three of four draws.
  const counts = [0, 0, 0];
  let firsts = 0;
  const draw = random(8);
  for (let i = 0; i < 30_000; i += 1) {
    const [first, second] = spreadOut(line(0, 1, 3), (index) => [4, 3, 1][index]!, 2, draw);
    if (first !== 0) continue;
    firsts += 1;
    counts[second!]! += 1;
  }
  // Half of the weight lies at 0. Five standard errors: 5 √(¼ / 30,000) = 0.0144 and 5 √(3/16 / 15,000) = 0.018.
  expect(Math.abs(firsts / 30_000 - 0.5)).toBeLessThan(0.0144);
  expect(counts[0]).toBe(0);
  expect(Math.abs(counts[2]! / firsts - 0.75)).toBeLessThan(0.018);
});

test('a point without weight is never chosen, nor one twice', () => {
  const chosen = spreadOut(line(0, 0, 5, 9), (index) => (index === 3 ? 0 : 1), 4, random(2));
  expect(chosen).toHaveLength(2);
  expect(chosen).toContain(2);
  expect(chosen).not.toContain(3);
});
