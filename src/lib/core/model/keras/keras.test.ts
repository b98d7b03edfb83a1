// Topologies as TensorFlow.js, Keras 2 and Keras 3 write them, and the refusals.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildNetwork, initialParameters } from '../network.ts';
import { networkOf } from '../families/index.ts';
import { layersModelRefusal, readTopology, writeLayersModel } from '../keras.ts';
import type { NetworkSpec } from '../spec.ts';

const cnn: NetworkSpec = {
  inputShape: [12, 12, 3],
  layers: [
    {
      type: 'conv2d',
      filters: 4,
      kernelSize: [3, 3],
      strides: [2, 2],
      padding: 'same',
      activation: 'relu',
      useBias: true,
    },
    { type: 'max-pool2d', poolSize: [2, 2], strides: [2, 2], padding: 'valid' },
    { type: 'flatten' },
    { type: 'dropout', rate: 0.25 },
    { type: 'dense', units: 5, activation: 'softmax', useBias: true },
  ],
  loss: 'categorical-crossentropy',
};

const layer = (class_name: string, config: object, extra: object = {}) => ({ class_name, config, ...extra });

/** As Keras 2.x `model.to_json()` writes it (the settings that say nothing left out). */
const keras2 = {
  class_name: 'Sequential',
  config: {
    name: 'sequential',
    layers: [
      layer('InputLayer', {
        batch_input_shape: [null, 12, 12, 3],
        dtype: 'float32',
        sparse: false,
        ragged: false,
        name: 'conv2d_input',
      }),
      layer('Conv2D', {
        name: 'conv2d',
        trainable: true,
        filters: 4,
        kernel_size: [3, 3],
        strides: [2, 2],
        padding: 'same',
        data_format: 'channels_last',
        dilation_rate: [1, 1],
        groups: 1,
        activation: 'relu',
        use_bias: true,
        kernel_regularizer: null,
      }),
      layer('MaxPooling2D', {
        name: 'max_pooling2d',
        trainable: true,
        pool_size: [2, 2],
        padding: 'valid',
        strides: [2, 2],
        data_format: 'channels_last',
      }),
      layer('Flatten', { name: 'flatten', trainable: true, data_format: 'channels_last' }),
      layer('Dropout', { name: 'dropout', trainable: true, rate: 0.25, noise_shape: null, seed: null }),
      layer('Dense', { name: 'dense', trainable: true, units: 5, activation: 'softmax', use_bias: true }),
    ],
  },
  keras_version: '2.15.0',
  backend: 'tensorflow',
};

const dtype = {
  module: 'keras',
  class_name: 'DTypePolicy',
  config: { name: 'float32' },
  registered_name: null,
};
const keras3Layer = (class_name: string, config: object, inbound: string | null) => ({
  module: 'keras.layers',
  class_name,
  config: { ...config, dtype },
  registered_name: null,
  name: (config as { name: string }).name,
  inbound_nodes:
    inbound === null
      ? []
      : [
          {
            args: [
              {
                class_name: '__keras_tensor__',
                config: { shape: [null, 1], dtype: 'float32', keras_history: [inbound, 0, 0] },
              },
            ],
            kwargs: {},
          },
        ],
});
/** As Keras 3 writes a Functional model; layers deliberately out of order. */
const keras3 = {
  module: 'keras.src.models.functional',
  class_name: 'Functional',
  config: {
    name: 'functional',
    trainable: true,
    layers: [
      keras3Layer('InputLayer', { batch_shape: [null, 12, 12, 3], sparse: false, name: 'image' }, null),
      keras3Layer(
        'Dense',
        {
          name: 'dense',
          units: 5,
          activation: {
            module: 'builtins',
            class_name: 'function',
            config: 'softmax',
            registered_name: 'function',
          },
          use_bias: true,
        },
        'dropout',
      ),
      keras3Layer(
        'Conv2D',
        {
          name: 'conv2d',
          filters: 4,
          kernel_size: [3, 3],
          strides: [2, 2],
          padding: 'same',
          data_format: 'channels_last',
          dilation_rate: [1, 1],
          groups: 1,
          activation: 'relu',
          use_bias: true,
        },
        'image',
      ),
      keras3Layer(
        'MaxPooling2D',
        { name: 'pool', pool_size: [2, 2], padding: 'valid', strides: null, data_format: 'channels_last' },
        'conv2d',
      ),
      keras3Layer('Flatten', { name: 'flatten', data_format: 'channels_last' }, 'pool'),
      keras3Layer('Dropout', { name: 'dropout', rate: 0.25, seed: null, noise_shape: null }, 'flatten'),
    ],
    input_layers: [['image', 0, 0]],
    output_layers: [['dense', 0, 0]],
  },
};

const read = (model: unknown) => readTopology(typeof model === 'string' ? model : JSON.stringify(model));
const refusal = (model: unknown) => {
  const result = read(model);
  return result.ok ? undefined : result.error;
};
const sequential = (...layers: object[]) => ({ class_name: 'Sequential', config: { name: 'm', layers } });
const input = (...shape: (number | null)[]) =>
  layer('InputLayer', { batch_input_shape: [null, ...shape], name: 'input' });
const dense = (config: object = {}) =>
  layer('Dense', { name: 'head', units: 3, activation: 'softmax', ...config });

describe('reading a topology', () => {
  test.each([
    ['Keras 2, Sequential', keras2],
    ['Keras 3, Functional', keras3],
    [
      'TF.js model.json with model_config',
      {
        format: 'layers-model',
        modelTopology: { keras_version: '2.15.0', model_config: keras2 },
        weightsManifest: [],
      },
    ],
    ['TF.js model.json with the model itself', { format: 'layers-model', modelTopology: keras2 }],
  ])('%s', (_, model) => {
    const result = read(model);
    expect(result.ok && result.value.spec).toEqual(cnn);
  });

  test('Keras 2, Functional with nested lists of inbound nodes', () => {
    const model = {
      class_name: 'Functional',
      config: {
        name: 'model',
        layers: [
          layer('InputLayer', { batch_input_shape: [null, 4], name: 'a' }, { name: 'a', inbound_nodes: [] }),
          layer(
            'Dense',
            { name: 'b', units: 1, activation: 'linear' },
            { name: 'b', inbound_nodes: [[['a', 0, 0, {}]]] },
          ),
        ],
        input_layers: [['a', 0, 0]],
        output_layers: [['b', 0, 0]],
      },
    };
    const result = read(model);
    expect(result.ok && result.value.spec).toEqual({
      inputShape: [4],
      layers: [{ type: 'dense', units: 1, activation: 'linear', useBias: true }],
      loss: 'mean-squared-error',
    });
  });

  test('what this app writes reads back as the same network', () => {
    const digits = { kind: 'image', height: 28, width: 28, channels: 1, classes: ['a', 'b', 'c'] } as const;
    for (const name of ['softmax-regression', 'mlp', 'cnn-mcmahan', 'gru', 'lstm']) {
      const network = networkOf(name, { ...digits, classes: [...digits.classes] });
      if (!network.ok) throw new Error(network.error.message);
      const files = writeLayersModel(network.value, initialParameters(network.value, 1), 'my model');
      const result = readTopology(files.modelJson);
      expect(result.ok && result.value.spec).toEqual(network.value.spec);
    }
  });
});

test('a transformer block, and a GRU as Keras has it by default, are no TF.js model; the layer is named', () => {
  const digits = { kind: 'image', height: 8, width: 8, channels: 1, classes: ['a', 'b'] } as const;
  const network = networkOf('transformer', { ...digits, classes: [...digits.classes] });
  expect(network.ok && layersModelRefusal(network.value)).toContain(
    'Layer position-embedding_3 cannot be written',
  );
  const gru = read(
    sequential(
      input(4, 2),
      layer('GRU', { name: 'g', units: 3, reset_after: true, return_sequences: true }),
      layer('GlobalAveragePooling1D', { name: 'mean' }),
      layer('TimeDistributed', { name: 'none', layer: layer('Flatten', { name: 'inner' }) }),
    ),
  );
  expect(gru).toMatchObject({ ok: false, error: { layer: 'none' } });
  const keras = read(
    sequential(
      input(4),
      layer('Embedding', { name: 'e', input_dim: 9, output_dim: 2 }),
      layer('GRU', { name: 'g', units: 3, reset_after: true, return_sequences: true }),
      layer('LayerNormalization', { name: 'n', axis: [-1] }),
      layer('TimeDistributed', { name: 't', layer: layer('Dense', { name: 'inner', units: 2 }) }),
      layer('GlobalAveragePooling1D', { name: 'mean' }),
    ),
  );
  expect(keras.ok && keras.value.spec.layers).toEqual([
    { type: 'embedding', vocabulary: 9, units: 2 },
    { type: 'gru', units: 3, returnSequences: true, resetAfter: true },
    { type: 'layer-normalisation', epsilon: 0.001 },
    { type: 'step-dense', units: 2, activation: 'linear', useBias: true },
    { type: 'global-average-pool1d' },
  ]);
  expect(keras.ok && layersModelRefusal(keras.value)).toContain('Layer gru_2');
});

test('batch normalisation of Keras 2, Keras 3 and TF.js, with its axis named or not', () => {
  const spec = { type: 'batch-normalisation', momentum: 0.99, epsilon: 0.001 };
  for (const config of [
    {},
    { axis: -1, momentum: 0.99, epsilon: 0.001, center: true, scale: true, synchronized: false },
    { axis: [1], beta_regularizer: null, gamma_constraint: null, renorm: false },
  ]) {
    const result = read(
      sequential(input(4), layer('BatchNormalization', { name: 'bn', ...config }), dense()),
    );
    expect(result.ok && result.value.spec.layers[0]).toEqual(spec);
  }
});

describe('a topology that cannot be trained as it stands is refused by layer and reason', () => {
  test.each([
    ['text that is not JSON', 'not json', 'not-json', null, 'not JSON'],
    ['a list', [], 'not-a-model', null, 'does not hold an object'],
    ['a graph model', { format: 'graph-model', modelTopology: {} }, 'not-a-model', null, 'graph model'],
    ['no layers', { class_name: 'Sequential', config: {} }, 'not-a-model', null, 'does not list its layers'],
    ['no input shape', sequential(dense()), 'not-a-model', null, 'shape of its input'],
    ['an open side', sequential(input(null, 3), dense()), 'unsupported-setting', 'input', 'every side'],
    [
      'a simple recurrent layer',
      sequential(input(4, 2), layer('SimpleRNN', { name: 'memory', units: 3 })),
      'unsupported-layer',
      'memory',
      'not supported',
    ],
    [
      'an LSTM that reads backwards',
      sequential(input(4, 2), layer('LSTM', { name: 'memory', units: 3, go_backwards: true })),
      'unsupported-setting',
      'memory',
      'go_backwards must be false',
    ],
    [
      'a GRU with another gate',
      sequential(input(4, 2), layer('GRU', { name: 'gate', units: 3, recurrent_activation: 'hard_sigmoid' })),
      'unsupported-setting',
      'gate',
      'hard_sigmoid',
    ],
    [
      'normalisation without β',
      sequential(input(4), layer('BatchNormalization', { name: 'bn', center: false }), dense()),
      'unsupported-setting',
      'bn',
      'center must be true',
    ],
    [
      'normalisation of another axis',
      sequential(
        input(8, 8, 3),
        layer('BatchNormalization', { name: 'bn', axis: [1] }),
        layer('Flatten', { name: 'f' }),
        dense(),
      ),
      'unsupported-setting',
      'bn',
      'only the last axis',
    ],
    [
      'an activation',
      sequential(input(4), dense({ activation: 'swish' })),
      'unsupported-setting',
      'head',
      'swish',
    ],
    [
      'a regulariser',
      sequential(input(4), dense({ kernel_regularizer: { class_name: 'L2', config: { l2: 0.01 } } })),
      'unsupported-setting',
      'head',
      'kernel_regularizer',
    ],
    [
      'a frozen layer',
      sequential(input(4), dense({ trainable: false })),
      'unsupported-setting',
      'head',
      'frozen',
    ],
    [
      'units that are no number',
      sequential(input(4), dense({ units: '3' })),
      'unsupported-setting',
      'head',
      'units',
    ],
    [
      'dilation',
      sequential(
        input(8, 8, 1),
        layer('Conv2D', { name: 'c', filters: 2, kernel_size: [3, 3], dilation_rate: [2, 2] }),
        dense(),
      ),
      'unsupported-setting',
      'c',
      'dilated',
    ],
    [
      'channels first',
      sequential(
        input(1, 8, 8),
        layer('Conv2D', { name: 'c', filters: 2, kernel_size: 3, data_format: 'channels_first' }),
      ),
      'unsupported-setting',
      'c',
      'channels-last',
    ],
    ['dense on an image', sequential(input(8, 8, 1), dense()), 'shape', 'head', 'flatten'],
    [
      'another loss',
      {
        modelTopology: {
          ...sequential(input(4), dense()),
          training_config: { loss: 'kullback_leibler_divergence' },
        },
      },
      'unsupported-setting',
      null,
      'kullback',
    ],
    [
      'a binary loss on one sigmoid',
      {
        modelTopology: {
          model_config: sequential(input(4), dense({ units: 1, activation: 'sigmoid' })),
          training_config: { loss: 'binary_crossentropy' },
        },
      },
      'unsupported-setting',
      null,
      'binary_crossentropy',
    ],
  ])('%s', (_, model, kind, name, words) => {
    expect(refusal(model)).toMatchObject({ kind, layer: name, message: expect.stringContaining(words) });
  });

  test('a model that branches, by the layer that joins', () => {
    const branching = structuredClone(keras3);
    branching.config.layers[1]!.inbound_nodes = [
      ...keras3Layer('X', { name: 'x' }, 'dropout').inbound_nodes,
      ...keras3Layer('X', { name: 'x' }, 'flatten').inbound_nodes,
    ];
    expect(refusal(branching)).toMatchObject({
      kind: 'not-a-chain',
      layer: 'dense',
      message: expect.stringContaining('may not branch'),
    });
  });

  test('a loop, a layer beside the chain, and two outputs', () => {
    const loop = structuredClone(keras3);
    loop.config.layers[0]!.inbound_nodes = keras3Layer('X', { name: 'x' }, 'flatten').inbound_nodes;
    expect(refusal(loop)).toMatchObject({
      kind: 'not-a-chain',
      message: expect.stringContaining('more than once'),
    });
    const beside = structuredClone(keras3);
    beside.config.layers.push(keras3Layer('Flatten', { name: 'extra' }, 'image'));
    expect(refusal(beside)).toMatchObject({
      kind: 'not-a-chain',
      message: expect.stringContaining('branches'),
    });
    const twice = structuredClone(keras3);
    twice.config.output_layers.push(['flatten', 0, 0]);
    expect(refusal(twice)).toMatchObject({
      kind: 'not-a-chain',
      message: expect.stringContaining('2 outputs'),
    });
  });

  test('any text gets an answer, never an exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (given) => void readTopology(given)),
      { numRuns: 500, seed: 1 },
    );
  });

  test('any damage to a real model gets an answer, and most of it a refusal', () => {
    const text = JSON.stringify(keras3);
    let refused = 0;
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.nat(60),
        fc.oneof(fc.constant(''), fc.json()),
        (from, length, instead) => {
          if (!readTopology(text.slice(0, from) + instead + text.slice(from + length)).ok) refused += 1;
        },
      ),
      { numRuns: 1000, seed: 2 },
    );
    expect(refused).toBeGreaterThan(500);
  });

  test('any value in any place of a real model gets an answer', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.nat(200), fc.jsonValue(), (place, value) => {
        let seen = 0;
        const changed: unknown = JSON.parse(JSON.stringify(keras3), (_key, old: unknown) => {
          seen += 1;
          return seen === place ? value : old;
        });
        const result = readTopology(JSON.stringify(changed));
        if (result.ok) {
          accepted += 1;
          expect(buildNetwork(result.value.spec).ok).toBe(true);
        }
      }),
      { numRuns: 1000, seed: 3 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});
