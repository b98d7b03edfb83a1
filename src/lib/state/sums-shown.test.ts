import * as v from 'valibot';
import { expect, test } from 'vitest';
import { exampleSpec } from '../../../test/simulation/example-spec.ts';
import { clusters as clustersOf } from '../core/clustering/clusters.ts';
import { exactSumAt, WORDS } from '../core/aggregation/exact-words.ts';
import { addChunk, fixedPointSum } from '../core/aggregation/fixed-point-sum.ts';
import { FederationSpec, type SummedFederation } from '../core/federation.ts';
import { GRID } from '../core/clustering/nearest.ts';
import { usualSecureSum } from '../core/secure-sum/rules.ts';
import { sumsShown } from './sums-shown.ts';

const { family: _, network: __, plan: ___, ...rest } = exampleSpec();
const read = (spec: unknown): SummedFederation => v.parse(FederationSpec, spec) as SummedFederation;
const ofTrees = read({ ...rest, family: 'boosted-trees', trees: { bins: 16, depth: 3 } });
const ofClusters = read({
  ...rest,
  family: 'k-means',
  clusters: { clusters: 3, candidates: 1 },
  metric: { name: 'inertia', target: null },
});

test('sums of each kind are said to show what they show, and why no picture is made', () => {
  expect(sumsShown(ofTrees).join(' ')).toMatch(
    /16 bins .* up to 3 splits deep: a branch that only one of your rows reaches/,
  );
  expect(sumsShown(ofClusters).join(' ')).toMatch(
    /nearest of 3 centres, .* The sum of a group of one is that row, exactly/,
  );
  for (const spec of [ofTrees, ofClusters]) {
    expect(sumsShown(spec).join(' ')).toContain('no preview of it');
    expect(sumsShown(spec).at(-1)).toContain('the server reads your sums by themselves');
    expect(sumsShown({ ...spec, secureSum: usualSecureSum }).at(-1)).toContain('and no single one');
  }
});

test('the sum of a group of one is that row, as is said', () => {
  const spec = ofClusters as Extract<SummedFederation, { clusters: unknown }>;
  const model = clustersOf(spec.clusters, spec.contract);
  if (!model.ok) throw new Error(model.error.message);
  const row = Float32Array.of(0.3125, -1.5);
  const update = model.value.update(model.value.initial(), {
    count: 1,
    features: row,
    targets: Int32Array.of(0),
  });
  if (!update.ok) throw new Error(update.error.message);
  const { points, size } = model.value.layout;
  const words = fixedPointSum(update.value.length, 2 ** -40);
  addChunk(words, 0, update.value, 1, 1);
  const values = Array.from({ length: points * (size + 1) }, (_value, i) => exactSumAt(words, i * WORDS));
  const group = Array.from({ length: points }, (_value, i) =>
    values.slice(i * (size + 1), (i + 1) * (size + 1)),
  ).find(([count]) => count === 1);
  expect(group?.slice(1).map((value) => value * GRID)).toEqual([...row]);
});
