// One training step on every engine of a device against TensorFlow.js's own `model.fit` on the back end that it is fastest
// on there, all in one run: the networks of McMahan et al. 2017.
import * as tf from '@tensorflow/tfjs';
import { networkOf } from '../../src/lib/core/model/families/index.ts';
import { initialParameters, type Network } from '../../src/lib/core/model/network.ts';
import { random } from '../../src/lib/core/random.ts';
import { chooseBackend } from '../../src/lib/participant/choose-backend.ts';
import type { BackendName, Trainer, TrainerSession } from '../../src/lib/ports/trainer.ts';
import type { Row } from '../row.ts';
import { layersModel, supplyFilterGradient } from './layers-model.ts';

const ROWS = 1280;
const ROUNDS = 3;
const classes = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

const models = {
  'softmax-regression': { family: 'softmax-regression', options: {}, title: 'Softmax regression 784-10' },
  mlp: { family: 'mlp', options: {}, title: 'MLP 784-200-200-10' },
  'small-cnn': {
    family: 'cnn-mcmahan',
    options: { filters: [8, 16], units: 32 },
    title: 'CNN of 8 and 16 filters and 32 units',
  },
  'cnn-mcmahan': { family: 'cnn-mcmahan', options: {}, title: 'CNN of 1.66M parameters' },
} as const;

export interface EngineCase {
  readonly backend: BackendName;
  /** Left out where it is shown beside the others, with nothing to reach. */
  readonly timesAsFast?: number;
  /** Its step goes on after it has returned, out of sight of a stopwatch: its JavaScript is not compared. */
  readonly hidesScript?: true;
}

export interface Case {
  readonly model: keyof typeof models;
  readonly batchSize: number;
  /** In one measured round. */
  readonly steps: number;
  /** TensorFlow.js's back end for model.fit. */
  readonly fit: 'wasm' | 'cpu' | 'webgl' | 'webgpu';
  readonly engines: readonly EngineCase[];
  /** Whether the JavaScript of a step is compared too: on graphics devices, which work while the host goes on. */
  readonly script?: true;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
const shown = (ms: number): string => (ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0));

function networkFor(model: Case['model']): Network {
  const { family, options } = models[model];
  const built = networkOf(family, { kind: 'image', height: 28, width: 28, channels: 1, classes }, options);
  if (!built.ok) throw new Error(built.error.message);
  return built.value;
}

function exampleRows(): { readonly features: Uint8Array; readonly targets: Int32Array } {
  const draw = random(1, 'training-step');
  return {
    // As MNIST: four pixels in five are black.
    features: Uint8Array.from({ length: ROWS * 784 }, () => (draw.next() < 0.8 ? 0 : draw.below(256))),
    targets: Int32Array.from({ length: ROWS }, () => draw.below(10)),
  };
}

interface Contestant {
  readonly description: string;
  readonly timesAsFast: number | undefined;
  readonly hidesScript: boolean;
  readonly session: TrainerSession;
  readonly trainer: Trainer;
  /** Milliseconds a step of each round: in all, and in JavaScript until the device has it, the asking for the loss included. */
  readonly ms: number[];
  readonly scriptMs: number[];
}

/** Every engine and model.fit turn about, so that whatever else the machine does meets all alike. */
export async function compare(
  { model: name, batchSize, steps, fit, engines, script: comparesScript }: Case,
  createTrainer: (backend: BackendName) => Promise<Trainer>,
): Promise<Row[]> {
  const network = networkFor(name);
  const { features, targets } = exampleRows();
  const contestants: Contestant[] = [];
  for (const { backend, timesAsFast, hidesScript = false } of engines) {
    const trainer = await createTrainer(backend);
    const session = await trainer.open(network, {
      learningRate: 0.05,
      optimizer: { type: 'sgd', momentum: 0 },
      proximalTerm: 0,
      seed: 1,
    });
    await session.setRows({ count: ROWS, features, targets });
    await session.setState({
      parameters: initialParameters(network, 1),
      optimizer: new Float32Array(0),
      steps: 0,
    });
    const { description } = trainer;
    contestants.push({ description, timesAsFast, hidesScript, session, trainer, ms: [], scriptMs: [] });
  }
  const batch = (step: number): Uint32Array =>
    Uint32Array.from({ length: batchSize }, (_, index) => (step * batchSize + index) % ROWS);
  const train = async ({ session, ms, scriptMs }: Contestant): Promise<void> => {
    const start = performance.now();
    let script = 0;
    for (let step = 0; step < steps; step += 1) {
      const indices = batch(step);
      const called = performance.now();
      const stepped = session.step(indices);
      script += performance.now() - called;
      await stepped;
    }
    const called = performance.now();
    const taken = session.takeLoss();
    script += performance.now() - called;
    await taken;
    ms.push((performance.now() - start) / steps);
    scriptMs.push(script / steps);
  };

  await tf.setBackend(fit);
  if (fit === 'wasm') supplyFilterGradient();
  const model = layersModel(network);
  const count = steps * batchSize;
  const x = tf.tidy(() =>
    tf
      .tensor(features.slice(0, count * 784), [count, 28, 28, 1], 'int32')
      .toFloat()
      .div(255),
  );
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(targets.slice(0, count), 'int32'), 10).toFloat());
  const fitMs: number[] = [];
  const fitModel = async (): Promise<void> => {
    const start = performance.now();
    await model.fit(x, y, { batchSize, epochs: 1, shuffle: false, verbose: 0, yieldEvery: 'never' });
    fitMs.push((performance.now() - start) / steps);
  };

  const tfScriptMs: number[] = [];
  /** The same step by TensorFlow.js's optimizer, until it returns: model.fit does no less. */
  const minimize = async (): Promise<void> => {
    const optimizer = tf.train.sgd(0.05);
    const [rows, truth] = [x.slice([0], [batchSize]), y.slice([0], [batchSize])];
    const start = performance.now();
    for (let step = 0; step < steps; step += 1)
      optimizer.minimize(() => {
        const outputs = model.apply(rows, { training: true });
        if (!(outputs instanceof tf.Tensor)) throw new Error('The model has one output.');
        return tf.losses.softmaxCrossEntropy(truth, outputs);
      });
    tfScriptMs.push((performance.now() - start) / steps);
    await model.layers.at(-1)?.getWeights()[0]?.data();
    tf.dispose([rows, truth]);
  };

  // The first round warms up: engines compile while they run.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const one of contestants) await train(one);
    await fitModel();
    if (comparesScript === true) await minimize();
  }
  tf.dispose([x, y]);
  model.dispose();
  for (const { session, trainer } of contestants) {
    session.close();
    trainer.dispose();
  }
  const { title } = models[name];
  const reference = median(fitMs.slice(1));
  return contestants.flatMap(({ description, timesAsFast, hidesScript, ms, scriptMs }): Row[] => {
    const [own, script] = [median(ms.slice(1)), median(scriptMs.slice(1))];
    const ratio = reference / own;
    const whole = {
      name: `${title}, batch ${batchSize}, ${description}: ${shown(own)} ms a step, model.fit on ${fit} ${shown(reference)} ms`,
      value: Number(ratio.toFixed(2)),
      unit: '× as fast',
      target: timesAsFast === undefined ? null : `≥ ${timesAsFast}`,
      ok: ratio >= (timesAsFast ?? 0),
    };
    if (comparesScript !== true || hidesScript) return [whole];
    const tfScript = median(tfScriptMs.slice(1));
    return [
      whole,
      {
        name: `${title}, batch ${batchSize}, ${description}: ${shown(script)} ms of JavaScript a step, TensorFlow.js ${shown(tfScript)} ms`,
        value: Number((tfScript / script).toFixed(2)),
        unit: '× less',
        target: '≥ 5',
        ok: tfScript / script >= 5,
      },
    ];
  });
}

/** The engine that the self-test chooses of `backends`, named. */
export async function chosen(
  model: Case['model'],
  batchSize: number,
  backends: readonly BackendName[],
  createTrainer: (backend: BackendName) => Promise<Trainer>,
): Promise<Row> {
  const network = networkFor(model);
  const choice = await chooseBackend({ network, batchSize, preferred: null, backends, createTrainer });
  const best = choice.reports.find((report) => report.backend === choice.backend);
  return {
    name: `Chosen for ${model}, batch ${batchSize}: ${choice.description}`,
    value: best?.passed === true ? Number(best.stepMs.toFixed(2)) : NaN,
    unit: 'ms a step',
    target: null,
    ok: best?.passed === true,
  };
}
