// A training session on any device: rows and parameters are held there, steps are enqueued, and nothing is read back but the
// loss, the state and predictions when they are asked for.
import { isClassifier, softmaxRows } from '../../core/model/head.ts';
import { isTrained, type Network, type ParameterSlot } from '../../core/model/network.ts';
import { optimizerLength, type StepPlan } from '../../core/model/optimizer.ts';
import { scorer } from '../../core/model/scoring.ts';
import { consecutive } from '../../core/model/reference/batches.ts';
import {
  TrainerFailure,
  type Rows,
  type SessionPlan,
  type TrainerSession,
  type TrainerState,
} from '../../ports/trainer.ts';
import type { Device, DeviceLoss, DeviceParameter, DeviceRows, Tensor } from './device.ts';
import { asTrainerFailure } from '../engine-failures.ts';
import { backward, forward } from './network-passes.ts';

const EVALUATION_BATCH = 256;
/** Steps that may be enqueued ahead of the device: one to two times this. */
const STEPS_AHEAD = 16;

export class DeviceSession implements TrainerSession {
  readonly #device: Device;
  readonly #network: Network;
  readonly #plan: SessionPlan;
  readonly #loss: DeviceLoss;
  #parameters = new Map<ParameterSlot, DeviceParameter>();
  #rows: { readonly held: DeviceRows; readonly targets: Int32Array | Float32Array } | undefined;
  #steps = 0;
  #examples = 0;
  #dead: TrainerFailure | undefined;
  readonly #onClose: () => void;
  /** Work enqueued before, waited for now and then, so that a fast host does not run away from a slow device. */
  #mark: Promise<void> = Promise.resolve();

  constructor(device: Device, network: Network, plan: SessionPlan, onClose: () => void) {
    this.#device = device;
    this.#network = network;
    this.#plan = plan;
    this.#loss = device.loss(network);
    this.#onClose = onClose;
  }

  /** Runs `work`, frees what it left on the device, and translates what an engine throws. */
  async #guarded<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#dead !== undefined) throw this.#dead;
    const gone = this.#device.failure();
    if (gone !== undefined) throw this.#die(gone);
    try {
      return await work();
    } catch (error) {
      const failure = this.#device.failure() ?? asTrainerFailure(error);
      throw failure === undefined ? error : this.#die(failure);
    } finally {
      if (this.#dead === undefined) this.#device.endStep();
    }
  }

  #die(failure: TrainerFailure): TrainerFailure {
    this.#dead = failure;
    return failure;
  }

  setRows(rows: Rows): Promise<void> {
    return this.#guarded(() => {
      this.#rows?.held.dispose();
      this.#rows = undefined;
      this.#rows = {
        held: this.#device.holdRows(rows, this.#network.spec.inputShape),
        targets: rows.targets.slice(),
      };
    });
  }

  setState(state: TrainerState, anchor?: Float32Array): Promise<void> {
    return this.#guarded(() => {
      const { parameterCount, slots } = this.#network;
      if (state.parameters.length !== parameterCount)
        throw new Error(`Expected ${parameterCount} parameters, got ${state.parameters.length}.`);
      const optimizer = new Float32Array(optimizerLength(this.#plan.optimizer, parameterCount));
      optimizer.set(state.optimizer.subarray(0, optimizer.length));
      this.#freeParameters();
      for (const slot of slots) {
        const { offset, length } = slot;
        const part = (values: Float32Array, from: number): Float32Array =>
          values.subarray(from, from + length);
        this.#parameters.set(
          slot,
          this.#device.parameter(
            slot,
            {
              value: part(state.parameters, offset),
              moments: isTrained(slot)
                ? [part(optimizer, offset), part(optimizer, parameterCount + offset)]
                : [optimizer.subarray(0, 0), optimizer.subarray(0, 0)],
              anchor: part(anchor ?? state.parameters, offset),
            },
            this.#stepPlan(slot),
          ),
        );
      }
      this.#steps = state.steps;
    });
  }

  setCorrection(correction: Float32Array | undefined): Promise<void> {
    return this.#guarded(() => {
      const { parameterCount, slots } = this.#network;
      if (correction !== undefined && correction.length !== parameterCount)
        throw new Error(`Expected a correction of ${parameterCount} numbers, got ${correction.length}.`);
      for (const slot of slots.filter(isTrained))
        this.#parameter(slot).correct(correction?.subarray(slot.offset, slot.offset + slot.length));
    });
  }

  /** Running statistics go by a rate of their own, and by nothing else: r ← r − (1 − momentum)(r − the batch's). */
  #stepPlan(slot: ParameterSlot): StepPlan {
    if (isTrained(slot)) return this.#plan;
    const layer = this.#network.layers.find(({ normalisation }) =>
      [normalisation?.mean, normalisation?.variance].includes(slot),
    );
    if (layer?.spec.type !== 'batch-normalisation') throw new Error(`${slot.name} belongs to no layer.`);
    return {
      learningRate: 1 - layer.spec.momentum,
      optimizer: { type: 'sgd', momentum: 0 },
      proximalTerm: 0,
    };
  }

  readonly #tensor = (slot: ParameterSlot): Tensor => this.#parameter(slot).tensor;
  #parameter(slot: ParameterSlot): DeviceParameter {
    const parameter = this.#parameters.get(slot);
    if (parameter === undefined) throw new Error('setState() comes first.');
    return parameter;
  }

  step(indices: Uint32Array): Promise<void> {
    return this.#guarded(() => {
      if (this.#rows === undefined) throw new Error('setRows() comes before step().');
      const { held, targets } = this.#rows;
      const batch = indices.length;
      const dropout = { seed: this.#plan.seed, step: this.#steps };
      const trace = forward(this.#device, this.#network, this.#tensor, held.batch(indices), batch, dropout);
      const outputs = trace.outputs[trace.outputs.length - 1];
      if (outputs === undefined) throw new Error('A network without layers.');
      const batchTargets = new Float32Array(batch);
      for (let row = 0; row < batch; row += 1) batchTargets[row] = targets[indices[row]!]!;
      const gradient = this.#loss.gradient(outputs, batchTargets, batch);
      this.#steps += 1;
      backward(this.#device, this.#network, this.#tensor, trace, gradient, batch, (slot, slotGradient) =>
        this.#parameter(slot).apply(slotGradient, this.#steps),
      );
      this.#examples += batch;
    }).then(async () => {
      if (this.#steps % STEPS_AHEAD !== 0) return;
      await this.#mark;
      // A device that fails meanwhile is met by the next call, through failure().
      this.#mark = this.#device.settle().catch(() => undefined);
    });
  }

  takeLoss(): Promise<number> {
    return this.#guarded(async () => {
      const sum = await this.#loss.take();
      const mean = sum / this.#examples;
      this.#examples = 0;
      return mean;
    });
  }

  state(): Promise<TrainerState> {
    return this.#guarded(async () => {
      const { parameterCount } = this.#network;
      const parameters = new Float32Array(parameterCount);
      const optimizer = new Float32Array(optimizerLength(this.#plan.optimizer, parameterCount));
      for (const [slot, held] of this.#parameters) {
        const { value, state } = await held.read();
        parameters.set(value, slot.offset);
        if (state.length > 0) optimizer.set(state.subarray(0, slot.length), slot.offset);
        if (state.length > slot.length)
          optimizer.set(state.subarray(slot.length), parameterCount + slot.offset);
      }
      return { parameters, optimizer, steps: this.#steps };
    });
  }

  /** Logits or numbers of the rows `from … from + batch`. */
  #outputs(held: DeviceRows, from: number, batch: number): Promise<Float32Array<ArrayBuffer>> {
    return this.#guarded(async () => {
      const trace = forward(
        this.#device,
        this.#network,
        this.#tensor,
        held.batch(consecutive(from, batch)),
        batch,
      );
      const outputs = trace.outputs[trace.outputs.length - 1];
      if (outputs === undefined) throw new Error('A network without layers.');
      return this.#device.read(outputs);
    });
  }

  /** Holds rows for as long as `use` takes. */
  async #withRows<T>(rows: Rows, use: (held: DeviceRows) => Promise<T>): Promise<T> {
    const held = await this.#guarded(() => this.#device.holdRows(rows, this.#network.spec.inputShape));
    try {
      return await use(held);
    } finally {
      held.dispose();
    }
  }

  async evaluate(
    rows: Rows,
    options?: { readonly batchSize?: number; readonly signal?: AbortSignal },
  ): ReturnType<TrainerSession['evaluate']> {
    const size = options?.batchSize ?? EVALUATION_BATCH;
    const score = scorer(this.#network);
    return this.#withRows(rows, async (held) => {
      for (let from = 0; from < rows.count; from += size) {
        options?.signal?.throwIfAborted();
        const batch = Math.min(size, rows.count - from);
        score.add(await this.#outputs(held, from, batch), rows.targets.subarray(from, from + batch), batch);
      }
      return score.tally();
    });
  }

  async predict(features: Uint8Array | Float32Array, count: number): Promise<Float32Array<ArrayBuffer>> {
    const { outputSize } = this.#network;
    const predictions = new Float32Array(count * outputSize);
    await this.#withRows({ count, features, targets: new Int32Array(0) }, async (held) => {
      for (let from = 0; from < count; from += EVALUATION_BATCH) {
        const batch = Math.min(EVALUATION_BATCH, count - from);
        predictions.set(await this.#outputs(held, from, batch), from * outputSize);
      }
    });
    if (isClassifier(this.#network)) softmaxRows(predictions, outputSize);
    return predictions;
  }

  memoryBytes(): number | undefined {
    return this.#device.memoryBytes();
  }

  #freeParameters(): void {
    for (const parameter of this.#parameters.values()) parameter.dispose();
    this.#parameters = new Map();
  }

  close(): void {
    if (this.#dead === undefined) {
      this.#freeParameters();
      this.#rows?.held.dispose();
      this.#loss.dispose();
    }
    this.#rows = undefined;
    this.#dead ??= new TrainerFailure('unsupported', 'This session is closed.');
    this.#onClose();
  }
}
