// Files of a model as other tools read them: TF.js loads the layers model and predicts what the reference predicts; and bytes
// that must never change by accident.
import { bytesToHex } from '@noble/hashes/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { networkOf } from '../../src/lib/core/model/families/index.ts';
import { readTopology, writeLayersModel } from '../../src/lib/core/model/keras.ts';
import { buildNetwork, initialParameters, type Network } from '../../src/lib/core/model/network.ts';
import { forward } from '../../src/lib/core/model/reference/passes.ts';
import { softmaxRows } from '../../src/lib/core/model/head.ts';
import { writeSafetensors } from '../../src/lib/core/model/safetensors.ts';
import type { NetworkSpec } from '../../src/lib/core/model/spec.ts';
import { random } from '../../src/lib/core/random.ts';

const built = (spec: NetworkSpec): Network => {
  const result = buildNetwork(spec);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

const everyLayer = built({
  inputShape: [11, 10, 2],
  layers: [
    {
      type: 'conv2d',
      filters: 3,
      kernelSize: [3, 2],
      strides: [2, 1],
      padding: 'same',
      activation: 'tanh',
      useBias: true,
    },
    { type: 'average-pool2d', poolSize: [2, 2], strides: [1, 1], padding: 'same' },
    {
      type: 'conv2d',
      filters: 4,
      kernelSize: [2, 3],
      strides: [1, 2],
      padding: 'valid',
      activation: 'relu',
      useBias: false,
    },
    { type: 'max-pool2d', poolSize: [2, 2], strides: [2, 2], padding: 'same' },
    { type: 'dropout', rate: 0.3 },
    { type: 'activation', activation: 'sigmoid' },
    { type: 'flatten' },
    { type: 'dense', units: 6, activation: 'sigmoid', useBias: true },
    { type: 'dense', units: 4, activation: 'softmax', useBias: true },
  ],
  loss: 'categorical-crossentropy',
});
const globalPool = built({
  inputShape: [6, 6, 1],
  layers: [
    {
      type: 'conv2d',
      filters: 3,
      kernelSize: [3, 3],
      strides: [1, 1],
      padding: 'same',
      activation: 'linear',
      useBias: true,
    },
    { type: 'global-average-pool2d' },
    { type: 'dense', units: 1, activation: 'linear', useBias: true },
  ],
  loss: 'mean-squared-error',
});

const normalised = { type: 'batch-normalisation', momentum: 0.9, epsilon: 0.01 } as const;
const normalisation = built({
  inputShape: [6, 5, 2],
  layers: [
    {
      type: 'conv2d',
      filters: 3,
      kernelSize: [3, 3],
      strides: [1, 1],
      padding: 'same',
      activation: 'linear',
      useBias: false,
    },
    normalised,
    { type: 'activation', activation: 'relu' },
    { type: 'flatten' },
    normalised,
    { type: 'dense', units: 3, activation: 'softmax', useBias: true },
  ],
  loss: 'categorical-crossentropy',
});

const sequences = built({
  inputShape: [4, 3, 2],
  layers: [
    { type: 'reshape', shape: [4, 6] },
    { type: 'gru', units: 5, returnSequences: true, resetAfter: false },
    { type: 'layer-normalisation', epsilon: 1e-3 },
    { type: 'lstm', units: 4, returnSequences: true },
    { type: 'step-dense', units: 3, activation: 'tanh', useBias: true },
    { type: 'lstm', units: 3, returnSequences: false },
    { type: 'dense', units: 3, activation: 'softmax', useBias: true },
  ],
  loss: 'categorical-crossentropy',
});
const tokens = built({
  inputShape: [5],
  layers: [
    { type: 'embedding', vocabulary: 7, units: 4 },
    { type: 'gru', units: 3, returnSequences: true, resetAfter: false },
    { type: 'global-average-pool1d' },
    { type: 'dense', units: 2, activation: 'softmax', useBias: true },
  ],
  loss: 'categorical-crossentropy',
});

describe('an exported layers model', () => {
  test.each([
    ['every kind of layer', everyLayer],
    ['a regression by global pooling', globalPool],
    ['normalisation', normalisation],
    ['sequences', sequences],
    ['tokens', tokens],
  ])('predicts in TF.js what the reference predicts: %s', async (_, network) => {
    await tf.setBackend('cpu');
    const parameters = initialParameters(network, 4).map((value, index) => value + 0.01 * (index % 7));
    const files = writeLayersModel(network, parameters, 'Digits · version 12');
    const { modelTopology, weightsManifest } = JSON.parse(files.modelJson) as {
      modelTopology: object;
      weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
    };
    expect(weightsManifest[0]?.paths).toEqual([files.weightsPath]);
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({
        modelTopology,
        weightSpecs: weightsManifest[0]?.weights ?? [],
        weightData: files.weights.buffer,
      }),
    );
    expect(model.countParams()).toBe(network.parameterCount);

    const draw = random(9, 'images');
    const size = network.spec.inputShape.reduce((total, side) => total * side, 1);
    const features = Float32Array.from({ length: 5 * size }, () =>
      network === tokens ? draw.below(7) : draw.next(),
    );
    const output = model.predict(tf.tensor(features, [5, ...network.spec.inputShape]));
    if (Array.isArray(output)) throw new Error('One output was expected.');
    const predicted = await output.data();
    const expected = Float32Array.from(forward(network, parameters, features, 5).at(-1) ?? []);
    if (network.spec.loss === 'categorical-crossentropy') softmaxRows(expected, network.outputSize);
    expect(predicted.length).toBe(expected.length);
    for (const [index, value] of expected.entries())
      expect(Math.abs(predicted[index]! - value)).toBeLessThan(1e-5);
    // Another model predicts otherwise: the comparison can fail.
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(1e-3);
    model.dispose();
  });

  test('a model built and saved by TF.js itself is read', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [8, 8, 1],
          filters: 2,
          kernelSize: 3,
          activation: 'relu',
          padding: 'same',
        }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dropout({ rate: 0.1 }),
        tf.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    let saved = '';
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = JSON.stringify({ ...artifacts, weightData: undefined });
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const read = readTopology(saved);
    if (!read.ok) throw new Error(read.error.message);
    expect(read.value.parameterCount).toBe(model.countParams());
    expect(read.value.spec.layers.map((layer) => layer.type)).toEqual([
      'conv2d',
      'max-pool2d',
      'flatten',
      'dropout',
      'dense',
    ]);
    model.dispose();
  });
});

describe('bytes that must never change', () => {
  const digest = (values: Float32Array): string => bytesToHex(sha256(new Uint8Array(values.slice().buffer)));

  test('version 0 of the MLP 784-200-200-10 from seed 1', () => {
    const network = networkOf('mlp', {
      kind: 'image',
      height: 28,
      width: 28,
      channels: 1,
      classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    });
    if (!network.ok) throw new Error(network.error.message);
    expect(digest(initialParameters(network.value, 1))).toBe(
      'c0970c1d210a876515f6e282bb20f80783af5f81904586016be4932e333f40e9',
    );
  });

  test('a safetensors file of two numbers', () => {
    const network = built({
      inputShape: [1],
      layers: [{ type: 'dense', units: 1, activation: 'linear', useBias: true }],
      loss: 'mean-squared-error',
    });
    const file = writeSafetensors(network, Float32Array.of(1, -2));
    const header =
      '{"dense_1/kernel":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"dense_1/bias":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}';
    const text = new TextDecoder().decode(file.subarray(8, file.length - 8));
    expect(text.trimEnd()).toBe(header);
    expect(bytesToHex(file.subarray(0, 8))).toBe('8800000000000000');
    // 1 and −2 in little-endian binary32.
    expect(bytesToHex(file.subarray(file.length - 8))).toBe('0000803f000000c0');
  });
});
