// Port: running a network. The port names no engine; its contract suite (test/contract/trainer.ts) holds every
// implementation to the plain-loop reference trainer in core/model.
import type { Tally } from '../core/metrics/tally.ts';
import type { Network } from '../core/model/network.ts';
import type { TrainingPlan } from '../core/model/spec.ts';

export type BackendName =
  'gpu' | 'jax-webgpu' | 'webgpu' | 'webgl' | 'simd' | 'jax-wasm' | 'wasm' | 'cpu' | 'reference';

/** What leaves an engine when it can go on no longer; thrown by any method of a session, which is then dead. */
export class TrainerFailure extends Error {
  override readonly name = 'TrainerFailure';
  constructor(
    readonly kind: 'device-lost' | 'out-of-memory' | 'unsupported',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Rows to learn from or to score. The trainer copies what it needs and never writes to it. */
export interface Rows {
  readonly count: number;
  /** [count, ...inputShape]; a Uint8Array stands for value / 255. */
  readonly features: Uint8Array | Float32Array;
  /** [count]: class index, or number. */
  readonly targets: Int32Array | Float32Array;
}

/** Everything that training needs to go on as if it had not stopped. Owns its buffers. */
export interface TrainerState {
  /** [P] */
  readonly parameters: Float32Array<ArrayBuffer>;
  /** Momentum [P]; Adam first moments then second moments [2P]; empty for plain SGD. */
  readonly optimizer: Float32Array<ArrayBuffer>;
  /** Steps taken since the optimiser state was last empty (Adam's t). */
  readonly steps: number;
}

export type SessionPlan = Pick<TrainingPlan, 'learningRate' | 'optimizer' | 'proximalTerm' | 'seed'>;

/** One network on one device, with its rows held there. Calls are made one after the other. */
export interface TrainerSession {
  /** Holds rows on the device until they are replaced. */
  setRows(rows: Rows): Promise<void>;
  /** Replaces parameters and optimiser state; they also become the proximal term's anchor unless one is given. */
  setState(state: TrainerState, anchor?: Float32Array): Promise<void>;
  /**
   * Added to the gradient of every step from now on, before the optimiser sees it: y ← y − η(g + correction) under plain SGD
   * (SCAFFOLD, Karimireddy et al. 2020, Algorithm 1, line 10, with correction = c − cᵢ). [P], copied; undefined takes it away,
   * and so does setState(), which comes first.
   */
  setCorrection(correction: Float32Array | undefined): Promise<void>;
  /**
   * One optimiser step on the rows at `indices` (mean loss over them). Enqueues and returns; reads nothing back.
   * Dropout masks depend only on (plan.seed, steps so far).
   */
  step(indices: Uint32Array): Promise<void>;
  /** Mean training loss (nats or squared error) over the examples of all steps since the last call; NaN if there were none. The one read-back. */
  takeLoss(): Promise<number>;
  state(): Promise<TrainerState>;
  /** Scores rows with the present parameters, without dropout. `classes` 0: regression. Loss as in core/metrics. */
  evaluate(
    rows: Rows,
    options?: { readonly batchSize?: number; readonly signal?: AbortSignal },
  ): Promise<Tally>;
  /** [count, outputSize]: class probabilities, or numbers. */
  predict(features: Uint8Array | Float32Array, count: number): Promise<Float32Array<ArrayBuffer>>;
  /** Bytes that the engine holds on the device now; undefined where it cannot tell. */
  memoryBytes(): number | undefined;
  /** Frees everything; safe to call twice. */
  close(): void;
}

export interface Trainer {
  readonly backend: BackendName;
  /** What the person reads: "WebGPU · NVIDIA H200", "WebAssembly · SIMD, 2 threads". */
  readonly description: string;
  open(network: Network, plan: SessionPlan): Promise<TrainerSession>;
  /** Releases the device. */
  dispose(): void;
}
