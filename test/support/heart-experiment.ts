// Four hospitals (UCI Heart Disease), one participant each, through the real server; and each of them alone. For the
// benchmark and for the test that holds its outcome.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '#lib/core/random.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import * as v from 'valibot';
import {
  exactAveraging,
  plainRounds,
  type NetworkFederation,
  type PinnedRecipe,
} from '#lib/core/federation.ts';
import { modelContract } from '#lib/core/recipe/model-contract.ts';
import { VersionNumber } from '#lib/core/ids.ts';
import { pinFromSurvey, usualShared } from '#lib/core/recipe/shared-recipe.ts';
import { layoutOf, measureSurvey, readSurvey } from '#lib/core/statistics/survey.ts';
import { questionOf } from '#lib/core/statistics/usual-question.ts';
import { preparing } from '#lib/participant/prepared-rows.ts';
import { selectExamples, type Examples } from '#lib/core/data/examples.ts';
import { splitExamples } from '#lib/core/data/split.ts';
import { networkOf } from '#lib/core/model/families/index.ts';
import { buildNetwork, initialParameters } from '#lib/core/model/network.ts';
import { heartDiseaseContract } from '#lib/modalities/table/heart-disease-contract.ts';
import { readDataPath } from '#lib/adapters/node/data-path.ts';
import { createTrainer } from '#lib/adapters/engines/node.ts';
import { epochOrder } from '#lib/participant/batch-order.ts';
import { startState } from '#lib/participant/train-locally.ts';
import type { Rows } from '#lib/ports/trainer.ts';
import { signedIn } from './coordinator-client.ts';
import { sharedData, startCommand } from './command.ts';
import { serverProcess } from './server-process.ts';

/** Accuracies, 0–1, on the held-out rows of one hospital. */
export interface HospitalScores {
  readonly name: string;
  readonly heldOut: number;
  readonly federated: number;
  /** The model that this hospital trained alone. */
  readonly ownAlone: number;
  /** The mean over the four models that the hospitals trained alone. */
  readonly meanAlone: number;
}

export interface HeartResult {
  readonly hospitals: readonly HospitalScores[];
  /** Means over the four hospitals. */
  readonly federated: number;
  readonly ownAlone: number;
  readonly meanAlone: number;
}

const names = ['cleveland', 'hungarian', 'switzerland', 'va'];
const rounds = 15;

export function heartSpecification(recipe?: PinnedRecipe): NetworkFederation {
  const prepared = recipe === undefined ? {} : { recipe };
  const seen = modelContract({ contract: heartDiseaseContract, ...prepared });
  const network = networkOf('mlp', seen, { hidden: [64] });
  if (!network.ok) throw new Error(network.error.message);
  return {
    brief: {
      title: 'Heart disease',
      purpose: 'Tells healthy from diseased hearts, by what four hospitals have seen.',
      coordinator: 'The benchmark',
      dataWanted: 'UCI Heart Disease, 14 attributes.',
    },
    metric: { name: 'accuracy', target: null },
    contract: heartDiseaseContract,
    ...prepared,
    family: 'mlp',
    network: network.value.spec,
    plan: {
      localEpochs: 1,
      batchSize: 16,
      learningRate: 0.05,
      optimizer: { type: 'sgd', momentum: 0 },
      proximalTerm: 0,
      seed: 3,
    },
    ...exactAveraging,
    rules: {
      ...plainRounds,
      goal: names.length,
      minimum: names.length,
      overSelection: 1,
      selectionDeadlineMs: 60_000,
      reportingDeadlineMs: 60_000,
      pauseMs: 0,
      maximumRounds: rounds,
    },
    sample: null,
  };
}

/** What the sums over the rows of all sites teach, as a survey without noise tells them. */
function sharedRecipe(sites: readonly Examples[]): PinnedRecipe {
  const contract = heartDiseaseContract;
  const question = questionOf('data', contract, { version: v.parse(VersionNumber, 0), column: '' });
  const layout = layoutOf(question, contract);
  const values = measureSurvey(
    layout,
    sites.map(({ count, features, targets }) => ({
      contract,
      count,
      features: Float32Array.from(features),
      targets,
    })),
    undefined,
  );
  const figures = readSurvey(layout, contract, { values, devices: sites.length, deviations: [] });
  const fit = pinFromSurvey(usualShared(contract), contract, { figures, from: 'sums of the four hospitals' });
  if (!fit.ok) throw new Error(fit.error.message);
  return fit.value.pinned;
}

/** `isPrepared`: by a recipe that all share. undefined (and a line that says so) where the data is not there. */
export async function heartExperiment(isPrepared = false): Promise<HeartResult | undefined> {
  const files = names.map((name) => join(sharedData, 'heart-disease', `${name}.csv`));
  if (!files.every((file) => existsSync(file))) {
    console.warn(
      `Left out: UCI Heart Disease is not at ${join(sharedData, 'heart-disease')} (set SHARED_DATA).`,
    );
    return undefined;
  }
  const read = await Promise.all(
    files.map(async (file) => {
      const { examples } = await readDataPath(file, heartDiseaseContract);
      if (examples === undefined) throw new Error(`${file} could not be read.`);
      return examples;
    }),
  );
  const specification = heartSpecification(isPrepared ? sharedRecipe(read) : undefined);
  const opened =
    specification.recipe === undefined ? undefined : preparing(specification, specification.recipe);
  if (opened?.ok === false) throw new Error(opened.error);
  const network = buildNetwork(specification.network);
  if (!network.ok) throw new Error(network.error.message);

  const server = await serverProcess();
  const federated = await (async () => {
    const coordinator = await signedIn(server.signInUrl);
    const { id } = await coordinator.create(specification, 'heart');
    await coordinator.act(id, 'start');
    const clients = startCommand([
      'participate',
      '--url',
      server.url,
      '--federation',
      id,
      '--clients',
      String(files.length),
      '--partition',
      'by-file',
      '--json',
      ...files.flatMap((file) => ['--data', file]),
    ]);
    try {
      await coordinator.until(id, (view) => view.state === 'finished', 120_000);
      const last = (await coordinator.versions(id)).at(-1);
      if (last === undefined) throw new Error('no version');
      return await coordinator.parameters(last);
    } finally {
      await clients.stop();
    }
  })().finally(() => server.close());

  const trainer = await createTrainer('wasm');
  const session = await trainer.open(network.value, specification.plan);
  const sites = read.map((examples) => {
    const split = splitExamples(examples);
    const seen = opened?.value.rows(examples) ?? examples;
    return {
      training: selectExamples(seen, split.training),
      heldOut: selectExamples(seen, split.heldOut),
    };
  });

  /** The same plan, and as many epochs as all rounds together have. */
  const trainAlone = async (rows: Rows, index: number): Promise<Float32Array<ArrayBuffer>> => {
    const { batchSize, localEpochs, seed } = specification.plan;
    await session.setRows(rows);
    await session.setState(startState(initialParameters(network.value, seed)));
    const order = random(seed, 'alone', index).below(4294967296);
    for (let epoch = 0; epoch < rounds * localEpochs; epoch += 1) {
      const rowsInOrder = epochOrder(order, epoch, rows.count);
      for (let from = 0; from < rows.count; from += batchSize)
        await session.step(rowsInOrder.slice(from, from + batchSize));
    }
    return (await session.state()).parameters;
  };
  const accuracy = async (parameters: Float32Array<ArrayBuffer>, rows: Rows): Promise<number> => {
    await session.setState(startState(parameters));
    return figure(await session.evaluate(rows), 'accuracy') ?? Number.NaN;
  };

  const alone: Float32Array<ArrayBuffer>[] = [];
  for (const [index, site] of sites.entries()) alone.push(await trainAlone(site.training, index));
  const hospitals: HospitalScores[] = [];
  for (const [index, site] of sites.entries()) {
    const scores: number[] = [];
    for (const parameters of alone) scores.push(await accuracy(parameters, site.heldOut));
    hospitals.push({
      name: names[index] ?? '',
      heldOut: site.heldOut.count,
      federated: await accuracy(federated, site.heldOut),
      ownAlone: scores[index] ?? Number.NaN,
      meanAlone: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    });
  }
  session.close();
  trainer.dispose();
  const mean = (pick: (hospital: HospitalScores) => number): number =>
    hospitals.reduce((sum, hospital) => sum + pick(hospital), 0) / hospitals.length;
  return {
    hospitals,
    federated: mean((one) => one.federated),
    ownAlone: mean((one) => one.ownAlone),
    meanAlone: mean((one) => one.meanAlone),
  };
}
