// The CNN of McMahan et al. 2017 ("Communication-Efficient Learning of Deep Networks from Decentralized Data", §3): two 5×5
// convolutions (32 and 64 channels), each followed by 2×2 max pooling, a dense layer of 512 and a softmax.
// With SAME padding and 28×28×1 inputs of 10 classes it has the paper's 1,663,370 parameters.
import * as v from 'valibot';
import { exampleShape, isPlane, targetSize } from '../../data/contract.ts';
import { defineFamily, normalisedRelu, whole } from './family.ts';
import type { LayerSpec } from '../spec.ts';

const Options = v.strictObject({
  /** Channels of the two convolutions. */
  filters: v.optional(v.tuple([whole(512), whole(512)]), [32, 64]),
  /** Units of the dense layer before the softmax. */
  units: v.optional(whole(4096), 512),
  dropout: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.95)), 0),
  /** Batch normalisation before each relu. */
  normalise: v.optional(v.boolean(), false),
});

const block = (filters: number, normalise: boolean): LayerSpec[] => [
  {
    type: 'conv2d',
    filters,
    kernelSize: [5, 5],
    strides: [1, 1],
    padding: 'same',
    activation: normalise ? 'linear' : 'relu',
    useBias: !normalise,
  },
  ...(normalise ? normalisedRelu : []),
  { type: 'max-pool2d', poolSize: [2, 2], strides: [2, 2], padding: 'same' },
];

export const cnnMcMahan = defineFamily({
  name: 'cnn-mcmahan',
  title: 'Convolutional network (McMahan et al. 2017)',
  description:
    'Two convolutions with pooling and a dense layer: the standard image model of federated averaging.',
  suits: (contract) => isPlane(contract),
  options: Options,
  network: (contract, options) => ({
    inputShape: exampleShape(contract),
    layers: [
      ...block(options.filters[0], options.normalise),
      ...block(options.filters[1], options.normalise),
      { type: 'flatten' },
      {
        type: 'dense',
        units: options.units,
        activation: options.normalise ? 'linear' : 'relu',
        useBias: !options.normalise,
      },
      ...(options.normalise ? normalisedRelu : []),
      ...(options.dropout > 0 ? [{ type: 'dropout', rate: options.dropout } as const] : []),
      { type: 'dense', units: targetSize(contract), activation: 'softmax', useBias: true },
    ],
    loss: 'categorical-crossentropy',
  }),
});
