// k-means, silhouettes and the adjusted Rand index against scikit-learn's.
import { expect, test } from 'vitest';
import type { GroupPoints } from '#lib/core/grouping/grouper.ts';
import { lloyd } from '#lib/core/grouping/lloyd.ts';
import { adjustedRandIndex, crossingOf } from '#lib/core/grouping/rand-index.ts';
import { meanSilhouette, sampleOf, silhouettes } from '#lib/core/grouping/silhouette.ts';
import { inOneGo } from '#lib/participant/workbench/step-through.ts';
import { irisClasses, irisGroups, mended, wine, wineClasses, wineGroups } from './grouping-answers.ts';
import { iris } from './projection-answers.ts';

const irises: GroupPoints = { count: 150, size: 4, values: Float64Array.from(iris) };
const wines: GroupPoints = { count: 178, size: 13, values: standardised(wine, 13) };
/** scikit-learn's usual settings. */
const settings = { iterations: 300, tolerance: 1e-4 };

function standardised(values: readonly number[], size: number): Float64Array {
  const out = Float64Array.from(values);
  const count = values.length / size;
  for (let i = 0; i < size; i += 1) {
    const own = values.filter((_, at) => at % size === i);
    const mean = own.reduce((sum, value) => sum + value, 0) / count;
    const deviation = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
    for (let row = 0; row < count; row += 1) out[row * size + i] = (own[row]! - mean) / deviation;
  }
  return out;
}

const rowsAt = ({ size, values }: GroupPoints, rows: readonly number[]): Float64Array =>
  Float64Array.from(rows.flatMap((row) => [...values.subarray(row * size, (row + 1) * size)]));
const groupsOf = (labels: string): Int32Array => Int32Array.from(labels, Number);

test.each([
  ...irisGroups.map((answer) => ({ of: 'irises', points: irises, classes: irisClasses, answer })),
  ...wineGroups.map((answer) => ({ of: 'wines', points: wines, classes: wineClasses, answer })),
])('$of from the same centres come to scikit-learn’s groups', ({ points, classes, answer }) => {
  const groups = answer.start.length;
  const rested = inOneGo(lloyd(points, rowsAt(points, answer.start), settings));
  expect([...rested.nearest].join('')).toBe(answer.labels);
  expect(Math.abs(rested.inertia / answer.inertia - 1)).toBeLessThan(1e-9);
  expect(rested.iterations).toBeLessThanOrEqual(answer.iterations);
  const sample = inOneGo(
    sampleOf(
      points,
      Uint32Array.from({ length: points.count }, (_, row) => row),
    ),
  );
  expect(Math.abs(meanSilhouette(sample, rested.nearest, groups) - answer.silhouette)).toBeLessThan(1e-9);
  const each = silhouettes(sample, rested.nearest, groups);
  for (const [at, one] of answer.each.entries()) expect(Math.abs(each[at * 15]! - one)).toBeLessThan(1e-9);
  const crossing = crossingOf([rested.nearest, groups], [groupsOf(classes), 3]);
  expect(Math.abs(adjustedRandIndex(crossing) - answer.rand)).toBeLessThan(1e-9);
});

test('a centre that has lost its rows is put where scikit-learn puts it', () => {
  const start = Float64Array.of(...rowsAt(irises, [0, 60]), 100, 100, 100, 100);
  const rested = inOneGo(lloyd(irises, start, settings));
  expect([...rested.nearest].join('')).toBe(mended.labels);
  expect(Math.abs(rested.inertia / mended.inertia - 1)).toBeLessThan(1e-9);
});
