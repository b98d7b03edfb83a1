// The network of the table, trained by the engine that the tab uses and by TensorFlow.js's own `model.fit`, turn about in one process.
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { createTrainer } from '../../src/lib/adapters/engines/node.ts';
import { optimizerLength } from '../../src/lib/core/model/optimizer.ts';
import { buildNetwork, initialParameters } from '../../src/lib/core/model/network.ts';
import { random } from '../../src/lib/core/random.ts';
import { rounded } from '../measure.ts';
import type { Row } from '../row.ts';
import { layersModel } from '../training-step/layers-model.ts';

const FEATURES = 69;
const BATCH = 32;
const STEPS = 500;
const ROUNDS = 3;
const adam = { type: 'adam' } as const;
const RATE = 0.001;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

export async function networkBesideFit(): Promise<Row[]> {
  const built = buildNetwork({
    inputShape: [FEATURES],
    layers: [
      { type: 'dense', units: 64, activation: 'relu', useBias: true },
      { type: 'dense', units: 64, activation: 'relu', useBias: true },
      { type: 'dense', units: 2, activation: 'softmax', useBias: true },
    ],
    loss: 'categorical-crossentropy',
  });
  if (!built.ok) throw new Error(built.error.message);
  const network = built.value;
  const draw = random(1, 'bench', 'plain fit');
  const count = BATCH * STEPS;
  const features = Float32Array.from({ length: count * FEATURES }, () => draw.normal());
  const targets = Int32Array.from({ length: count }, () => draw.below(2));

  const trainer = await createTrainer('simd');
  const session = await trainer.open(network, {
    learningRate: RATE,
    optimizer: adam,
    proximalTerm: 0,
    seed: 1,
  });
  await session.setRows({ count, features, targets });
  await session.setState({
    parameters: initialParameters(network, 1),
    optimizer: new Float32Array(optimizerLength(adam, network.parameterCount)),
    steps: 0,
  });
  await tf.setBackend('wasm');
  await tf.ready();
  const model = layersModel(network);
  model.compile({ optimizer: tf.train.adam(RATE), loss: 'categoricalCrossentropy' });
  const x = tf.tensor2d(features, [count, FEATURES]);
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(targets, 'int32'), 2).toFloat());
  const own: number[] = [];
  const fit: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = performance.now();
    for (let step = 0; step < STEPS; step += 1)
      await session.step(Uint32Array.from({ length: BATCH }, (_, index) => step * BATCH + index));
    await session.takeLoss();
    own.push((performance.now() - begun) / STEPS);
    const fitted = performance.now();
    await model.fit(x, y, { batchSize: BATCH, epochs: 1, shuffle: false, verbose: 0, yieldEvery: 'never' });
    fit.push((performance.now() - fitted) / STEPS);
  }
  session.close();
  const ratio = median(fit) / median(own);
  return [
    {
      name: `A step of its network (${FEATURES}-64-64-2, batches of ${BATCH}, Adam) here`,
      value: rounded(median(own), 3),
      unit: 'ms',
      target: null,
      ok: true,
    },
    {
      name: '  as fast as TensorFlow.js’s own model.fit on WebAssembly',
      value: rounded(ratio, 1),
      unit: '×',
      target: 'at least 1',
      ok: ratio >= 1,
    },
  ];
}
