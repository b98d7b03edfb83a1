// The models that are learnt from exact sums (aggregation/summed-model.ts), as federations have them. Loaded where one is worked with:
// pages that only show a federation do without.
import * as v from 'valibot';
import type { ModelProblem, SummedModel } from './aggregation/summed-model.ts';
import { clusters } from './clustering/clusters.ts';
import { ClustersSpec, roundsNeeded as roundsOfClusters } from './clustering/spec.ts';
import type { DataContract } from './data/contract.ts';
import type { SummedFamily } from './federation.ts';
import { fail, ok, type Result } from './result.ts';
import { boostedTrees } from './trees/boosted-trees.ts';
import { roundsNeeded as roundsOfTrees, TreesSpec } from './trees/spec.ts';

/** What of a federation's spec says which summed model it is. */
export type SummedSettings =
  | { readonly family: 'boosted-trees'; readonly trees: TreesSpec }
  | { readonly family: 'k-means'; readonly clusters: ClustersSpec };
export type SummedSpec = SummedSettings & { readonly contract: DataContract };

export function summedModel(spec: SummedSpec): Result<SummedModel, ModelProblem> {
  switch (spec.family) {
    case 'boosted-trees':
      return boostedTrees(spec.trees, spec.contract);
    case 'k-means':
      return clusters(spec.clusters, spec.contract);
    default:
      return spec satisfies never;
  }
}

/** Settings as typed, missing ones at their defaults. */
export function readSummedSettings(
  family: SummedFamily,
  settings: unknown,
): Result<SummedSettings, v.BaseIssue<unknown>> {
  switch (family) {
    case 'boosted-trees': {
      const read = v.safeParse(TreesSpec, settings);
      return read.success ? ok({ family, trees: read.output }) : fail(read.issues[0]);
    }
    case 'k-means': {
      const read = v.safeParse(ClustersSpec, settings);
      return read.success ? ok({ family, clusters: read.output }) : fail(read.issues[0]);
    }
    default:
      return family satisfies never;
  }
}

/** Rounds that it takes at most. */
export const roundsNeeded = (settings: SummedSettings): number =>
  settings.family === 'k-means' ? roundsOfClusters(settings.clusters) : roundsOfTrees(settings.trees);

/** What a coordinator chooses from. */
export interface SummedFamilyEntry {
  readonly name: SummedFamily;
  readonly title: string;
  /** One sentence on when to choose it. */
  readonly description: string;
  /** Every setting at its default. */
  readonly defaults: TreesSpec | ClustersSpec;
  suits(contract: DataContract): boolean;
}

export const summedFamilies: readonly SummedFamilyEntry[] = [
  {
    name: 'boosted-trees',
    title: 'Boosted trees',
    description:
      'Gradient-boosted decision trees: often the best for tables. Devices send histograms of their rows; where all take part, the trees are those of pooled rows.',
    defaults: v.parse(TreesSpec, {}),
    suits: (contract) => contract.kind === 'table',
  },
  {
    name: 'k-means',
    title: 'Clusters (k-means)',
    description:
      'Finds groups of rows that are alike, without looking at the target. Devices send counts and sums; where all take part, the centres are those of pooled rows.',
    defaults: v.parse(ClustersSpec, {}),
    suits: () => true,
  },
];

export const summedFamilyNamed = (name: string): SummedFamilyEntry | undefined =>
  summedFamilies.find((family) => family.name === name);
