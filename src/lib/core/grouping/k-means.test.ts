import { expect, test } from 'vitest';
import { inOneGo } from '../../participant/workbench/step-through.ts';
import { chanceOf, distinctPoints } from './chance.ts';
import type { GroupPoints } from './grouper.ts';
import { kMeans, MOST_RESTARTED } from './k-means.ts';
import { adjustedRandIndex, crossingOf } from './rand-index.ts';
import { drawnRows, meanSilhouette, sampleOf } from './silhouette.ts';

const options = { k: 0, restarts: 3, iterations: 300 };

function grouped(points: GroupPoints, own: Partial<typeof options> = {}, seed = 1) {
  const sample = inOneGo(sampleOf(points, drawnRows(points.count, 200, seed, 'test')));
  const distinct = distinctPoints(points);
  return inOneGo(kMeans.group({ points, sample, distinct, options: { ...options, ...own }, seed }));
}
const line = (...values: number[]): GroupPoints => ({
  count: values.length,
  size: 1,
  values: Float64Array.from(values),
});

test('the number of groups with the best silhouette is taken, the group of most rows first', () => {
  const rows = line(0, 1, 10, 11, 12, 30, 31);
  const found = grouped(rows);
  expect(found.groups).toBe(3);
  expect([...found.groupOf]).toEqual([1, 1, 0, 0, 0, 2, 2]);
  // One more group than there are rows, less one, has no silhouette.
  expect(found.tried.map(({ groups }) => groups)).toEqual([2, 3, 4, 5, 6]);
  // By hand: Σ squared distances from ½, 11 and 30½ is ½ + 2 + ½.
  expect(found.tried[1]?.inertia).toBeCloseTo(3, 12);
  expect([...(found.learnt[0] ?? [])]).toEqual([11, 0.5, 30.5]);
  expect(grouped(rows)).toEqual({ ...found, assign: expect.anything() as unknown });
});

test('silhouettes by hand: of a row alone in its group 0', () => {
  const points = line(0, 2, 5);
  const sample = inOneGo(sampleOf(points, Uint32Array.of(0, 1, 2)));
  // Row 0: within 2, next 5, (5 − 2) / 5; row 1: within 2, next 3, (3 − 2) / 3.
  expect(meanSilhouette(sample, Int32Array.of(0, 0, 1), 2)).toBeCloseTo((3 / 5 + 1 / 3) / 3, 12);
});

test('of many rows the starts are compared on a sample, and every row is in a group', () => {
  const rows = line(
    ...Array.from({ length: MOST_RESTARTED + 50 }, (_, row) => (row % 4 === 0 ? 50 : 0) + (row % 7)),
  );
  const found = grouped(rows, { k: 2, restarts: 1 });
  expect(found.groupOf.every((group, row) => group === (row % 4 === 0 ? 1 : 0))).toBe(true);
  expect(found.tried).toEqual([]);
});

test('rows that do not differ as often as groups are asked for are refused', () => {
  const said = (count: number, distinct: number, k: number) =>
    kMeans.unsuited({ count, distinct }, { ...options, k });
  expect(said(9, 4, 5)).toContain('only 4 rows differ');
  expect(said(9, 1, 0)).toContain('every row is the same');
  expect(said(9, 4, 4)).toBeUndefined();
});

test('shuffled columns keep what each is like, and lose what they have to do with each other', () => {
  const values = Float64Array.from(
    { length: 80 },
    (_, at) => (Math.floor(at / 2) % 2 === 0 ? 0 : 8) + ((at * 7) % 5) / 5,
  );
  const points = { count: 40, size: 2, values };
  const blocks = [
    { at: 0, width: 1 },
    { at: 1, width: 1 },
  ];
  const found = grouped(points, { k: 2 });
  const sample = inOneGo(sampleOf(points, drawnRows(40, 40, 1, 'test')));
  const chance = inOneGo(chanceOf(kMeans, points, blocks, { ...options, k: 2 }, 1));
  expect(chance.silhouettes).toHaveLength(19);
  expect(meanSilhouette(sample, found.groupOf, 2)).toBeGreaterThan(chance.silhouettes[0]! + 0.1);
  // One column alone, shuffled, is the same rows in another order.
  const same = inOneGo(chanceOf(kMeans, line(0, 1, 9, 10), [{ at: 0, width: 1 }], { ...options, k: 2 }, 1));
  for (const one of same.silhouettes) expect(one).toBeCloseTo(same.silhouettes[0]!, 12);
});

test('two ways of grouping that agree up to names have an index of 1, and rows without a value count in none', () => {
  const groups = Int32Array.of(0, 0, 1, 1, 2);
  expect(adjustedRandIndex(crossingOf([groups, 3], [Int32Array.of(2, 2, 0, 0, 1), 3]))).toBe(1);
  expect(crossingOf([groups, 3], [Int32Array.of(0, -1, 1, 1, 0), 2])).toEqual([
    [1, 0],
    [0, 2],
    [1, 0],
  ]);
});
