// Transfer against learning from scratch, twenty pictures a class: a backbone trained on some classes, frozen, and a head on others.
import { createTrainer } from '../src/lib/adapters/engines/node.ts';
import { createSystemClock } from '../src/lib/adapters/system-clock.ts';
import type { ImageContract } from '../src/lib/core/data/contract.ts';
import type { LearnerRows } from '../src/lib/core/learners/learner.ts';
import { frozenLength, withUsualHead } from '../src/lib/core/model/backbone.ts';
import { buildNetwork, type Network } from '../src/lib/core/model/network.ts';
import type { LayerSpec } from '../src/lib/core/model/spec.ts';
import { random } from '../src/lib/core/random.ts';
import type { Result } from '../src/lib/core/result.ts';
import { createEngine } from '../src/lib/participant/engine.ts';
import { fitModel, type Fitted } from '../src/lib/participant/workbench/fit.ts';
import { ownLayers, type BenchModel } from '../src/lib/participant/workbench/models.ts';

/** Pictures as bytes [count, side, side, channels], and the class of each. */
export interface Pictures {
  readonly side: number;
  readonly channels: 1 | 3;
  readonly features: Uint8Array;
  readonly targets: ArrayLike<number>;
}

const value = <T, E>(result: Result<T, E>): T => {
  if (!result.ok) throw new Error(String(result.error));
  return result.value;
};

/** Up to `most` of each of these classes, in an order of the seed; classes are counted from the first of them. */
export function picturesOf(
  { side, channels, features, targets }: Pictures,
  classes: readonly number[],
  most: number,
  seed: number,
): LearnerRows & { readonly features: Uint8Array } {
  const size = side * side * channels;
  const order = random(seed, 'pictures').shuffle(Array.from({ length: targets.length }, (_, row) => row));
  const taken = classes.flatMap((one) => order.filter((row) => targets[row] === one).slice(0, most));
  const chosen = new Uint8Array(taken.length * size);
  for (const [at, row] of taken.entries())
    chosen.set(features.subarray(row * size, (row + 1) * size), at * size);
  return {
    count: taken.length,
    features: chosen,
    targets: Int32Array.from(taken, (row) => classes.indexOf(targets[row] ?? -1)),
  };
}

const contractOf = ({ side, channels }: Pictures, classes: readonly number[]): ImageContract => ({
  kind: 'image',
  height: side,
  width: side,
  channels,
  classes: classes.map(String),
});

/** 3 × 3, normalised, and half the side. */
const block = (filters: number): LayerSpec[] => [
  {
    type: 'conv2d',
    filters,
    kernelSize: [3, 3],
    strides: [1, 1],
    padding: 'same',
    activation: 'linear',
    useBias: false,
  },
  { type: 'batch-normalisation', momentum: 0.9, epsilon: 1e-3 },
  { type: 'activation', activation: 'relu' },
  { type: 'max-pool2d', poolSize: [2, 2], strides: [2, 2], padding: 'same' },
];
const networkOf = (
  { side, channels }: Pictures,
  classes: readonly number[],
  filters: readonly number[],
): Network => {
  const built = buildNetwork({
    inputShape: [side, side, channels],
    layers: [
      ...filters.flatMap(block),
      { type: 'global-average-pool2d' },
      { type: 'dense', units: classes.length, activation: 'softmax', useBias: true },
    ],
    loss: 'categorical-crossentropy',
  });
  if (!built.ok) throw new Error(built.error.message);
  return built.value;
};

export interface TransferTask {
  readonly training: Pictures;
  readonly test: Pictures;
  /** Of the backbone, and of the head. */
  readonly classes: readonly [readonly number[], readonly number[]];
  /** Of each class: for the backbone, and to judge by. */
  readonly rows: readonly [number, number];
  readonly filters: readonly number[];
  readonly epochs: { readonly backbone: number; readonly head: number; readonly scratch: number };
  readonly seed: number;
}

/** Shares of test pictures that are told right, and whether the frozen layers came out as they went in. */
export async function transferAgainstScratch(task: TransferTask) {
  const { training, test, classes, rows, filters, epochs, seed } = task;
  // All but the answer.
  const layers = 4 * filters.length + 1;
  const clock = createSystemClock();
  const fit = async (
    model: BenchModel,
    of: readonly number[],
    given: LearnerRows,
    passes: number,
  ): Promise<Fitted> =>
    value(
      await fitModel(
        {
          model,
          options: { epochs: passes, batch: 20, rate: 0.002 },
          contract: contractOf(training, of),
          rows: given,
          seed,
        },
        {
          clock,
          openEngine: async () =>
            createEngine({ backend: 'simd', description: '', reason: '', reports: [] }, createTrainer),
        },
      ),
    );
  try {
    const [known, own] = classes;
    const whole = networkOf(training, known, filters);
    const backbone = await fit(
      ownLayers(whole.spec),
      known,
      picturesOf(training, known, rows[0], seed),
      epochs.backbone,
    );
    backbone.close();
    const few = picturesOf(training, own, 20, seed);
    const judged = picturesOf(test, own, rows[1], seed);
    const share = async (fitted: Fitted): Promise<number> => {
      const outputs = await fitted.predict(judged.features, judged.count);
      fitted.close();
      let hits = 0;
      for (let row = 0; row < judged.count; row += 1) {
        const shares = [...outputs.subarray(row * own.length, (row + 1) * own.length)];
        if (shares.indexOf(Math.max(...shares)) === judged.targets[row]) hits += 1;
      }
      return hits / judged.count;
    };
    const [learnt] = backbone.learnt;
    if (!(learnt instanceof Float32Array)) throw new Error('A network has learnt f32.');
    const parameters = learnt.slice(0, frozenLength(whole, layers));
    const spec = value(withUsualHead(whole, layers, contractOf(training, own)));
    const transferred = await fit(ownLayers(spec, { layers, parameters }), own, few, epochs.head);
    const [after] = transferred.learnt;
    const isFrozen =
      after instanceof Float32Array && parameters.every((one, at) => Object.is(one, after[at]));
    const scratch = await fit(ownLayers(networkOf(training, own, filters).spec), own, few, epochs.scratch);
    return {
      transfer: await share(transferred),
      scratch: await share(scratch),
      isFrozen,
      judged: judged.count,
    };
  } finally {
    clock.close();
  }
}
