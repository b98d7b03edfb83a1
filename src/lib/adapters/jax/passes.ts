// The way forward through a network in jax-js's operations, which differentiates it. The same order as core's plain-loop
// reference (core/model/reference/passes.ts), which it is held to. An array is used up by what takes it; `.ref` keeps it.
import { lax, nn, numpy as np, type Array as JaxArray, type Device } from '@jax-js/jax';
import { appliedActivation } from '../../core/model/head.ts';
import type { BuiltLayer, Network, ParameterSlot } from '../../core/model/network.ts';
import { isSequenceLayer } from '../../core/model/sequence.ts';
import type { Activation } from '../../core/model/spec.ts';
import { windowGeometry } from '../../core/model/window-geometry.ts';
import { averagePool, convolution, maximumPool } from './windows.ts';

/** Gives a parameter to be used up. */
export type ParameterOf = (slot: ParameterSlot) => JaxArray;

export interface Forward {
  /** Logits or numbers [B, outputSize]. */
  readonly outputs: JaxArray;
  /** What running statistics become by this step, [C] each; none where the network is only used. */
  readonly statistics: readonly { readonly slot: ParameterSlot; readonly values: JaxArray }[];
}

export interface Pass {
  readonly network: Network;
  readonly device: Device;
  readonly batch: number;
  readonly parameter: ParameterOf;
  /** Of a training step: [B, ...inputShape] for each layer that drops out. Undefined: the network is only used. */
  readonly masks: ReadonlyMap<number, JaxArray> | undefined;
}

const isImage = ({ inputShape }: BuiltLayer): boolean => inputShape.length === 3;
/** [B, H, W, C] as [B, C, H, W], and back. */
const channelsFirst = (x: JaxArray): JaxArray => np.transpose(x, [0, 3, 1, 2]);
const channelsLast = (x: JaxArray): JaxArray => np.transpose(x, [0, 2, 3, 1]);
/** [C] beside x. */
const byChannel = (values: JaxArray, layer: BuiltLayer): JaxArray =>
  isImage(layer) ? values.reshape([1, -1, 1, 1]) : values;

function activated(activation: Activation, x: JaxArray): JaxArray {
  switch (activation) {
    case 'linear':
    case 'softmax':
      return x;
    case 'relu':
      // nn.relu halves the gradient where x is 0.
      return np.where(x.ref.greater(0), x, 0);
    case 'sigmoid':
      return nn.sigmoid(x);
    case 'tanh':
      return np.tanh(x);
    default:
      return activation satisfies never;
  }
}

const slotOf = (slot: ParameterSlot | undefined, { name }: BuiltLayer): ParameterSlot => {
  if (slot === undefined) throw new Error(`Layer ${name} has no parameters.`);
  return slot;
};

/** y = γ (x − mean)/√(variance + ε) + β, by the batch's own in training. Takes x. */
function normalised(
  layer: BuiltLayer,
  x: JaxArray,
  { parameter, masks }: Pass,
  statistics: { slot: ParameterSlot; values: JaxArray }[],
): JaxArray {
  const { spec, normalisation } = layer;
  if (spec.type !== 'batch-normalisation' || normalisation === undefined)
    throw new Error(`Layer ${layer.name} normalises nothing.`);
  const { gamma, beta, mean, variance } = normalisation;
  const scaled = (centred: JaxArray, spread: JaxArray): JaxArray =>
    centred
      .mul(byChannel(parameter(gamma), layer))
      .mul(np.reciprocal(np.sqrt(spread.add(spec.epsilon))))
      .add(byChannel(parameter(beta), layer));
  if (masks === undefined) {
    // A variance that a codec or an adaptive server drove below zero counts as zero.
    const spread = byChannel(np.maximum(parameter(variance), 0), layer);
    return scaled(x.sub(byChannel(parameter(mean), layer)), spread);
  }
  const axes = isImage(layer) ? [0, 2, 3] : layer.inputShape.map((_, axis) => axis);
  const now = np.mean(x.ref, axes, { keepdims: true });
  const centred = x.sub(now.ref);
  const spread = np.mean(centred.ref.mul(centred.ref), axes, { keepdims: true });
  for (const [slot, values] of [
    [mean, now],
    [variance, spread.ref],
  ] as const) {
    const moved = lax
      .stopGradient(values)
      .reshape([-1])
      .mul(1 - spec.momentum);
    statistics.push({ slot, values: parameter(slot).mul(spec.momentum).add(moved) });
  }
  return scaled(centred, spread);
}

/** `features` [B, ...inputShape] is used up. */
export function forward(pass: Pass, features: JaxArray): Forward {
  const { network, device, batch, parameter, masks } = pass;
  const statistics: { slot: ParameterSlot; values: JaxArray }[] = [];
  let x = network.spec.inputShape.length === 3 ? channelsFirst(features) : features;
  for (const layer of network.layers) {
    const { spec } = layer;
    switch (spec.type) {
      case 'dense':
        x = np.matmul(x, parameter(slotOf(layer.kernel, layer)));
        if (layer.bias !== undefined) x = x.add(parameter(layer.bias));
        break;
      case 'conv2d':
        x = convolution(x, parameter(slotOf(layer.kernel, layer)), windowGeometry(layer, batch));
        if (layer.bias !== undefined) x = x.add(byChannel(parameter(layer.bias), layer));
        break;
      case 'max-pool2d':
        x = maximumPool(x, windowGeometry(layer, batch), device);
        break;
      case 'average-pool2d':
        x = averagePool(x, windowGeometry(layer, batch), device);
        break;
      case 'global-average-pool2d':
        x = np.mean(x, [2, 3]);
        break;
      case 'flatten':
      case 'reshape':
        x = (isImage(layer) ? channelsLast(x) : x).reshape([batch, ...layer.outputShape]);
        if (layer.outputShape.length === 3) x = channelsFirst(x);
        break;
      case 'batch-normalisation':
        x = normalised(layer, x, pass, statistics);
        break;
      case 'dropout': {
        const mask = masks?.get(layer.index);
        if (mask !== undefined) x = x.mul(isImage(layer) ? channelsFirst(mask) : mask);
        break;
      }
      case 'activation':
        break;
      default:
        if (isSequenceLayer(spec)) throw new Error(`Layer ${layer.name} has no operations here.`);
        spec satisfies never;
    }
    x = activated(appliedActivation(layer), x);
  }
  return { outputs: x, statistics };
}
