// What a back end must be able to do for a training step: a dozen operations, explicit forward and backward, no gradient
// tape. Kernels are called directly, so the operations cost no bookkeeping of TensorFlow.js's engine and several back ends
// can live side by side.
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { BuiltLayer, Network, ParameterSlot } from '../../core/model/network.ts';
import type { StepPlan } from '../../core/model/optimizer.ts';
import type { Activation } from '../../core/model/spec.ts';
import type { WindowGeometry } from '../../core/model/window-geometry.ts';
import type { BackendName, Rows, TrainerFailure } from '../../ports/trainer.ts';

export type Tensor = TensorInfo;
export type PoolKind = 'max-pool2d' | 'average-pool2d';

/** One slot of parameters on the device, with its optimiser state and the proximal term's anchor. */
export interface DeviceParameter {
  readonly tensor: Tensor;
  /** Enqueues the update by `gradient` at step `t` (from 1). May write to `gradient`. */
  apply(gradient: Tensor, t: number): void;
  /** What is added to every gradient from now on, [length], copied; undefined: nothing. */
  correct(correction: Float32Array | undefined): void;
  /** Copies: value [length]; state [0, length or 2·length]. */
  read(): Promise<{ readonly value: Float32Array; readonly state: Float32Array }>;
  dispose(): void;
}

/** [C] each. */
export interface NormalisationTensors {
  readonly gamma: Tensor;
  readonly beta: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** What a normalisation leaves for its way back, beside its output. */
export interface Normalised {
  readonly y: Tensor;
  /** x − mean: [B, …, C], or as a matrix of rows. */
  readonly centred: Tensor;
  /** 1/√(variance + ε), [C]. */
  readonly inverse: Tensor;
  /** running − the batch's, [C]: by 1 − momentum of it the running ones go down. */
  readonly drift: { readonly mean: Tensor; readonly variance: Tensor };
}

export interface NormalisationGradients {
  readonly dx: Tensor;
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

/** A layer for sequences, and its way back. */
export interface SequenceTrace {
  readonly y: Tensor;
  /** Of the input, and of the layer's slots in their order. */
  back(dy: Tensor): { readonly dx: Tensor; readonly slots: readonly Tensor[] };
}

export interface ParameterValues {
  readonly value: Float32Array;
  /** First and second moments; empty ones where the optimiser has none. */
  readonly moments: readonly [Float32Array, Float32Array];
  /** Read only where the plan has a proximal term. */
  readonly anchor: Float32Array;
}

/** The loss of one session: its gradient, and its sum kept on the device. */
export interface DeviceLoss {
  /** Gradient of the mean loss over the batch with respect to outputs [batch, outputSize]; adds to the sum. */
  gradient(outputs: Tensor, targets: ArrayLike<number>, batch: number): Tensor;
  /** Σ over the examples since the last call. The one read-back. */
  take(): Promise<number>;
  dispose(): void;
}

/** Rows held for gathering batches. */
export interface DeviceRows {
  /** [indices.length, ...inputShape]: the batch, bytes scaled to 0–1. */
  batch(indices: ArrayLike<number>): Tensor;
  readonly bytes: number;
  dispose(): void;
}

/**
 * Operations return tensors that live until `endStep()`, unless `keep` has taken them out. `dy` may be overwritten where the
 * result takes its place. Shapes: x [B, in], W [in, units]; images [B, H, W, C].
 */
export interface Device {
  readonly backend: BackendName;
  readonly description: string;
  upload(values: Float32Array, shape: readonly number[]): Tensor;
  /** An owned copy. */
  read(tensor: Tensor): Promise<Float32Array<ArrayBuffer>>;
  reshape(tensor: Tensor, shape: readonly number[]): Tensor;
  /** Frees everything that the operations since the last call have made. */
  endStep(): void;

  dense(x: Tensor, kernel: Tensor, bias: Tensor | undefined, activation: Activation): Tensor;
  denseKernelGradient(x: Tensor, dy: Tensor): Tensor;
  denseInputGradient(dy: Tensor, kernel: Tensor): Tensor;
  convolution(
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | undefined,
    activation: Activation,
    geometry: WindowGeometry,
  ): Tensor;
  convolutionKernelGradient(x: Tensor, dy: Tensor, geometry: WindowGeometry): Tensor;
  convolutionInputGradient(dy: Tensor, kernel: Tensor, geometry: WindowGeometry): Tensor;
  /** dy summed over all axes but the last. */
  biasGradient(dy: Tensor): Tensor;
  pool(kind: PoolKind, x: Tensor, geometry: WindowGeometry): Tensor;
  poolBackward(kind: PoolKind, x: Tensor, y: Tensor, dy: Tensor, geometry: WindowGeometry): Tensor;
  globalAverage(x: Tensor): Tensor;
  /** `shape`: of the input, [B, H, W, C]. */
  globalAverageBackward(dy: Tensor, shape: readonly number[]): Tensor;
  activate(activation: Activation, x: Tensor): Tensor;
  /** dy · f′, where y = f(x). */
  activationBackward(activation: Activation, y: Tensor, dy: Tensor): Tensor;
  multiply(a: Tensor, b: Tensor): Tensor;
  /** By the batch's own mean and variance over all axes but the last. */
  normalise(x: Tensor, slots: NormalisationTensors, epsilon: number): Normalised;
  normaliseBackward(dy: Tensor, of: Normalised, gamma: Tensor): NormalisationGradients;
  /** By the running mean and variance. */
  normaliseByRunning(x: Tensor, slots: NormalisationTensors, epsilon: number): Tensor;

  /** Runs a layer of core/model/sequence.ts; undefined: this device has none of them. `parameters`: of its slots. */
  readonly sequence:
    | ((layer: BuiltLayer, x: Tensor, parameters: readonly Tensor[], batch: number) => SequenceTrace)
    | undefined;

  holdRows(rows: Rows, inputShape: readonly number[]): DeviceRows;
  parameter(slot: ParameterSlot, values: ParameterValues, plan: StepPlan): DeviceParameter;
  loss(network: Network): DeviceLoss;
  /** Waits until everything enqueued has run; throws TrainerFailure if the device is gone. */
  settle(): Promise<void>;
  /** Tensors alive on the device: flat over steps, or something leaks. */
  tensorCount(): number;
  memoryBytes(): number | undefined;
  /** Set once the device is gone, or has refused memory. */
  failure(): TrainerFailure | undefined;
  dispose(): void;
}
