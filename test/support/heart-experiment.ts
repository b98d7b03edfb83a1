// Four hospitals (UCI Heart Disease), one participant each, through the real server; and each of them alone. For the
// benchmark and for the test that holds its outcome.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '#lib/core/random.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { selectExamples } from '#lib/core/data/examples.ts';
import { splitExamples } from '#lib/core/data/split.ts';
import { networkOf } from '#lib/core/model/families/index.ts';
import { buildNetwork, initialParameters } from '#lib/core/model/network.ts';
import { heartDiseaseContract } from '#lib/modalities/table/heart-disease-contract.ts';
import { readDataPath } from '#lib/adapters/node/data-path.ts';
import { createTrainer } from '#lib/adapters/tfjs/node.ts';
import { epochOrder } from '#lib/participant/batch-order.ts';
import { startState } from '#lib/participant/train-locally.ts';
import { signedIn } from './coordinator-client.ts';
import { sharedData, startCommand } from './command.ts';
import { serverProcess } from './server-process.ts';

export interface HeartResult {
  readonly hospitals: readonly { readonly name: string; readonly heldOut: number; readonly federated: number; readonly alone: number }[];
  /** Means over the four, accuracy 0–1. */
  readonly federated: number;
  readonly alone: number;
}

const names = ['cleveland', 'hungarian', 'switzerland', 'va'];
const rounds = 15;

export function heartSpecification(): FederationSpec {
  const network = networkOf('mlp', heartDiseaseContract, { hidden: [16] });
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
    family: 'mlp',
    network: network.value.spec,
    plan: { localEpochs: 2, batchSize: 16, learningRate: 0.05, optimizer: { type: 'sgd', momentum: 0 }, proximalTerm: 0, seed: 3 },
    rules: {
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

/** undefined (and a line that says so) where the data is not there. */
export async function heartExperiment(): Promise<HeartResult | undefined> {
  const files = names.map((name) => join(sharedData, 'heart-disease', `${name}.csv`));
  if (!files.every((file) => existsSync(file))) {
    console.warn(`Left out: UCI Heart Disease is not at ${join(sharedData, 'heart-disease')} (set SHARED_DATA).`);
    return undefined;
  }
  const specification = heartSpecification();
  const network = buildNetwork(specification.network);
  if (!network.ok) throw new Error(network.error.message);

  const server = await serverProcess();
  const federated = await (async () => {
    const coordinator = await signedIn(server.signInUrl);
    const { id } = await coordinator.create(specification, 'heart');
    await coordinator.act(id, 'start');
    const clients = startCommand([
      'participate', '--url', server.url, '--federation', id, '--clients', String(files.length), '--partition', 'by-file',
      '--json', ...files.flatMap((file) => ['--data', file]),
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
  const hospitals: { name: string; heldOut: number; federated: number; alone: number }[] = [];
  for (const [index, file] of files.entries()) {
    const { examples } = await readDataPath(file, heartDiseaseContract);
    if (examples === undefined) throw new Error(`${file} could not be read.`);
    const split = splitExamples(examples);
    const training = selectExamples(examples, split.training);
    const heldOut = selectExamples(examples, split.heldOut);
    const session = await trainer.open(network.value, specification.plan);
    const accuracy = async (): Promise<number> => figure(await session.evaluate(heldOut), 'accuracy') ?? Number.NaN;

    await session.setState(startState(federated));
    const together = await accuracy();

    await session.setRows(training);
    await session.setState(startState(initialParameters(network.value, specification.plan.seed)));
    const seed = random(specification.plan.seed, 'alone', index).below(4294967296);
    for (let epoch = 0; epoch < rounds * specification.plan.localEpochs; epoch += 1) {
      const order = epochOrder(seed, epoch, training.count);
      for (let from = 0; from < order.length; from += specification.plan.batchSize)
        await session.step(order.slice(from, from + specification.plan.batchSize));
    }
    hospitals.push({ name: names[index] ?? file, heldOut: heldOut.count, federated: together, alone: await accuracy() });
    session.close();
  }
  trainer.dispose();
  const mean = (pick: (hospital: (typeof hospitals)[number]) => number): number =>
    hospitals.reduce((sum, hospital) => sum + pick(hospital), 0) / hospitals.length;
  return { hospitals, federated: mean((one) => one.federated), alone: mean((one) => one.alone) };
}
