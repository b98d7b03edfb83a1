// Forward and backward through a whole network by plain loops: slow, and plain enough to be read and believed. Every engine
// is held to this.
import { dropoutMask } from '../dropout.ts';
import { appliedActivation, isClassifier } from '../head.ts';
import type { BuiltLayer, Network, NormalisationSlots, ParameterSlot } from '../network.ts';
import { isSequenceLayer } from '../sequence.ts';
import { windowGeometry } from '../window-geometry.ts';
import { activate, activationBackward } from './activation.ts';
import { convolutionForward, convolutionInputGradient, convolutionKernelGradient } from './convolution.ts';
import { biasGradient, denseForward, denseInputGradient, denseKernelGradient } from './dense.ts';
import { crossEntropy, squaredError } from './loss.ts';
import {
  centredBy,
  momentsOf,
  movedStatistic,
  normalisationBackward,
  normalisationForward,
} from './normalisation.ts';
import { zeros, type Numbers } from './numbers.ts';
import {
  averagePoolBackward,
  averagePoolForward,
  globalAverageBackward,
  globalAverageForward,
  maximumPoolBackward,
  maximumPoolForward,
} from './pooling.ts';
import { plainProduct } from './products.ts';
import { sequencePass, type LayerPass } from './sequence-pass.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((total, side) => total * side, 1);
const part = (parameters: Numbers, slot: ParameterSlot): Numbers =>
  parameters.subarray(slot.offset, slot.offset + slot.length);
const kernelOf = (layer: BuiltLayer, parameters: Numbers): Numbers => {
  if (layer.kernel === undefined) throw new Error(`Layer ${layer.name} has no kernel.`);
  return part(parameters, layer.kernel);
};
const biasOf = (layer: BuiltLayer, parameters: Numbers): Numbers | undefined =>
  layer.bias === undefined ? undefined : part(parameters, layer.bias);

const slotsOf = ({ name, normalisation }: BuiltLayer): NormalisationSlots => {
  if (normalisation === undefined) throw new Error(`Layer ${name} normalises nothing.`);
  return normalisation;
};

/** A normalisation goes by the batch's own mean and variance in training, and by the running ones else. */
type Mode = 'training' | 'inference';

/** Dropout of one training step; undefined outside training. */
export interface DropoutKey {
  readonly seed: number;
  readonly step: number;
}

/** Of the layers for sequences, by index: each holds what it needs of its way forward. */
type WaysBack = Map<number, LayerPass['back']>;

const sequenceOf = (layer: BuiltLayer, parameters: Numbers, x: Numbers, batch: number): LayerPass =>
  sequencePass(layer, {
    x,
    batch,
    parameters: layer.slots.map((slot) => part(parameters, slot)),
    product: plainProduct,
  });

function layerForward(
  layer: BuiltLayer,
  parameters: Numbers,
  x: Numbers,
  batch: number,
  mode: Mode,
  dropout: DropoutKey | undefined,
  waysBack: WaysBack | undefined,
): Numbers {
  const { spec } = layer;
  switch (spec.type) {
    case 'dense': {
      const inputs = sizeOf(layer.inputShape);
      return denseForward(
        x,
        kernelOf(layer, parameters),
        biasOf(layer, parameters),
        batch,
        inputs,
        spec.units,
      );
    }
    case 'conv2d':
      return convolutionForward(
        x,
        kernelOf(layer, parameters),
        biasOf(layer, parameters),
        windowGeometry(layer, batch),
      );
    case 'max-pool2d':
      return maximumPoolForward(x, windowGeometry(layer, batch));
    case 'average-pool2d':
      return averagePoolForward(x, windowGeometry(layer, batch));
    case 'global-average-pool2d': {
      const [height = 0, width = 0, channels = 0] = layer.inputShape;
      return globalAverageForward(x, batch, height * width, channels);
    }
    case 'batch-normalisation': {
      const { gamma, beta, mean, variance } = slotsOf(layer);
      const by =
        mode === 'training'
          ? momentsOf(x, gamma.length)
          : { mean: part(parameters, mean), variance: part(parameters, variance) };
      return normalisationForward(x, by, part(parameters, gamma), part(parameters, beta), spec.epsilon);
    }
    case 'flatten':
    case 'reshape':
    case 'activation':
      return x.slice();
    case 'dropout': {
      const y = x.slice();
      if (dropout === undefined || spec.rate === 0) return y;
      const mask = dropoutMask(dropout.seed, dropout.step, layer.index, spec.rate, y.length);
      for (let i = 0; i < y.length; i += 1) y[i]! *= mask[i]!;
      return y;
    }
    default: {
      if (!isSequenceLayer(spec)) return spec satisfies never;
      const pass = sequenceOf(layer, parameters, x, batch);
      waysBack?.set(layer.index, pass.back);
      return pass.y;
    }
  }
}

/** The outputs of all layers, `[0]` being the features; the last is logits [batch, outputSize], or numbers. */
export function forward(
  network: Network,
  parameters: Numbers,
  features: Numbers,
  batch: number,
  dropout?: DropoutKey,
  mode: Mode = 'inference',
  waysBack?: WaysBack,
): Numbers[] {
  const outputs: Numbers[] = [features];
  let x = features;
  for (const layer of network.layers) {
    x = layerForward(layer, parameters, x, batch, mode, dropout, waysBack);
    activate(appliedActivation(layer), x);
    outputs.push(x);
  }
  return outputs;
}

export interface Gradient {
  /** [P] of the mean loss over the batch. */
  readonly gradient: Numbers;
  /** Σ over the batch: nats, or squared error. */
  readonly lossSum: number;
  /** What running statistics become by this step; empty where nothing is normalised. */
  readonly statistics: readonly { readonly slot: ParameterSlot; readonly values: Numbers }[];
  /** Of the mean loss with respect to the features, shaped as they are. All zeros unless it was asked for. */
  readonly ofFeatures: Numbers;
}

/** What a pass has behind it; whoever times its phases is told as each ends. */
export type PassPhase = 'forward' | 'loss' | 'backward';

/** One forward and backward pass, down to the features where `toFeatures`. The gradient is stored as the parameters are. */
export function gradientOf(
  network: Network,
  parameters: Numbers,
  features: Numbers,
  targets: ArrayLike<number>,
  batch: number,
  dropout?: DropoutKey,
  toFeatures = false,
  onEnd?: (phase: PassPhase) => void,
): Gradient {
  const waysBack: WaysBack = new Map();
  const outputs = forward(network, parameters, features, batch, dropout, 'training', waysBack);
  onEnd?.('forward');
  const last = outputs[outputs.length - 1] ?? features;
  const dy = zeros(parameters, last.length);
  const lossSum = isClassifier(network)
    ? crossEntropy(last, targets, batch, network.outputSize, dy)
    : squaredError(last, targets, batch, dy);
  onEnd?.('loss');
  const to = { downTo: 0, toFeatures, toParameters: true, mode: 'training', dropout, waysBack } as const;
  const { of, ...rest } = backward(network, parameters, outputs, dy, batch, to);
  onEnd?.('backward');
  return { ...rest, lossSum, ofFeatures: toFeatures ? of : zeros(parameters, features.length) };
}

interface BackwardTo {
  /** The layer whose input is gone back to. */
  readonly downTo: number;
  /** Whether what the first layer takes is wanted, where it is gone back to. */
  readonly toFeatures: boolean;
  readonly toParameters: boolean;
  readonly mode: Mode;
  readonly dropout: DropoutKey | undefined;
  /** Of the layers for sequences, as `forward` has filled it; without it they go forward once more. */
  readonly waysBack?: WaysBack;
}

/** From the gradient `of` outputs of `forward`, [batch, outputSize], which is overwritten, to that of what layer `downTo` takes. */
export function backward(
  network: Network,
  parameters: Numbers,
  outputs: readonly Numbers[],
  of: Numbers,
  batch: number,
  { downTo, toFeatures, toParameters, mode, dropout, waysBack }: BackwardTo,
): Pick<Gradient, 'gradient' | 'statistics'> & { readonly of: Numbers } {
  const features = outputs[0]!;
  const last = outputs[outputs.length - 1] ?? features;
  const gradient = zeros(parameters, toParameters ? network.parameterCount : 0);
  const statistics: { slot: ParameterSlot; values: Numbers }[] = [];
  let dy = of;

  for (const layer of network.layers.toReversed()) {
    if (layer.index < downTo) break;
    const { spec } = layer;
    const x = outputs[layer.index] ?? features;
    activationBackward(appliedActivation(layer), outputs[layer.index + 1] ?? last, dy);
    if (toParameters && layer.bias !== undefined)
      gradient.set(biasGradient(dy, layer.bias.length), layer.bias.offset);
    const first = layer.index === 0 && !toFeatures;
    switch (spec.type) {
      case 'dense': {
        const inputs = sizeOf(layer.inputShape);
        const kernel = kernelOf(layer, parameters);
        if (toParameters)
          gradient.set(denseKernelGradient(x, dy, batch, inputs, spec.units), layer.kernel?.offset);
        if (!first) dy = denseInputGradient(dy, kernel, batch, inputs, spec.units);
        break;
      }
      case 'conv2d': {
        const geometry = windowGeometry(layer, batch);
        if (toParameters) gradient.set(convolutionKernelGradient(x, dy, geometry), layer.kernel?.offset);
        if (!first) dy = convolutionInputGradient(dy, kernelOf(layer, parameters), geometry);
        break;
      }
      case 'max-pool2d':
        dy = maximumPoolBackward(x, dy, windowGeometry(layer, batch));
        break;
      case 'average-pool2d':
        dy = averagePoolBackward(dy, windowGeometry(layer, batch));
        break;
      case 'global-average-pool2d': {
        const [height = 0, width = 0, channels = 0] = layer.inputShape;
        dy = globalAverageBackward(dy, batch, height * width, channels);
        break;
      }
      case 'dropout': {
        if (dropout === undefined || spec.rate === 0) break;
        const mask = dropoutMask(dropout.seed, dropout.step, layer.index, spec.rate, dy.length);
        for (let i = 0; i < dy.length; i += 1) dy[i]! *= mask[i]!;
        break;
      }
      case 'batch-normalisation': {
        const { gamma, beta, mean, variance } = slotsOf(layer);
        if (mode === 'inference') {
          // A fixed scale of each channel.
          const [by, spread] = [part(parameters, gamma), part(parameters, variance)];
          dy = dy.map((one, i) => {
            const channel = i % gamma.length;
            return (one * by[channel]!) / Math.sqrt(spread[channel]! + spec.epsilon);
          });
          break;
        }
        const moments = momentsOf(x, gamma.length);
        const { centred, inverse } = centredBy(x, moments, spec.epsilon);
        const of = normalisationBackward(centred, dy, inverse, part(parameters, gamma));
        gradient.set(of.gamma, gamma.offset);
        gradient.set(of.beta, beta.offset);
        for (const [slot, now] of [
          [mean, moments.mean],
          [variance, moments.variance],
        ] as const)
          statistics.push({ slot, values: movedStatistic(part(parameters, slot), now, spec.momentum) });
        dy = of.dx;
        break;
      }
      case 'flatten':
      case 'reshape':
      case 'activation':
        break;
      default: {
        if (!isSequenceLayer(spec)) {
          spec satisfies never;
          break;
        }
        const back = waysBack?.get(layer.index) ?? sequenceOf(layer, parameters, x, batch).back;
        const of = back(dy);
        if (toParameters)
          for (const [place, slot] of layer.slots.entries()) gradient.set(of.slots[place] ?? [], slot.offset);
        dy = of.dx;
      }
    }
  }
  return { gradient, statistics, of: dy };
}
