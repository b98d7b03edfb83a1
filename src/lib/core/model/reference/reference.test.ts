// The plain loops against central finite differences in f64, and against values derived by hand.
import { describe, expect, test } from 'vitest';
import { random } from '../../random.ts';
import { dropoutMask } from '../dropout.ts';
import { buildNetwork, initialParameters, type Network } from '../network.ts';
import { applyGradient, optimizerLength } from '../optimizer.ts';
import type { LayerSpec, Loss, NetworkSpec } from '../spec.ts';
import { crossEntropy } from './loss.ts';
import { forward, gradientOf } from './passes.ts';

const built = (spec: NetworkSpec): Network => {
  const result = buildNetwork(spec);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
const dense = (
  units: number,
  activation: 'linear' | 'relu' | 'sigmoid' | 'tanh' | 'softmax' = 'linear',
  useBias = true,
): LayerSpec => ({ type: 'dense', units, activation, useBias });
const conv = (
  filters: number,
  strides: [number, number],
  padding: 'same' | 'valid',
  activation: 'linear' | 'relu' | 'tanh' = 'tanh',
): LayerSpec => ({
  type: 'conv2d',
  filters,
  kernelSize: [3, 2],
  strides,
  padding,
  activation,
  useBias: true,
});
const pool = (
  type: 'max-pool2d' | 'average-pool2d',
  padding: 'same' | 'valid',
  strides: [number, number] = [2, 2],
): LayerSpec => ({
  type,
  poolSize: [3, 2],
  strides,
  padding,
});
const normalised: LayerSpec = { type: 'batch-normalisation', momentum: 0.9, epsilon: 1e-3 };
const classes = 'categorical-crossentropy' satisfies Loss;

const networks: [string, NetworkSpec][] = [
  ['softmax regression', { inputShape: [5], layers: [dense(3, 'softmax')], loss: classes }],
  ['linear regression', { inputShape: [4], layers: [dense(1)], loss: 'mean-squared-error' }],
  [
    'dense layers with tanh, sigmoid and relu, one without a bias',
    {
      inputShape: [5],
      layers: [dense(6, 'tanh'), dense(5, 'sigmoid', false), dense(4, 'relu'), dense(3)],
      loss: classes,
    },
  ],
  ['a sigmoid on the last layer', { inputShape: [4], layers: [dense(3, 'sigmoid')], loss: classes }],
  [
    'separate activation layers',
    {
      inputShape: [4],
      layers: [
        dense(5),
        { type: 'activation', activation: 'tanh' },
        dense(3),
        { type: 'activation', activation: 'softmax' },
      ],
      loss: classes,
    },
  ],
  [
    'a convolution with SAME padding',
    {
      inputShape: [5, 4, 2],
      layers: [conv(3, [1, 1], 'same'), { type: 'flatten' }, dense(3)],
      loss: classes,
    },
  ],
  [
    'a strided convolution with VALID padding after another',
    {
      inputShape: [7, 6, 1],
      layers: [conv(2, [1, 1], 'same', 'linear'), conv(3, [2, 2], 'valid'), { type: 'flatten' }, dense(2)],
      loss: classes,
    },
  ],
  [
    'a strided convolution with SAME padding after another',
    {
      inputShape: [6, 5, 1],
      layers: [conv(2, [1, 1], 'valid'), conv(2, [2, 1], 'same'), { type: 'flatten' }, dense(2)],
      loss: classes,
    },
  ],
  [
    'max pooling with SAME padding and overlap',
    {
      inputShape: [5, 5, 2],
      layers: [conv(2, [1, 1], 'same'), pool('max-pool2d', 'same', [2, 1]), { type: 'flatten' }, dense(2)],
      loss: classes,
    },
  ],
  [
    'average pooling with SAME padding',
    {
      inputShape: [5, 5, 1],
      layers: [conv(2, [1, 1], 'same'), pool('average-pool2d', 'same'), { type: 'flatten' }, dense(2)],
      loss: classes,
    },
  ],
  [
    'average pooling with VALID padding',
    {
      inputShape: [6, 5, 1],
      layers: [conv(2, [1, 1], 'same'), pool('average-pool2d', 'valid'), { type: 'flatten' }, dense(2)],
      loss: classes,
    },
  ],
  [
    'global average pooling',
    {
      inputShape: [4, 4, 2],
      layers: [conv(3, [1, 1], 'same'), { type: 'global-average-pool2d' }, dense(3)],
      loss: classes,
    },
  ],
  [
    'normalisation of the input, and behind a dense layer',
    {
      inputShape: [4],
      layers: [
        normalised,
        dense(5, 'linear', false),
        normalised,
        { type: 'activation', activation: 'tanh' },
        dense(3),
      ],
      loss: classes,
    },
  ],
  [
    'normalisation of the channels of a convolution',
    {
      inputShape: [4, 4, 2],
      layers: [
        conv(3, [1, 1], 'same', 'linear'),
        normalised,
        conv(2, [2, 1], 'same'),
        normalised,
        { type: 'flatten' },
        dense(2),
      ],
      loss: classes,
    },
  ],
  [
    'the rows of an image as steps, normalised, and pooled over all',
    {
      inputShape: [3, 2, 2],
      layers: [
        { type: 'reshape', shape: [3, 4] },
        { type: 'layer-normalisation', epsilon: 1e-3 },
        { type: 'position-embedding' },
        { type: 'global-average-pool1d' },
        dense(2),
      ],
      loss: classes,
    },
  ],
  ...[true, false].flatMap((resetAfter): [string, NetworkSpec][] => [
    [
      `a GRU whose reset gate is ${resetAfter ? 'behind' : 'before'} the product, all steps and then the last`,
      {
        inputShape: [4, 2],
        layers: [
          { type: 'gru', units: 3, returnSequences: true, resetAfter },
          { type: 'gru', units: 2, returnSequences: false, resetAfter },
          dense(2),
        ],
        loss: classes,
      },
    ],
  ]),
  [
    'an LSTM, all steps and then the last',
    {
      inputShape: [4, 2],
      layers: [
        { type: 'lstm', units: 3, returnSequences: true },
        { type: 'lstm', units: 2, returnSequences: false },
        dense(1),
      ],
      loss: 'mean-squared-error',
    },
  ],
  [
    'a transformer block of two heads',
    {
      inputShape: [3, 4],
      layers: [
        { type: 'step-dense', units: 3, activation: 'tanh', useBias: false },
        { type: 'step-dense', units: 4, activation: 'linear', useBias: true },
        { type: 'transformer-block', heads: 2, feedForward: 3 },
        { type: 'global-average-pool1d' },
        dense(2),
      ],
      loss: classes,
    },
  ],
  [
    'the rows of an image as steps, normalised, and pooled over all',
    {
      inputShape: [3, 2, 2],
      layers: [
        { type: 'reshape', shape: [3, 4] },
        { type: 'layer-normalisation', epsilon: 1e-3 },
        { type: 'position-embedding' },
        { type: 'global-average-pool1d' },
        dense(2),
      ],
      loss: classes,
    },
  ],
  ...[true, false].map((resetAfter): [string, NetworkSpec] => [
    `a GRU whose reset gate is ${resetAfter ? 'behind' : 'before'} the product, all steps and then the last`,
    {
      inputShape: [4, 2],
      layers: [
        { type: 'gru', units: 3, returnSequences: true, resetAfter },
        { type: 'gru', units: 2, returnSequences: false, resetAfter },
        dense(2),
      ],
      loss: classes,
    },
  ]),
  [
    'an LSTM, all steps and then the last',
    {
      inputShape: [4, 2],
      layers: [
        { type: 'lstm', units: 3, returnSequences: true },
        { type: 'lstm', units: 2, returnSequences: false },
        dense(1),
      ],
      loss: 'mean-squared-error',
    },
  ],
  [
    'a transformer block of two heads',
    {
      inputShape: [3, 4],
      layers: [
        { type: 'transformer-block', heads: 2, feedForward: 3 },
        { type: 'global-average-pool1d' },
        dense(2),
      ],
      loss: classes,
    },
  ],
  [
    'dropout',
    { inputShape: [6], layers: [dense(8, 'tanh'), { type: 'dropout', rate: 0.5 }, dense(3)], loss: classes },
  ],
];

describe('the gradient of the plain reference', () => {
  test('of an embedding is the sum over where its token stood; tokens that stood nowhere have none', () => {
    const network = built({
      inputShape: [3],
      layers: [{ type: 'embedding', vocabulary: 4, units: 2 }, { type: 'flatten' }, dense(2)],
      loss: classes,
    });
    const parameters = Float64Array.from(initialParameters(network, 3));
    const ids = Float64Array.of(1, 3, 1);
    const { gradient, ofFeatures } = gradientOf(network, parameters, ids, [0], 1, undefined, true);
    for (let i = 0; i < network.parameterCount; i += 1) {
      const at = (shift: number): number => {
        const moved = parameters.slice();
        moved[i]! += shift;
        return gradientOf(network, moved, ids, [0], 1).lossSum;
      };
      expect(gradient[i]!).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 6);
    }
    expect([...gradient.subarray(0, 2), ...gradient.subarray(4, 6)]).toEqual([0, 0, 0, 0]);
    expect(gradient[2]).not.toBe(0);
    expect([...ofFeatures]).toEqual([0, 0, 0]);
    // What is no token counts as the nearest: −7 as 0, 9 and 3.4 as 3.
    const outputs = (given: number[]): number[] => [
      ...forward(network, parameters, Float64Array.from(given), 1).at(-1)!,
    ];
    expect(outputs([-7, 9, 3.4])).toEqual(outputs([0, 3, 3]));
  });

  test('of an embedding is the sum over where its token stood; tokens that stood nowhere have none', () => {
    const network = built({
      inputShape: [3],
      layers: [
        { type: 'embedding', vocabulary: 4, units: 2 },
        { type: 'flatten' },
        { type: 'activation', activation: 'linear' },
        dense(2),
      ],
      loss: classes,
    });
    const parameters = Float64Array.from(initialParameters(network, 3));
    const at = (moved: Float64Array): number =>
      gradientOf(network, moved, Float64Array.of(1, 3, 1), [0], 1).lossSum;
    const { gradient, ofFeatures } = gradientOf(
      network,
      parameters,
      Float64Array.of(1, 3, 1),
      [0],
      1,
      undefined,
      true,
    );
    for (let i = 0; i < network.parameterCount; i += 1) {
      const [up, down] = [1e-6, -1e-6].map((shift) =>
        at(parameters.map((value, j) => (i === j ? value + shift : value))),
      );
      expect(gradient[i]!).toBeCloseTo((up! - down!) / 2e-6, 6);
    }
    expect([...gradient.subarray(0, 2), ...gradient.subarray(4, 6)]).toEqual([0, 0, 0, 0]);
    expect(gradient[2]).not.toBe(0);
    expect([...ofFeatures]).toEqual([0, 0, 0]);
    // What is no token counts as the nearest: −7 as 0, 9 and 3.4 as 3.
    const outputs = (ids: number[]): number[] => [
      ...forward(network, parameters, Float64Array.from(ids), 1).at(-1)!,
    ];
    expect(outputs([-7, 9, 3.4])).toEqual(outputs([0, 3, 3]));
  });

  test.each(networks)('agrees with finite differences: %s', (name, spec) => {
    const network = built(spec);
    const draw = random(11, name);
    const parameters = Float64Array.from(
      initialParameters(network, 3),
      (value) => value + 0.1 * draw.normal(),
    );
    const batch = 3;
    const size = spec.inputShape.reduce((total, side) => total * side, 1);
    const features = Float64Array.from({ length: batch * size }, () => draw.normal());
    const targets = Array.from({ length: batch }, () =>
      spec.loss === classes ? draw.below(network.outputSize) : draw.normal(),
    );
    const dropout = { seed: 5, step: 2 };
    const { gradient, lossSum } = gradientOf(network, parameters, features, targets, batch, dropout);
    expect(gradient.some((value) => value !== 0)).toBe(true);
    expect(lossSum).toBeGreaterThan(0);
    const step = 1e-6;
    for (let i = 0; i < network.parameterCount; i += 1) {
      const lossAt = (shift: number): number => {
        const moved = parameters.slice();
        moved[i]! += shift;
        return gradientOf(network, moved, features, targets, batch, dropout).lossSum / batch;
      };
      const numeric = (lossAt(step) - lossAt(-step)) / (2 * step);
      expect(Math.abs(gradient[i]! - numeric)).toBeLessThan(1e-7 + 1e-5 * Math.abs(numeric));
    }
    const { ofFeatures } = gradientOf(network, parameters, features, targets, batch, dropout, true);
    for (let i = 0; i < features.length; i += 1) {
      const lossAt = (shift: number): number => {
        const moved = features.slice();
        moved[i]! += shift;
        return gradientOf(network, parameters, moved, targets, batch, dropout).lossSum / batch;
      };
      const numeric = (lossAt(step) - lossAt(-step)) / (2 * step);
      expect(Math.abs(ofFeatures[i]! - numeric)).toBeLessThan(1e-7 + 1e-5 * Math.abs(numeric));
    }
  });
});

describe('exact small numbers', () => {
  test('cross-entropy of equal logits over 4 classes is ln 4, and its gradient p − y', () => {
    const gradient = new Float64Array(4);
    expect(crossEntropy(new Float64Array(4), [2], 1, 4, gradient)).toBeCloseTo(Math.log(4), 12);
    expect([...gradient]).toEqual([0.25, 0.25, -0.75, 0.25]);
  });

  test('a 2×2 VALID convolution of ones sums each window', () => {
    const network = built({
      inputShape: [3, 3, 1],
      layers: [
        {
          type: 'conv2d',
          filters: 1,
          kernelSize: [2, 2],
          strides: [1, 1],
          padding: 'valid',
          activation: 'linear',
          useBias: false,
        },
        { type: 'flatten' },
      ],
      loss: classes,
    });
    const outputs = forward(
      network,
      new Float32Array([1, 1, 1, 1]),
      new Float32Array([1, 2, 3, 4, 5, 6, 7, 8, 9]),
      1,
    );
    expect([...outputs.at(-1)!]).toEqual([12, 16, 24, 28]);
  });

  test('a SAME average pool counts only pixels inside the image', () => {
    const network = built({
      inputShape: [3, 3, 1],
      layers: [
        {
          type: 'conv2d',
          filters: 1,
          kernelSize: [1, 1],
          strides: [1, 1],
          padding: 'valid',
          activation: 'linear',
          useBias: false,
        },
        { type: 'average-pool2d', poolSize: [2, 2], strides: [2, 2], padding: 'same' },
        { type: 'flatten' },
      ],
      loss: classes,
    });
    const outputs = forward(network, new Float32Array([1]), new Float32Array([1, 2, 3, 4, 5, 6, 7, 8, 9]), 1);
    // Windows: {1,2,4,5}, {3,6}, {7,8}, {9}.
    expect([...outputs.at(-1)!]).toEqual([3, 4.5, 7.5, 9]);
  });

  test('normalisation of 1, 3 and 2, 6 by their mean and variance, and then by the running ones', () => {
    const network = built({
      inputShape: [2],
      layers: [{ type: 'batch-normalisation', momentum: 0.9, epsilon: 1 }, dense(2, 'linear', false)],
      loss: classes,
    });
    // γ = 1, 2 · β = 0, 1 · running means 0, 0 and variances 1, 1, then the identity.
    const parameters = new Float64Array([1, 2, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1]);
    const features = new Float64Array([1, 2, 3, 6]);
    const { statistics } = gradientOf(network, parameters, features, [0, 1], 2);
    // Means 2 and 4, variances 1 and 4: x̂ = ±1/√2 and ±2/√5, ε being 1.
    const [root2, root5] = [Math.SQRT1_2, 2 / Math.sqrt(5)];
    const outputs = forward(network, parameters, features, 2, undefined, 'training');
    for (const [i, value] of [-root2, 1 - 2 * root5, root2, 1 + 2 * root5].entries())
      expect(outputs[1]![i]).toBeCloseTo(value, 12);
    expect(statistics.map(({ slot }) => slot.name)).toEqual([
      'batch-normalisation_1/moving_mean',
      'batch-normalisation_1/moving_variance',
    ]);
    // A tenth of the way from 0 to 2 and 4, and from 1 to 1 and 4.
    for (const [i, value] of [0.2, 0.4].entries()) expect(statistics[0]!.values[i]).toBeCloseTo(value, 12);
    for (const [i, value] of [1, 1.3].entries()) expect(statistics[1]!.values[i]).toBeCloseTo(value, 12);
    // In use: (x − 0)/√(1 + 1), times γ plus β.
    const used = forward(network, parameters, features, 2);
    for (const [i, value] of [root2, 1 + 4 * root2, 3 * root2, 1 + 12 * root2].entries())
      expect(used[1]![i]).toBeCloseTo(value, 12);
    // A variance below zero counts as zero: nothing becomes a number no more.
    parameters[6] = -0.5;
    expect(forward(network, parameters, features, 2)[1]![0]).toBeCloseTo(1, 12);
  });

  test('dropout keeps about 1 − rate of the units, scaled by 1/(1 − rate), the same for the same step', () => {
    const mask = dropoutMask(3, 10, 1, 0.25, 40_000);
    const kept = mask.filter((value) => value > 0);
    // Standard deviation of the share: √(0.75·0.25/40000) = 0.0022; five of them.
    expect(Math.abs(kept.length / mask.length - 0.75)).toBeLessThan(0.011);
    expect(kept.every((value) => value === Math.fround(1 / 0.75))).toBe(true);
    expect(dropoutMask(3, 10, 1, 0.25, 40_000)).toEqual(mask);
    expect(dropoutMask(3, 11, 1, 0.25, 40_000)).not.toEqual(mask);
  });
});

describe('the optimisers', () => {
  const plan = { learningRate: 0.1, proximalTerm: 0 };
  const run = (
    optimizer: { type: 'sgd'; momentum: number } | { type: 'adam' },
    proximalTerm: number,
    gradients: number[],
  ) => {
    const parameters = new Float64Array([1]);
    const state = new Float64Array(optimizerLength(optimizer, 1));
    const anchor = new Float64Array([0.5]);
    for (const [index, g] of gradients.entries())
      applyGradient(
        { ...plan, optimizer, proximalTerm },
        parameters,
        0,
        new Float64Array([g]),
        state,
        1,
        anchor,
        index + 1,
      );
    return parameters[0];
  };

  test('SGD: 1 − 0.1·2 − 0.1·1 = 0.7', () => {
    expect(run({ type: 'sgd', momentum: 0 }, 0, [2, 1])).toBeCloseTo(0.7, 12);
  });

  test('momentum 0.5: v = 2, then 0.5·2 + 1 = 2; w = 1 − 0.2 − 0.2 = 0.6', () => {
    expect(run({ type: 'sgd', momentum: 0.5 }, 0, [2, 1])).toBeCloseTo(0.6, 12);
  });

  test('the first step of Adam is the learning rate, whatever the gradient', () => {
    expect(run({ type: 'adam' }, 0, [1234])).toBeCloseTo(0.9, 6);
    expect(run({ type: 'adam' }, 0, [-0.01])).toBeCloseTo(1.1, 5);
  });

  test('the proximal term pulls towards the base: g = 0 + 2·(1 − 0.5) = 1, w = 0.9', () => {
    expect(run({ type: 'sgd', momentum: 0 }, 2, [0])).toBeCloseTo(0.9, 12);
  });
});
