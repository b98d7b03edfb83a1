// A training session on a graphics device of ours: parameters, what the optimiser keeps, and rows are held there. Steps wait
// and are submitted some at a time, and nothing is read back but the loss, the state and outputs when they are asked for.
import type { Network } from '../../core/model/network.ts';
import { optimizerLength } from '../../core/model/optimizer.ts';
import { evaluated, predicted } from '../../core/model/scoring.ts';
import {
  TrainerFailure,
  type Rows,
  type SessionPlan,
  type TrainerSession,
  type TrainerState,
} from '../../ports/trainer.ts';
import { asTrainerFailure } from '../engine-failures.ts';
import { LOSS_SUMS } from './loss.ts';
import { programOf } from './program.ts';
import { loadProgram, type Runner, type SharedBuffers } from './runner.ts';
import { scoreRows } from './scoring.ts';
import { writeRecord, writeTraining } from './step-record.ts';
import { STORAGE, type Workshop } from './workshop.ts';

interface HeldRows {
  readonly buffer: GPUBuffer;
  readonly bytes: boolean;
  readonly targets: Int32Array | Float32Array;
}

export class GpuSession implements TrainerSession {
  readonly #workshop: Workshop;
  readonly #network: Network;
  readonly #plan: SessionPlan;
  readonly #onClose: () => void;
  readonly #parameters: GPUBuffer;
  readonly #moments: GPUBuffer;
  readonly #losses: GPUBuffer;
  /** Bound where there is nothing to read. */
  readonly #nothing: GPUBuffer;
  readonly #anchor: GPUBuffer | undefined;
  #correction: GPUBuffer | undefined;
  #rows: HeldRows | undefined;
  #training: Runner | undefined;
  #buffers: SharedBuffers | undefined;
  #stateSet = false;
  #steps = 0;
  #examples = 0;
  #dead: TrainerFailure | undefined;
  /** The submission before the last is waited for, so that a fast host does not run away from a slow device. */
  #submitted: Promise<void> = Promise.resolve();

  /** Throws TrainerFailure('out-of-memory'). */
  static async open(
    workshop: Workshop,
    network: Network,
    plan: SessionPlan,
    onClose: (session: GpuSession) => void,
  ): Promise<GpuSession> {
    let session: GpuSession | undefined;
    try {
      return await workshop.checked(() => (session = new GpuSession(workshop, network, plan, onClose)));
    } catch (error) {
      session?.close();
      throw error;
    }
  }

  private constructor(
    workshop: Workshop,
    network: Network,
    plan: SessionPlan,
    onClose: (session: GpuSession) => void,
  ) {
    this.#workshop = workshop;
    this.#network = network;
    this.#plan = plan;
    this.#onClose = () => onClose(this);
    const { parameterCount } = network;
    // The largest first: what cannot be bound is met before anything else is made.
    this.#moments = this.#buffer(4 * optimizerLength(plan.optimizer, parameterCount));
    this.#parameters = this.#buffer(4 * parameterCount);
    this.#losses = this.#buffer(4 * LOSS_SUMS);
    this.#nothing = this.#buffer(0);
    this.#anchor = plan.proximalTerm > 0 ? this.#buffer(4 * parameterCount) : undefined;
  }

  #buffer(bytes: number): GPUBuffer {
    return this.#workshop.buffer(bytes, STORAGE);
  }
  #free(...buffers: readonly (GPUBuffer | undefined)[]): void {
    for (const buffer of buffers) if (buffer !== undefined) this.#workshop.free(buffer);
  }

  /** Runs `work` at once, and translates what the device throws. */
  async #guarded<T>(work: () => T | Promise<T>): Promise<T> {
    const refuse = (failure: TrainerFailure): TrainerFailure => (this.#dead ??= failure);
    const { gpu } = this.#workshop;
    if (this.#dead !== undefined) throw this.#dead;
    const gone = gpu.failure();
    if (gone !== undefined) throw refuse(gone);
    try {
      return await work();
    } catch (error) {
      const failure = this.#dead ?? gpu.failure() ?? asTrainerFailure(error);
      throw failure === undefined ? error : refuse(failure);
    }
  }

  setRows(rows: Rows): Promise<void> {
    return this.#guarded(async () => {
      this.#submit();
      this.#free(this.#rows?.buffer);
      this.#rows = undefined;
      this.#buffers = undefined;
      const { features } = rows;
      const bytes = features instanceof Uint8Array;
      if (bytes !== this.#training?.program.bytes) this.#forgetTraining();
      const buffer = await this.#workshop.checked(() => this.#buffer(features.byteLength));
      this.#workshop.write(buffer, features);
      this.#rows = { buffer, bytes, targets: rows.targets.slice() };
    });
  }

  setState(state: TrainerState, anchor?: Float32Array): Promise<void> {
    return this.#guarded(() => {
      const { parameterCount } = this.#network;
      if (state.parameters.length !== parameterCount)
        throw new Error(`Expected ${parameterCount} parameters, got ${state.parameters.length}.`);
      this.#submit();
      this.#correct(undefined);
      this.#workshop.write(this.#parameters, state.parameters);
      const moments = new Float32Array(optimizerLength(this.#plan.optimizer, parameterCount));
      moments.set(state.optimizer.subarray(0, moments.length));
      this.#workshop.write(this.#moments, moments);
      if (this.#anchor !== undefined) this.#workshop.write(this.#anchor, anchor ?? state.parameters);
      this.#steps = state.steps;
      this.#stateSet = true;
    });
  }

  setCorrection(correction: Float32Array | undefined): Promise<void> {
    return this.#guarded(() => {
      const { parameterCount } = this.#network;
      if (correction !== undefined && correction.length !== parameterCount)
        throw new Error(`Expected a correction of ${parameterCount} numbers, got ${correction.length}.`);
      this.#submit();
      this.#correct(correction);
    });
  }

  #correct(correction: Float32Array | undefined): void {
    if ((correction === undefined) !== (this.#correction === undefined)) {
      this.#forgetTraining();
      this.#free(this.#correction);
      this.#correction = correction === undefined ? undefined : this.#buffer(4 * correction.length);
      this.#buffers = undefined;
    }
    if (correction !== undefined && this.#correction !== undefined)
      this.#workshop.write(this.#correction, correction);
  }

  #forgetTraining(): void {
    this.#training?.free();
    this.#training = undefined;
  }

  /** The program for batches of `batch` rows, which smaller ones run on too. */
  async #trainingFor(batch: number, bytes: boolean): Promise<Runner> {
    this.#submit();
    this.#forgetTraining();
    const program = programOf(this.#network, batch, bytes, {
      optimizer: this.#plan.optimizer,
      isProximal: this.#anchor !== undefined,
      isCorrected: this.#correction !== undefined,
      parameterCount: this.#network.parameterCount,
    });
    const made = await loadProgram(this.#workshop, program);
    if (this.#dead !== undefined) {
      made.free();
      throw this.#dead;
    }
    this.#training = made;
    return made;
  }

  #sharedBuffers(examples: GPUBuffer): SharedBuffers {
    return {
      parameters: this.#parameters,
      moments: this.#moments,
      anchor: this.#anchor ?? this.#nothing,
      correction: this.#correction ?? this.#nothing,
      examples,
      losses: this.#losses,
    };
  }

  /** Encodes the steps that wait. */
  readonly #encode = (encoder: GPUCommandEncoder): void => {
    if (this.#training === undefined || this.#rows === undefined) return;
    this.#training.encode(encoder, (this.#buffers ??= this.#sharedBuffers(this.#rows.buffer)));
  };
  #submit(): void {
    if (this.#training === undefined || this.#training.waiting === 0) return;
    const { device } = this.#workshop.gpu;
    const encoder = device.createCommandEncoder();
    this.#encode(encoder);
    device.queue.submit([encoder.finish()]);
  }

  step(indices: Uint32Array): Promise<void> {
    return this.#guarded(async () => {
      if (this.#rows === undefined) throw new Error('setRows() comes before step().');
      if (!this.#stateSet) throw new Error('setState() comes first.');
      const { bytes, targets } = this.#rows;
      let training = this.#training;
      if (training === undefined || training.program.batch < indices.length)
        training = await this.#trainingFor(indices.length, bytes);
      const { record, batch } = training.program;
      const words = training.next(batch);
      writeRecord(words, record, indices, targets);
      this.#steps += 1;
      writeTraining(words, record, this.#plan, this.#steps);
      this.#examples += indices.length;
      if (!training.isFull) return;
      this.#submit();
      const before = this.#submitted;
      // A device that fails meanwhile is met by the next call, through failure().
      this.#submitted = this.#workshop.gpu.device.queue.onSubmittedWorkDone().then(
        () => {},
        () => {},
      );
      await before;
    });
  }

  takeLoss(): Promise<number> {
    return this.#guarded(async () => {
      if (this.#examples === 0) return NaN;
      const examples = this.#examples;
      this.#examples = 0;
      const sums = await this.#workshop.read([[this.#losses, LOSS_SUMS]], this.#encode, (encoder) =>
        encoder.clearBuffer(this.#losses),
      );
      return sums.reduce((total, sum) => total + sum, 0) / examples;
    });
  }

  state(): Promise<TrainerState> {
    return this.#guarded(async () => {
      const { parameterCount } = this.#network;
      const moments = optimizerLength(this.#plan.optimizer, parameterCount);
      const steps = this.#steps;
      const read = await this.#workshop.read(
        [
          [this.#parameters, parameterCount],
          [this.#moments, moments],
        ],
        this.#encode,
      );
      return { parameters: read.slice(0, parameterCount), optimizer: read.slice(parameterCount), steps };
    });
  }

  #score(
    features: Uint8Array | Float32Array,
    count: number,
    options: { readonly batchSize?: number; readonly signal?: AbortSignal },
    use: (outputs: Float32Array, from: number, rows: number) => void,
  ): Promise<void> {
    const { batchSize, signal } = options;
    return this.#guarded(() => {
      this.#submit();
      const buffersWith = (examples: GPUBuffer): SharedBuffers => this.#sharedBuffers(examples);
      const scoring = { workshop: this.#workshop, network: this.#network, buffersWith, batchSize, signal };
      return scoreRows(scoring, features, count, use);
    });
  }

  evaluate(
    rows: Rows,
    options: { readonly batchSize?: number; readonly signal?: AbortSignal } = {},
  ): ReturnType<TrainerSession['evaluate']> {
    return evaluated(this.#network, rows.targets, (use) =>
      this.#score(rows.features, rows.count, options, use),
    );
  }

  predict(features: Uint8Array | Float32Array, count: number): Promise<Float32Array<ArrayBuffer>> {
    return predicted(this.#network, count, (use) => this.#score(features, count, {}, use));
  }

  memoryBytes(): number {
    return this.#workshop.bytes;
  }

  close(): void {
    this.#dead ??= new TrainerFailure('unsupported', 'This session is closed.');
    this.#forgetTraining();
    this.#free(this.#parameters, this.#moments, this.#losses, this.#nothing, this.#anchor, this.#correction, this.#rows?.buffer); // prettier-ignore
    this.#rows = undefined;
    this.#onClose();
  }
}
