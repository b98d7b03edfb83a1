import { expect, test } from 'vitest';
import type { TableColumn } from '../data/contract.ts';
import { bestSplit, bestWeight } from './best-split.ts';
import { binnedColumns } from './columns.ts';

const columnsOf = (...columns: TableColumn[]) =>
  binnedColumns(
    { kind: 'table', columns, target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 } },
    3,
  );
const town: TableColumn = { type: 'category', name: 'town', categories: ['a', 'b'], missingAllowed: true };
const age: TableColumn = {
  type: 'number',
  name: 'age',
  minimum: 0,
  maximum: 1,
  missingAllowed: true,
  mean: 0,
  standardDeviation: 1,
};
const rule = { lambda: 1, gamma: 0, minimumChildWeight: 0 };
const histogram = (first: number[], second: number[]) => ({
  first: Float64Array.from(first),
  second: Float64Array.from(second),
});

test('the gain is ½ (G_L²/(H_L+λ) + G_R²/(H_R+λ) − G²/(H+λ)) − γ, and the weights are −G/(H+λ)', () => {
  // G, H: a (−4, 3), b (5, 4). ½ (16/4 + 25/5 − 1/8) = 4.4375.
  const found = bestSplit(histogram([-4, 5, 0], [3, 4, 0]), columnsOf(town), rule, 1)!;
  expect(found).toEqual({
    column: 0,
    cell: 0,
    missingGoesLeft: false,
    gain: 4.4375,
    left: { first: -4, second: 3 },
    right: { first: 5, second: 4 },
  });
  expect([found.left, found.right].map((sums) => bestWeight(sums, 1, 1))).toEqual([1, -1]);
  const gain = bestSplit(histogram([-4, 5, 0], [3, 4, 0]), columnsOf(town), { ...rule, gamma: 4 }, 1)?.gain;
  expect(gain).toBe(0.4375);
});

test('derivatives count in their unit: half the unit halves G and H', () => {
  // (−2, 1.5), (2.5, 2): ½ (4/2.5 + 6.25/3 − 0.25/4.5).
  const gain = bestSplit(histogram([-4, 5, 0], [3, 4, 0]), columnsOf(town), rule, 0.5)?.gain;
  expect(gain).toBeCloseTo(0.5 * (4 / 2.5 + 6.25 / 3 - 0.25 / 4.5), 12);
});

test('missing values go where the gain is higher', () => {
  // Three bins of numbers, then missing. Missing is like the upper bins here, and like the lower one there.
  const like = (missing: number) =>
    bestSplit(histogram([-6, 4, 4, missing], [3, 3, 3, 3]), columnsOf(age), rule, 1);
  expect(like(6)).toMatchObject({ cell: 0, missingGoesLeft: false, left: { first: -6, second: 3 } });
  expect(like(-6)).toMatchObject({ cell: 0, missingGoesLeft: true, left: { first: -12, second: 6 } });
});

test('where missing alone differs, what is there goes left and what is missing goes right', () => {
  const found = bestSplit(histogram([1, 1, 1, -9], [2, 2, 2, 2]), columnsOf(age), rule, 1);
  expect(found).toMatchObject({ cell: 2, missingGoesLeft: false, left: { first: 3, second: 6 } });
});

test('a category is split from all others', () => {
  const three: TableColumn = { ...town, categories: ['a', 'b', 'c'] };
  const found = bestSplit(histogram([3, -6, 3, 0], [2, 2, 2, 0]), columnsOf(three), rule, 1);
  expect(found).toMatchObject({
    cell: 1,
    left: { first: -6, second: 2 },
    right: { first: 6, second: 4 },
    missingGoesLeft: false,
  });
});

test('of equal gains the first column and cell is taken', () => {
  const twice = histogram([-4, 5, 0, -4, 5, 0], [3, 4, 0, 3, 4, 0]);
  expect(bestSplit(twice, columnsOf(town, { ...town, name: 'again' }), rule, 1)).toMatchObject({
    column: 0,
    cell: 0,
  });
});

test('there is no split without gain, nor with a child that is empty or too light', () => {
  const two = columnsOf(town);
  expect(bestSplit(histogram([2, 2, 0], [3, 3, 0]), two, { ...rule, lambda: 0 }, 1)).toBeUndefined();
  expect(bestSplit(histogram([-4, 5, 0], [3, 4, 0]), two, { ...rule, gamma: 5 }, 1)).toBeUndefined();
  expect(
    bestSplit(histogram([-4, 5, 0], [3, 4, 0]), two, { ...rule, minimumChildWeight: 3.5 }, 1),
  ).toBeUndefined();
  expect(bestSplit(histogram([7, 0, 0], [3, 0, 0]), two, { ...rule, lambda: 0 }, 1)).toBeUndefined();
  expect(bestSplit(histogram([0, 0, 0], [0, 0, 0]), two, rule, 1)).toBeUndefined();
});
