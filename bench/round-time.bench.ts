// How long a device trains in a round, foreseen by the self-test on the model before anything is trained, against how long it took: three
// models, from a few to a million parameters. Of an idle machine: what else runs takes from one and not from the other.
import { availableBackends, createTrainer } from '../src/lib/adapters/engines/node.ts';
import { createSystemClock } from '../src/lib/adapters/system-clock.ts';
import { digestOfText } from '../src/lib/core/digest.ts';
import { forecastDevice } from '../src/lib/core/forecast/forecast.ts';
import { initialParameters } from '../src/lib/core/model/network.ts';
import { networkOf } from '../src/lib/core/model/families/index.ts';
import { drawnDigitsContract } from '../src/lib/modalities/image/sample-drawn-digits.ts';
import { measuredEngines } from '../src/lib/participant/choose-backend.ts';
import { createEngine } from '../src/lib/participant/engine.ts';
import { trainLocally } from '../src/lib/participant/train-locally.ts';
import { createTrainingControl } from '../src/lib/participant/training-control.ts';
import { random } from '../src/lib/core/random.ts';
import { rounded } from './measure.ts';
import type { Row } from './row.ts';

const ROWS = 10_000;
const plan = {
  localEpochs: 5,
  batchSize: 20,
  learningRate: 0.01,
  optimizer: { type: 'sgd', momentum: 0 } as const,
  proximalTerm: 0,
  seed: 1,
};
const models = [
  ['softmax-regression', {}],
  ['mlp', { hidden: [200, 200] }],
  ['mlp', { hidden: [800, 400] }],
] as const;

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  const draw = random(1, 'round-time');
  const training = {
    count: ROWS,
    features: Uint8Array.from({ length: ROWS * 784 }, () => draw.below(256)),
    targets: Int32Array.from({ length: ROWS }, () => draw.below(10)),
    hashes: Uint32Array.from({ length: 2 * ROWS }, () => draw.below(2 ** 32)),
  };
  for (const [family, options] of models) {
    const made = networkOf(family, drawnDigitsContract, options);
    if (!made.ok) throw new Error(made.error.message);
    const network = made.value;
    const engines = measuredEngines(createTrainer, availableBackends);
    const choice = await engines.choose(network, plan.batchSize, null);
    const report = choice.reports.find((one) => one.backend === choice.backend);
    if (report?.passed !== true) throw new Error('No engine passed the self-test.');
    const foreseen = forecastDevice(plan, 1, ROWS, report.stepMs, { update: 0, version: 0, step: 0 }).roundMs;
    const engine = createEngine(choice, createTrainer);
    const started = performance.now();
    await trainLocally(
      {
        key: 'bench',
        settings: digestOfText(family),
        network,
        plan,
        training,
        heldOut: null,
        metric: 'loss',
        base: initialParameters(network, 1),
        checkpoint: undefined,
      },
      {
        engine,
        clock: createSystemClock(),
        control: createTrainingControl(),
        saveCheckpoint: async () => {},
        onProgress: () => {},
        onNotice: () => {},
      },
    );
    const ratio = foreseen / (performance.now() - started);
    engine.dispose();
    rows.push({
      name: `${network.parameterCount} parameters, ${choice.backend}: foreseen / measured`,
      value: rounded(ratio),
      unit: '×',
      target: '0.65 to 1.35',
      ok: ratio >= 0.65 && ratio <= 1.35,
    });
  }
  return rows;
}
