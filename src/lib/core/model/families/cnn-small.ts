// A small CNN for pictures and spectrograms: two or three 3×3 convolutions, each normalised (Ioffe & Szegedy 2015) and followed by 2×2
// max pooling, then a dense layer with dropout. Small kernels one after the other see as far as a large one and cost less (Simonyan &
// Zisserman 2015, §2.3); on a spectrogram pooling lets a sound be a little later or higher (Abdel-Hamid et al. 2014, §III).
import * as v from 'valibot';
import { exampleShape, isPlane, targetSize } from '../../data/contract.ts';
import { defineFamily, normalisedRelu, whole } from './family.ts';
import type { LayerSpec } from '../spec.ts';

const Options = v.strictObject({
  /** Channels of the convolutions, first to last. */
  filters: v.optional(v.pipe(v.array(whole(512)), v.minLength(1), v.maxLength(6)), [16, 32, 32]),
  /** Units of the dense layer before the softmax. */
  units: v.optional(whole(4096), 64),
  dropout: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.95)), 0.3),
});

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
  ...normalisedRelu,
  { type: 'max-pool2d', poolSize: [2, 2], strides: [2, 2], padding: 'same' },
];

export const cnnSmall = defineFamily({
  name: 'cnn-small',
  title: 'Small convolutional network',
  description:
    'Small convolutions with normalisation and pooling: the usual model of sound, and light on pictures.',
  suits: isPlane,
  options: Options,
  network: (contract, { filters, units, dropout }) => ({
    inputShape: exampleShape(contract),
    layers: [
      ...filters.flatMap(block),
      { type: 'flatten' },
      { type: 'dense', units, activation: 'relu', useBias: true },
      ...(dropout > 0 ? [{ type: 'dropout', rate: dropout } as const] : []),
      { type: 'dense', units: targetSize(contract), activation: 'softmax', useBias: true },
    ],
    loss: 'categorical-crossentropy',
  }),
});
