// Forward and backward through a network on a device: which operation comes when. The same order as core's plain-loop
// reference (core/model/reference/passes.ts), which it is tested against.
import { dropoutMask } from '../../core/model/dropout.ts';
import { appliedActivation } from '../../core/model/head.ts';
import {
  lowestTrained,
  type BuiltLayer,
  type Network,
  type ParameterSlot,
} from '../../core/model/network.ts';
import type { DropoutKey } from '../../core/model/reference/passes.ts';
import { isSequenceLayer } from '../../core/model/sequence.ts';
import { windowGeometry } from '../../core/model/window-geometry.ts';
import type { Device, Normalised, NormalisationTensors, SequenceTrace, Tensor } from './device.ts';

/** The tensor of a parameter slot. */
export type ParameterTensor = (slot: ParameterSlot) => Tensor;

const sizeOf = (shape: readonly number[]): number => shape.reduce((total, side) => total * side, 1);

const kernelOf = (layer: BuiltLayer, parameter: ParameterTensor): Tensor => {
  if (layer.kernel === undefined) throw new Error(`Layer ${layer.name} has no kernel.`);
  return parameter(layer.kernel);
};

/** What a backward pass needs of a forward pass. */
export interface Trace {
  /** Outputs of all layers, [0] being the batch. */
  readonly outputs: readonly Tensor[];
  readonly masks: ReadonlyMap<number, Tensor>;
  readonly normalised: ReadonlyMap<number, Normalised>;
  readonly sequences: ReadonlyMap<number, SequenceTrace>;
}

function tensorsOf({ name, normalisation }: BuiltLayer, parameter: ParameterTensor): NormalisationTensors {
  if (normalisation === undefined) throw new Error(`Layer ${name} normalises nothing.`);
  const { gamma, beta, mean, variance } = normalisation;
  return {
    gamma: parameter(gamma),
    beta: parameter(beta),
    mean: parameter(mean),
    variance: parameter(variance),
  };
}

export function forward(
  device: Device,
  network: Network,
  parameter: ParameterTensor,
  features: Tensor,
  batch: number,
  /** Of a training step; undefined: the network is only used. */
  dropout?: DropoutKey,
): Trace {
  const outputs: Tensor[] = [features];
  const masks = new Map<number, Tensor>();
  const normalised = new Map<number, Normalised>();
  const sequences = new Map<number, SequenceTrace>();
  let x = features;
  for (const layer of network.layers) {
    const { spec } = layer;
    const bias = layer.bias === undefined ? undefined : parameter(layer.bias);
    switch (spec.type) {
      case 'dense':
        x = device.dense(x, kernelOf(layer, parameter), bias, appliedActivation(layer));
        break;
      case 'conv2d': {
        const geometry = windowGeometry(layer, batch);
        x = device.convolution(x, kernelOf(layer, parameter), bias, appliedActivation(layer), geometry);
        break;
      }
      case 'max-pool2d':
      case 'average-pool2d':
        x = device.pool(spec.type, x, windowGeometry(layer, batch));
        break;
      case 'global-average-pool2d':
        x = device.globalAverage(x);
        break;
      case 'flatten':
      case 'reshape':
        x = device.reshape(x, [batch, ...layer.outputShape]);
        break;
      case 'activation': {
        const activation = appliedActivation(layer);
        if (activation !== 'linear') x = device.activate(activation, x);
        break;
      }
      case 'batch-normalisation': {
        const tensors = tensorsOf(layer, parameter);
        if (dropout === undefined) x = device.normaliseByRunning(x, tensors, spec.epsilon);
        else {
          const made = device.normalise(x, tensors, spec.epsilon);
          normalised.set(layer.index, made);
          x = made.y;
        }
        break;
      }
      case 'dropout': {
        if (dropout === undefined || spec.rate === 0) break;
        const length = batch * sizeOf(layer.inputShape);
        const mask = device.upload(dropoutMask(dropout.seed, dropout.step, layer.index, spec.rate, length), [
          batch,
          ...layer.inputShape,
        ]);
        masks.set(layer.index, mask);
        x = device.multiply(x, mask);
        break;
      }
      default: {
        if (!isSequenceLayer(spec)) {
          spec satisfies never;
          break;
        }
        if (device.sequence === undefined) throw new Error(`Layer ${layer.name} has no kernels here.`);
        const made = device.sequence(layer, x, layer.slots.map(parameter), batch);
        sequences.set(layer.index, made);
        x = device.activate(appliedActivation(layer), made.y);
      }
    }
    outputs.push(x);
  }
  return { outputs, masks, normalised, sequences };
}

/**
 * Calls `apply` with each slot's gradient, last layer first; nothing below a slot is read after its call. Running statistics are
 * told their drift, running − the batch's.
 */
export function backward(
  device: Device,
  network: Network,
  parameter: ParameterTensor,
  trace: Trace,
  outputGradient: Tensor,
  batch: number,
  apply: (slot: ParameterSlot, gradient: Tensor) => void,
): void {
  const lowest = lowestTrained(network);
  let dy = outputGradient;
  for (const layer of network.layers.toReversed()) {
    if (layer.index < lowest) return;
    const { spec, kernel } = layer;
    const x = trace.outputs[layer.index];
    const y = trace.outputs[layer.index + 1];
    if (x === undefined || y === undefined) throw new Error(`Layer ${layer.name} has no trace.`);
    const activation = appliedActivation(layer);
    if (activation !== 'linear') dy = device.activationBackward(activation, y, dy);
    const biasGradient = layer.bias === undefined ? undefined : device.biasGradient(dy);
    const below = layer.index > lowest;
    switch (spec.type) {
      case 'dense':
      case 'conv2d': {
        if (kernel === undefined) break;
        const geometry = spec.type === 'conv2d' ? windowGeometry(layer, batch) : undefined;
        const gradient =
          geometry === undefined
            ? device.denseKernelGradient(x, dy)
            : device.convolutionKernelGradient(x, dy, geometry);
        if (below)
          dy =
            geometry === undefined
              ? device.denseInputGradient(dy, parameter(kernel))
              : device.convolutionInputGradient(dy, parameter(kernel), geometry);
        apply(kernel, gradient);
        break;
      }
      case 'max-pool2d':
      case 'average-pool2d':
        dy = device.poolBackward(spec.type, x, y, dy, windowGeometry(layer, batch));
        break;
      case 'global-average-pool2d':
        dy = device.globalAverageBackward(dy, [batch, ...layer.inputShape]);
        break;
      case 'flatten':
      case 'reshape':
        dy = device.reshape(dy, [batch, ...layer.inputShape]);
        break;
      case 'dropout': {
        const mask = trace.masks.get(layer.index);
        if (mask !== undefined) dy = device.multiply(dy, mask);
        break;
      }
      case 'batch-normalisation': {
        const of = trace.normalised.get(layer.index);
        const slots = layer.normalisation;
        if (of === undefined || slots === undefined) throw new Error(`Layer ${layer.name} has no trace.`);
        const gradients = device.normaliseBackward(dy, of, parameter(slots.gamma));
        dy = gradients.dx;
        apply(slots.gamma, gradients.gamma);
        apply(slots.beta, gradients.beta);
        apply(slots.mean, of.drift.mean);
        apply(slots.variance, of.drift.variance);
        break;
      }
      case 'activation':
        break;
      default: {
        if (!isSequenceLayer(spec)) {
          spec satisfies never;
          break;
        }
        const gradients = trace.sequences.get(layer.index)?.back(dy);
        if (gradients === undefined) throw new Error(`Layer ${layer.name} has no trace.`);
        dy = gradients.dx;
        for (const [place, slot] of layer.slots.entries()) {
          const gradient = gradients.slots[place];
          if (gradient !== undefined) apply(slot, gradient);
        }
      }
    }
    if (layer.bias !== undefined && biasGradient !== undefined) apply(layer.bias, biasGradient);
  }
}
