// A training step here against TensorFlow.js's own `model.fit` on the same back end: the networks of McMahan et al. 2017.
// model.fit cannot train a convolution on WASM, which has no Conv2DBackpropFilter: here it is given one, composed of Conv2D
// and transposes, so that there is something to compare with.
import * as tf from '@tensorflow/tfjs';
import { networkOf } from '../src/lib/core/model/families/index.ts';
import { initialParameters, type Network } from '../src/lib/core/model/network.ts';
import { random } from '../src/lib/core/random.ts';
import { createTrainer } from '../src/lib/adapters/engines/node.ts';
import type { Row } from './row.ts';

const ROWS = 1280;
const ROUNDS = 3;
const classes = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

interface Case {
  readonly backend: 'wasm' | 'cpu';
  readonly family: 'mlp' | 'cnn-mcmahan';
  readonly batchSize: number;
  /** In one measured round. */
  readonly steps: number;
}
const cases: readonly Case[] = [
  { backend: 'wasm', family: 'mlp', batchSize: 10, steps: 120 },
  { backend: 'wasm', family: 'mlp', batchSize: 128, steps: 10 },
  { backend: 'wasm', family: 'cnn-mcmahan', batchSize: 10, steps: 4 },
  { backend: 'cpu', family: 'mlp', batchSize: 10, steps: 20 },
  { backend: 'cpu', family: 'mlp', batchSize: 128, steps: 3 },
  // model.fit takes 15 seconds for a batch of 10 here.
  { backend: 'cpu', family: 'cnn-mcmahan', batchSize: 1, steps: 1 },
];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

/** Conv2DBackpropFilter for WASM, of Conv2D and Transpose: x with channels for its batch, dy with the batch for its channels. */
function supplyFilterGradient(): void {
  if (tf.getKernel('Conv2DBackpropFilter', 'wasm') !== undefined) return;
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs;
      const filterShape = attrs?.['filterShape'];
      if (x === undefined || dy === undefined || !Array.isArray(filterShape))
        throw new Error('Unexpected arguments.');
      const [kernelHeight = 0, kernelWidth = 0] = filterShape.map(Number);
      const [, height = 0, width = 0] = x.shape;
      const [, outputHeight = 0, outputWidth = 0] = dy.shape;
      const total = [outputHeight - 1 + kernelHeight - height, outputWidth - 1 + kernelWidth - width];
      const pads = total.map((all) => [Math.floor(all / 2), all - Math.floor(all / 2)] as [number, number]);
      return tf.tidy(() => {
        const image = tf.transpose(tf.engine().makeTensorFromTensorInfo(x), [3, 1, 2, 0]);
        const filter = tf.transpose(tf.engine().makeTensorFromTensorInfo(dy), [1, 2, 0, 3]);
        const padding = [[0, 0], ...pads, [0, 0]] as tf.backend_util.ExplicitPadding;
        const taps = tf.engine().runKernel('Conv2D', { x: image, filter }, {
          strides: [1, 1],
          dilations: [1, 1],
          pad: padding,
          dataFormat: 'NHWC',
        } as never) as tf.Tensor4D;
        return tf.transpose(taps, [1, 2, 0, 3]);
      });
    },
  });
}

/** The same network in tf.layers. */
function layersModel(network: Network): tf.Sequential {
  const model = tf.sequential();
  for (const [index, layer] of network.spec.layers.entries()) {
    const first = index === 0 ? { inputShape: network.spec.inputShape } : {};
    if (layer.type === 'flatten') model.add(tf.layers.flatten(first));
    else if (layer.type === 'dense')
      model.add(
        tf.layers.dense({
          units: layer.units,
          activation: layer.activation,
          useBias: layer.useBias,
          ...first,
        }),
      );
    else if (layer.type === 'conv2d')
      model.add(
        tf.layers.conv2d({
          filters: layer.filters,
          kernelSize: layer.kernelSize,
          strides: layer.strides,
          padding: layer.padding,
          activation: layer.activation,
          useBias: layer.useBias,
          ...first,
        }),
      );
    else if (layer.type === 'max-pool2d')
      model.add(
        tf.layers.maxPooling2d({
          poolSize: layer.poolSize,
          strides: layer.strides,
          padding: layer.padding,
          ...first,
        }),
      );
    else throw new Error(`This benchmark has no ${layer.type} layer.`);
  }
  model.compile({ optimizer: tf.train.sgd(0.05), loss: 'categoricalCrossentropy' });
  return model;
}

async function compare({ backend, family, batchSize, steps }: Case): Promise<Row> {
  const built = networkOf(family, { kind: 'image', height: 28, width: 28, channels: 1, classes });
  if (!built.ok) throw new Error(built.error.message);
  const network = built.value;
  const draw = random(1, 'training-step');
  // As MNIST: four pixels in five are black.
  const features = Uint8Array.from({ length: ROWS * 784 }, () => (draw.next() < 0.8 ? 0 : draw.below(256)));
  const targets = Int32Array.from({ length: ROWS }, () => draw.below(10));

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
  const batch = (step: number): Uint32Array =>
    Uint32Array.from({ length: batchSize }, (_, index) => (step * batchSize + index) % ROWS);
  const ours = async (count: number): Promise<number> => {
    const start = performance.now();
    for (let step = 0; step < count; step += 1) await session.step(batch(step));
    await session.takeLoss();
    return (performance.now() - start) / count;
  };

  await tf.setBackend(backend);
  if (backend === 'wasm') supplyFilterGradient();
  const model = layersModel(network);
  const count = steps * batchSize;
  const x = tf.tidy(() =>
    tf
      .tensor(features.slice(0, count * 784), [count, 28, 28, 1], 'int32')
      .toFloat()
      .div(255),
  );
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(targets.slice(0, count), 'int32'), 10).toFloat());
  const fit = async (): Promise<number> => {
    const start = performance.now();
    await model.fit(x, y, { batchSize, epochs: 1, shuffle: false, verbose: 0, yieldEvery: 'never' });
    return (performance.now() - start) / steps;
  };

  // One round each to warm up, then turn about, so that whatever else the machine does meets both alike.
  await ours(steps);
  await fit();
  const oursMs: number[] = [];
  const fitMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    oursMs.push(await ours(steps));
    fitMs.push(await fit());
  }
  tf.dispose([x, y]);
  model.dispose();
  session.close();
  const ratio = median(oursMs) / median(fitMs);
  const [ourTime, fitTime] = [median(oursMs), median(fitMs)].map((ms) =>
    ms < 100 ? ms.toFixed(1) : Math.round(ms),
  );
  const title = family === 'mlp' ? 'MLP 784-200-200-10' : 'CNN of 1.66M parameters';
  return {
    name: `A step of the ${title}, batch ${batchSize}, ${backend}: ${ourTime} ms to model.fit’s ${fitTime} ms`,
    value: Number(ratio.toFixed(2)),
    unit: '×',
    target: 'not slower: ≤ 1',
    ok: ratio <= 1,
  };
}

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of cases) rows.push(await compare(one));
  return rows;
}
