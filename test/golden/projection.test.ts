// Axes of points against scikit-learn's, up to their sign, and how far a picture by neighbours can be believed.
import { expect, test } from 'vitest';
import { densePoints, sparsePoints, type Points } from '#lib/core/projection/points.ts';
import { EXACT_WIDTH, principalAxes } from '#lib/core/projection/principal-axes.ts';
import { tSne } from '#lib/core/projection/t-sne.ts';
import { trustworthiness } from '#lib/core/projection/trustworthiness.ts';
import { inOneGo } from '#lib/participant/workbench/step-through.ts';
import { iris, irisAxes, madeAxes, madeTrust, scaledIrisAxes } from './projection-answers.ts';

const FLOWERS = 150;

function scaled(values: readonly number[], width: number): Float64Array {
  const out = Float64Array.from(values);
  const count = values.length / width;
  for (let i = 0; i < width; i += 1) {
    const own = values.filter((_, at) => at % width === i);
    const mean = own.reduce((sum, value) => sum + value, 0) / count;
    const deviation = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
    for (let row = 0; row < count; row += 1) out[row * width + i] = (own[row]! - mean) / deviation;
  }
  return out;
}

function expectAxes(points: Points, answer: typeof irisAxes, kept: number): void {
  const axes = inOneGo(principalAxes(points, kept, 1));
  const { width } = points;
  const told = Math.min(8, width);
  for (let axis = 0; axis < kept; axis += 1) {
    expect(axes.variances[axis]).toBeCloseTo(answer.variances[axis]!, 6);
    expect(axes.shares[axis]).toBeCloseTo(answer.shares[axis]!, 6);
    const theirs = answer.directions.slice(axis * told, (axis + 1) * told);
    const ours = axes.directions.subarray(axis * width, axis * width + told);
    const sign = Math.sign(theirs.reduce((sum, value, i) => sum + value * ours[i]!, 0));
    for (const [i, value] of theirs.entries()) expect(sign * ours[i]!).toBeCloseTo(value, 6);
    for (let row = 0; row * 10 < points.count; row += 1)
      expect(sign * axes.scores[row * 10 * kept + axis]!).toBeCloseTo(answer.scores[row * kept + axis]!, 6);
  }
}

test('axes of few columns are scikit-learn’s to 1e-6, as measured and standardised', () => {
  expectAxes(densePoints(Float64Array.from(iris), FLOWERS), irisAxes, 4);
  expectAxes(densePoints(scaled(iris, 4), FLOWERS), scaledIrisAxes, 4);
});

const [ROWS, COLUMNS] = [120, 200];
const made = Float64Array.from({ length: ROWS * COLUMNS }, (_, at) => {
  const [row, column] = [Math.floor(at / COLUMNS), at % COLUMNS];
  let waves = 0;
  for (let wave = 0; wave < 5; wave += 1)
    waves += (Math.sin((wave + 1) * 0.7 * row + wave) * Math.cos((wave + 2) * 0.11 * column)) / (wave + 1);
  return waves + 0.05 * Math.sin(12.9898 * row * 3 + 78.233 * column * 7);
});

test('axes of many columns by a random sketch are scikit-learn’s to 1e-6, written out or not', () => {
  expect(COLUMNS).toBeGreaterThan(EXACT_WIDTH);
  expectAxes(densePoints(made.slice(), ROWS), madeAxes, 3);
  const starts = Uint32Array.from({ length: ROWS + 1 }, (_, row) => row * COLUMNS);
  const places = Uint32Array.from(made, (_, at) => at % COLUMNS);
  const exact = inOneGo(principalAxes(densePoints(Float32Array.from(made), ROWS), 3, 1));
  const sparse = inOneGo(principalAxes(sparsePoints(COLUMNS, starts, places, Float32Array.from(made)), 3, 1));
  for (const [at, score] of exact.scores.entries()) expect(sparse.scores[at]).toBeCloseTo(score, 4);
});

test('how far a picture can be believed is scikit-learn’s figure', () => {
  const first = Float64Array.from(
    { length: ROWS * 2 },
    (_, at) => made[Math.floor(at / 2) * COLUMNS + (at % 2)]!,
  );
  expect(trustworthiness(made, first, ROWS)).toBeCloseTo(madeTrust, 9);
});

test('by neighbours, irises stay beside those that they are alike to, and the same each time', () => {
  const axes = inOneGo(principalAxes(densePoints(scaled(iris, 4), FLOWERS), 4, 1));
  const places = inOneGo(tSne(axes.scores, FLOWERS));
  expect(trustworthiness(axes.scores, places, FLOWERS)).toBeGreaterThan(0.97);
  expect(inOneGo(tSne(axes.scores, FLOWERS))).toEqual(places);
});

test('points that are one, few or all alike have no axis to differ along', () => {
  for (const [values, count] of [
    [[1, 2, 3], 1],
    [[], 0],
    [[1, 2, 1, 2, 1, 2], 3],
  ] as const) {
    const axes = inOneGo(principalAxes(densePoints(Float64Array.from(values), count), 2, 1));
    expect(axes.variances).toHaveLength(0);
    expect(inOneGo(tSne(axes.scores, count)).every(Number.isFinite)).toBe(true);
  }
});
