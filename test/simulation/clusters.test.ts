// k-means over participants against pooled training: the same bytes; and against a plain Lloyd that sees all rows.
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { ModelRows } from '#lib/core/aggregation/summed-model.ts';
import { clusters, type Clusters } from '#lib/core/clustering/clusters.ts';
import { ClustersSpec } from '#lib/core/clustering/spec.ts';
import type { DataContract } from '#lib/core/data/contract.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import type { ClusteringTally } from '#lib/core/metrics/tally.ts';
import { addTallies } from '#lib/core/metrics/tally-sums.ts';
import { random } from '#lib/core/random.ts';
import { readDataPath } from '#lib/adapters/node/data-path.ts';
import { sharedData } from '../contract/shared-data.ts';
import { mixedContract, mixedRows, mixedTargets, rowsBetween } from '../support/mixed-table.ts';
import { oneRound, trainSummed } from '../support/summed-training.ts';

function clustersOf(settings: v.InferInput<typeof ClustersSpec>, contract: DataContract): Clusters {
  const made = clusters(v.parse(ClustersSpec, settings), contract);
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

const last = <T>(items: readonly T[]): T => items.at(-1)!;
const contract = mixedContract(mixedTargets.two);

function centresOf(model: Clusters, version: Float32Array): number[][] {
  const centres = model.centres(version);
  if (!centres.ok) throw new Error(centres.error.message);
  const { size } = model.layout;
  return Array.from({ length: centres.value.length / size }, (_, k) => [
    ...centres.value.subarray(k * size, (k + 1) * size),
  ]);
}

function tallyOf(model: Clusters, version: Float32Array, rows: ModelRows) {
  const tally = model.evaluate(version, rows);
  if (!tally.ok) throw new Error(tally.error.message);
  return tally.value;
}

/** Two numbers, mean 0 and σ 1, and nothing else. */
const plane: DataContract = {
  kind: 'table',
  columns: ['x', 'y'].map((name) => ({
    type: 'number',
    name,
    minimum: -4,
    maximum: 4,
    missingAllowed: false,
    mean: 0,
    standardDeviation: 1,
  })),
  target: { type: 'number', name: 'z', mean: 0, standardDeviation: 1 },
};
const pointsOf = (...points: readonly (readonly [number, number])[]): ModelRows => ({
  count: points.length,
  features: Float32Array.from(points.flat()),
  targets: new Float32Array(points.length),
});

describe('federated k-means', () => {
  test('gives, bit for bit, the centres of pooled rows in every version, however they are divided', () => {
    let rounds = 0;
    fc.assert(
      fc.property(
        fc.record({
          clusters: fc.integer({ min: 2, max: 7 }),
          candidates: fc.integer({ min: 1, max: 5 }),
          iterations: fc.integer({ min: 1, max: 12 }),
          seed: fc.integer({ min: 0, max: 1000 }),
        }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 0, max: 1e6 }),
        (settings, count, seed) => {
          const model = clustersOf(settings, contract);
          const rows = mixedRows(mixedTargets.two, count, seed);
          const draw = random(seed, 'cuts');
          const cuts = [0, 0, 0, 0].map(() => draw.below(count + 1)).toSorted((a, b) => a - b);
          const parts = [0, ...cuts].map((from, i) => rowsBetween(rows, from, cuts[i] ?? count));
          const pooled = trainSummed(model, [rows]).versions;
          expect(trainSummed(model, parts.toReversed()).versions).toEqual(pooled);
          rounds += pooled.length - 1;
        },
      ),
      { seed: 4, numRuns: 60 },
    );
    expect(rounds).toBeGreaterThan(200);
  });

  test('takes the very steps of a plain Lloyd on all rows, on the same grid', () => {
    const model = clustersOf({ clusters: 5, iterations: 15, seed: 2 }, contract);
    const rows = mixedRows(mixedTargets.two, 300, 7);
    const { versions } = trainSummed(model, [rowsBetween(rows, 0, 100), rowsBetween(rows, 100, 300)]);
    const points = Array.from({ length: rows.count }, (_, row) =>
      Array.from(rows.features.subarray(row * 6, row * 6 + 6), (value) => Math.round(value * 4096) / 4096),
    );
    let centres = centresOf(model, versions[1]!);
    for (const version of versions.slice(2)) {
      const members: number[][][] = centres.map(() => []);
      for (const point of points) {
        const apart = centres.map((centre) =>
          centre.reduce((sum, value, i) => sum + (point[i]! - value) ** 2, 0),
        );
        members[apart.indexOf(Math.min(...apart))]!.push(point);
      }
      centres = centres.map((centre, k) => {
        const own = members[k]!;
        if (own.length === 0) return centre;
        return centre.map((_, i) => Math.fround(own.reduce((sum, point) => sum + point[i]!, 0) / own.length));
      });
      expect(centresOf(model, version)).toEqual(centres);
    }
    expect(versions.length).toBeGreaterThan(5);
  });

  test('finds three heaps, and inertia falls with every round', () => {
    const draw = random(5);
    const heaps = [
      [-2, -2],
      [0, 2],
      [3, -1],
    ] as const;
    const rows = pointsOf(
      ...Array.from({ length: 300 }, (_, i) => {
        const [x, y] = heaps[i % 3]!;
        return [x + 0.2 * draw.normal(), y + 0.2 * draw.normal()] as const;
      }),
    );
    const model = clustersOf({ clusters: 3, seed: 1 }, plane);
    const parts = [rowsBetween(rows, 0, 40), rowsBetween(rows, 40, 300)];
    const { versions } = trainSummed(model, parts);
    const found = centresOf(model, last(versions)).toSorted((a, b) => a[0]! - b[0]!);
    // Five standard errors of a mean of 100: 5 · 0.2 / 10.
    for (const [k, heap] of heaps.entries())
      for (const [i, value] of heap.entries()) expect(Math.abs(found[k]![i]! - value)).toBeLessThan(0.1);
    const inertia = versions.slice(1).map((version) => tallyOf(model, version, rows).squaredDistanceSum);
    for (const [i, value] of inertia.entries()) if (i > 0) expect(value).toBeLessThanOrEqual(inertia[i - 1]!);
    const [one, other] = parts.map((part) => tallyOf(model, last(versions), part));
    const tally = addTallies(one!, other!) as ClusteringTally;
    expect(tally.sizes).toEqual([100, 100, 100]);
    expect(tally.squaredDistanceSum).toBeCloseTo(last(inertia), 9);
    expect(addTallies(tally, { ...tally, sizes: [1] })).toBeUndefined();
    // Every row is as far from its nearest centre as its share of the inertia, and the heaps take turns.
    const answer = model.predict(last(versions), rows.features, rows.count);
    if (!answer.ok) throw new Error(answer.error.message);
    const distances = Array.from({ length: rows.count }, (_, row) => [
      ...answer.value.subarray(3 * row, 3 * row + 3),
    ]);
    const least = distances.reduce((total, each) => total + Math.min(...each), 0);
    expect(least).toBeCloseTo(last(inertia), 3);
    const nearest = distances.map((each) => each.indexOf(Math.min(...each)));
    expect(new Set(nearest.slice(0, 3)).size).toBe(3);
    expect(nearest.every((centre, row) => centre === nearest[row % 3])).toBe(true);
  });

  test('a centre without rows stays where it is, and a run ends where none moves', () => {
    // Both rows are nearest to one centre: it goes to their mean, (0.5, 0); the other stays.
    const model = clustersOf({ clusters: 2, candidates: 1, seed: 3 }, plane);
    const rows = pointsOf([0.25, 0], [0.75, 0]);
    const version = model.initial();
    version.set([0.5, 0.5, 3, 3], version.length - 4);
    const next = oneRound(model, version, [rows]);
    expect(centresOf(model, next)).toEqual([
      [0.5, 0],
      [3, 3],
    ]);
    expect(model.progress(next)).toMatchObject({ value: { rounds: 1, isComplete: false } });
    const after = oneRound(model, next, [rows]);
    expect(centresOf(model, after)).toEqual(centresOf(model, next));
    expect(model.progress(after)).toEqual({
      ok: true,
      value: { rounds: 30, roundsNeeded: 30, isComplete: true },
    });
    expect(oneRound(model, after, [rows])).toEqual(after);
    expect(figure(tallyOf(model, after, rows), 'inertia')).toBe(1 / 16);
    expect(figure(tallyOf(model, after, pointsOf()), 'inertia')).toBeUndefined();
  });

  test('fewer distinct rows than clusters still give as many centres', () => {
    const model = clustersOf({ clusters: 4 }, plane);
    const { versions } = trainSummed(model, [pointsOf([1, 1], [1, 1], [-1, 0])]);
    const tally = tallyOf(model, last(versions), pointsOf([1, 1], [1, 1], [-1, 0]));
    expect(tally.squaredDistanceSum).toBe(0);
    expect(tally.sizes.toSorted((a, b) => b - a)).toEqual([2, 1, 0, 0]);
  });

  test('pictures are bytes that stand for value / 255', () => {
    const pictures: DataContract = { kind: 'image', height: 1, width: 2, channels: 1, classes: ['a', 'b'] };
    const model = clustersOf({ clusters: 2, candidates: 1 }, pictures);
    const version = model.initial();
    version.set([0, 0, 1, 1], version.length - 4);
    const rows = {
      count: 3,
      features: Uint8Array.of(0, 51, 0, 51, 255, 255),
      targets: new Int32Array(3),
    };
    const [dark, bright] = centresOf(model, oneRound(model, version, [rows]));
    // 51 / 255 = 0.2 is 819.2 steps of the grid.
    expect(dark).toEqual([0, Math.fround(819 / 4096)]);
    expect(bright).toEqual([1, 1]);
  });

  test('rows and versions of other clusters are refused by what is wrong', () => {
    const model = clustersOf({ clusters: 2 }, plane);
    const message = (result: { ok: boolean; error?: { message: string } }) => result.error?.message;
    expect(message(model.update(new Float32Array(2), pointsOf([0, 0])))).toContain('the version has 2');
    expect(
      message(model.update(clustersOf({ clusters: 4, candidates: 2 }, plane).initial(), pointsOf([0, 0]))),
    ).toBe(
      "Value 1 of the version's header is 4, and these clusters expect 2. Take a version of this federation.",
    );
    expect(message(model.update(model.initial(), { ...pointsOf([0, 0]), count: 2 }))).toContain(
      'rows of 2 values',
    );
    expect(message(model.centres(model.initial()))).toContain('No centres have been chosen yet');
    expect(message(model.predict(model.initial(), Float32Array.of(0, 0), 1))).toContain('No centres');
    expect(model.evaluate(model.initial(), pointsOf([0, 0]))).toEqual({
      ok: true,
      value: { type: 'clustering', count: 0, squaredDistanceSum: 0, sizes: [0, 0] },
    });
    const pictures: DataContract = {
      kind: 'image',
      height: 1024,
      width: 1024,
      channels: 3,
      classes: ['a', 'b'],
    };
    expect(message(clusters(v.parse(ClustersSpec, {}), pictures))).toContain('Choose fewer clusters');
  });
});

const iris = sharedData('tabular/iris.csv');

test.skipIf(iris === undefined)(
  'on iris over three participants it finds the known three clusters',
  async () => {
    const { contract: ofIris, examples } = await readDataPath(iris ?? '', null);
    if (examples === undefined) throw new Error('iris could not be read');
    const parts = [0, 50, 100].map((from) => rowsBetween(examples, from, from + 50));
    const inertias = [1, 2, 3, 4, 5].map((seed) => {
      const model = clustersOf({ clusters: 3, seed }, ofIris);
      return tallyOf(model, last(trainSummed(model, parts).versions), examples).squaredDistanceSum;
    });
    // scikit-learn's KMeans(3) on StandardScaler's iris ends at 139.82, its best of ten starts.
    expect(Math.min(...inertias)).toBeGreaterThan(139.82 * 0.99);
    expect(Math.min(...inertias)).toBeLessThan(139.82 * 1.01);
  },
);
