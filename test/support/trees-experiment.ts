// Boosted trees on real tables: over participants and pooled, on the same bins; and each participant alone. For the benchmark and
// for the test that holds its outcome.
import * as v from 'valibot';
import type { ModelRows } from '#lib/core/aggregation/summed-model.ts';
import type { DataContract } from '#lib/core/data/contract.ts';
import { joinExamples, selectExamples, type Examples } from '#lib/core/data/examples.ts';
import { partition } from '#lib/core/data/partition.ts';
import { splitExamples } from '#lib/core/data/split.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import { boostedTrees } from '#lib/core/trees/boosted-trees.ts';
import { TreesSpec } from '#lib/core/trees/spec.ts';
import { readDataPath } from '#lib/adapters/node/data-path.ts';
import { heartDiseaseContract } from '#lib/modalities/table/heart-disease-contract.ts';
import { trainSummed } from './summed-training.ts';

export interface TreesResult {
  readonly participants: number;
  readonly trainingRows: number;
  readonly heldOutRows: number;
  readonly rounds: number;
  /** Versions, of all that were made, that differ in a byte from pooled training's. */
  readonly versionsThatDiffer: number;
  readonly updateBytes: number;
  /** On the held-out rows of all participants; loss in nats. */
  readonly federated: Scores;
  /** The mean over models that each participant grew alone, as many stages, on its own bins. */
  readonly meanAlone: Scores;
  /** The larger class's share of the held-out rows. */
  readonly majority: number;
}

interface Scores {
  readonly accuracy: number;
  readonly loss: number;
}

/** The four hospitals; `files` in any order. */
export async function treesOnHeart(files: readonly string[]): Promise<TreesResult> {
  const sites: Examples[] = [];
  for (const file of files) sites.push(await examplesOf(file, heartDiseaseContract));
  return compare(heartDiseaseContract, sites, { stages: 60, depth: 3, learningRate: 0.1 });
}

/** The census, spread over participants by a Dirichlet draw on its two classes. */
export async function treesOnAdult(file: string, participants: number): Promise<TreesResult> {
  const { contract, examples } = await readDataPath(file, null);
  if (examples === undefined) throw new Error(`${file} could not be read.`);
  const parts = partition(examples, participants, { type: 'dirichlet', concentration: 0.5 }, 1);
  if (!parts.ok) throw new Error(parts.error.message);
  const sites = parts.value.map((rows) => selectExamples(examples, rows));
  return compare(contract, sites, { stages: 40, depth: 5, learningRate: 0.3 });
}

async function examplesOf(file: string, contract: DataContract): Promise<Examples> {
  const { examples } = await readDataPath(file, contract);
  if (examples === undefined) throw new Error(`${file} could not be read.`);
  return examples;
}

function compare(
  contract: DataContract,
  sites: readonly Examples[],
  settings: v.InferInput<typeof TreesSpec>,
): TreesResult {
  const trees = boostedTrees(v.parse(TreesSpec, settings), contract);
  if (!trees.ok) throw new Error(trees.error.message);
  const model = trees.value;
  const splits = sites.map((site) => splitExamples(site));
  const training = sites.map((site, i) => selectExamples(site, splits[i]!.training));
  const heldOut = joinExamples(sites.map((site, i) => selectExamples(site, splits[i]!.heldOut)))!;
  const together = joinExamples(training)!;

  const federated = trainSummed(model, training).versions;
  const pooled = trainSummed(model, [together]).versions;
  const differ = (one: Float32Array, other: Float32Array | undefined): boolean =>
    other === undefined || one.some((value, i) => !Object.is(value, other[i]));
  const scoresOf = (rows: readonly ModelRows[]): Scores => score(trainSummed(model, rows).versions.at(-1)!);
  const score = (parameters: Float32Array): Scores => {
    const tally = model.evaluate(parameters, heldOut);
    if (!tally.ok) throw new Error(tally.error.message);
    return { accuracy: figure(tally.value, 'accuracy')!, loss: figure(tally.value, 'loss')! };
  };
  const alone = training.map((rows) => scoresOf([rows]));
  const mean = (pick: (scores: Scores) => number): number =>
    alone.reduce((sum, one) => sum + pick(one), 0) / alone.length;
  const positive = Array.from(heldOut.targets).filter((target) => target === 1).length / heldOut.count;
  return {
    participants: sites.length,
    trainingRows: together.count,
    heldOutRows: heldOut.count,
    rounds: federated.length - 1,
    versionsThatDiffer: federated.filter((version, i) => differ(version, pooled[i])).length,
    updateBytes: 4 * model.updateLength,
    federated: score(federated.at(-1)!),
    meanAlone: { accuracy: mean((one) => one.accuracy), loss: mean((one) => one.loss) },
    majority: Math.max(positive, 1 - positive),
  };
}
