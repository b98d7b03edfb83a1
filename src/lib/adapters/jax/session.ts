// A training session on jax-js: parameters and what the optimiser keeps are arrays of its device, a step is one compiled
// program over them, and nothing is read back but the loss, the state and outputs when they are asked for. Rows wait on this side:
// jax-js has no bytes, and a batch is small beside what a step makes of it.
import { numpy as np, tree, type Array as JaxArray } from '@jax-js/jax';
import { dropoutMask } from '../../core/model/dropout.ts';
import { isClassifier } from '../../core/model/head.ts';
import { isTrained, type Network, type ParameterSlot } from '../../core/model/network.ts';
import { optimizerLength } from '../../core/model/optimizer.ts';
import { consecutive, gatherFeatures } from '../../core/model/reference/batches.ts';
import { evaluated, predicted } from '../../core/model/scoring.ts';
import {
  TrainerFailure,
  type Rows,
  type SessionPlan,
  type TrainerSession,
  type TrainerState,
} from '../../ports/trainer.ts';
import { asTrainerFailure } from '../engine-failures.ts';
import type { JaxDevice } from './device.ts';
import { dropoutLayers, settingsOf, type Given, type Held, type Outputs, type TrainingStep } from './step.ts';

/** Rows of a scored batch. */
const EVALUATION_BATCH = 256;
/** Steps that may be started ahead of the device: one to two times this. */
const STEPS_AHEAD = 16;

/** What sessions of the same network on a device share. */
export interface Programs {
  readonly step: TrainingStep;
  readonly outputs: Outputs;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((total, side) => total * side, 1);

export class JaxSession implements TrainerSession {
  readonly #device: JaxDevice;
  readonly #programs: Programs;
  readonly #network: Network;
  readonly #plan: SessionPlan;
  readonly #trained: readonly ParameterSlot[];
  readonly #dropping: ReturnType<typeof dropoutLayers>;
  readonly #onClose: () => void;
  #held: Held | undefined;
  #anchor: JaxArray[] = [];
  #correction: JaxArray[] = [];
  #rows: Rows | undefined;
  #steps = 0;
  #examples = 0;
  #dead: TrainerFailure | undefined;
  /** Work started before, waited for now and then, so that a fast host does not run away from a slow device. */
  #mark: Promise<void> = Promise.resolve();

  constructor(
    device: JaxDevice,
    programs: Programs,
    network: Network,
    plan: SessionPlan,
    onClose: (session: JaxSession) => void,
  ) {
    this.#device = device;
    this.#programs = programs;
    this.#network = network;
    this.#plan = plan;
    this.#trained = network.slots.filter(isTrained);
    this.#dropping = dropoutLayers(network);
    this.#onClose = () => onClose(this);
  }

  #alive(): void {
    if (this.#dead !== undefined) throw this.#dead;
    const gone = this.#device.failure();
    if (gone !== undefined) throw (this.#dead = gone);
  }

  /** Runs work of jax-js, and translates what it throws. What the device refused meanwhile has made nothing of use. */
  async #onDevice<T>(work: () => T | Promise<T>): Promise<T> {
    this.#alive();
    let done: T;
    try {
      done = await work();
    } catch (error) {
      throw (this.#dead ??= this.#device.failure() ?? failureOf(error));
    }
    this.#alive();
    return done;
  }

  /** Copies the values at once. */
  #array(values: Float32Array, shape: readonly number[]): JaxArray {
    return np.array(values, { shape: [...shape], device: this.#device.name });
  }
  /** The parts of a flat [P] that belong to `slots`. */
  #parts(values: Float32Array, slots: readonly ParameterSlot[]): JaxArray[] {
    return slots.map(({ offset, length, shape }) =>
      this.#array(values.subarray(offset, offset + length), shape),
    );
  }

  async setRows(rows: Rows): Promise<void> {
    this.#alive();
    this.#rows = { count: rows.count, features: rows.features.slice(), targets: rows.targets.slice() };
  }

  async setState(state: TrainerState, anchor?: Float32Array): Promise<void> {
    this.#alive();
    const { parameterCount, slots } = this.#network;
    if (state.parameters.length !== parameterCount)
      throw new Error(`Expected ${parameterCount} parameters, got ${state.parameters.length}.`);
    const { optimizer, proximalTerm } = this.#plan;
    const moments = new Float32Array(optimizerLength(optimizer, parameterCount));
    moments.set(state.optimizer.subarray(0, moments.length));
    await this.#onDevice(() => {
      this.#free();
      const moment = (which: number): JaxArray[] => {
        const values = moments.subarray(which * parameterCount, (which + 1) * parameterCount);
        return values.length === 0 ? [] : this.#parts(values, this.#trained);
      };
      if (proximalTerm > 0) this.#anchor = this.#parts(anchor ?? state.parameters, this.#trained);
      this.#held = {
        parameters: this.#parts(state.parameters, slots),
        first: moment(0),
        second: moment(1),
        loss: this.#array(new Float32Array(1), []),
      };
    });
    this.#examples = 0;
    this.#steps = state.steps;
  }

  async setCorrection(correction: Float32Array | undefined): Promise<void> {
    this.#alive();
    const { parameterCount } = this.#network;
    if (correction !== undefined && correction.length !== parameterCount)
      throw new Error(`Expected a correction of ${parameterCount} numbers, got ${correction.length}.`);
    await this.#onDevice(() => {
      tree.dispose(this.#correction);
      this.#correction = correction === undefined ? [] : this.#parts(correction, this.#trained);
    });
  }

  #features(features: Rows['features'], indices: Uint32Array, batch: number): JaxArray {
    const { inputShape } = this.#network.spec;
    const gathered = new Float32Array(batch * sizeOf(inputShape));
    gatherFeatures(features, sizeOf(inputShape), indices, gathered);
    return this.#array(gathered, [batch, ...inputShape]);
  }

  #targets(targets: Rows['targets'], indices: Uint32Array): JaxArray {
    const batch = indices.length;
    if (!isClassifier(this.#network))
      return this.#array(
        Float32Array.from(indices, (index) => targets[index] ?? NaN),
        [batch],
      );
    const classes = this.#network.outputSize;
    const hot = new Float32Array(batch * classes);
    for (const [row, index] of indices.entries()) hot[row * classes + (targets[index] ?? NaN)] = 1;
    return this.#array(hot, [batch, classes]);
  }

  #masks(batch: number): JaxArray[] {
    return this.#dropping.map(({ index, inputShape, rate }) => {
      const mask = dropoutMask(this.#plan.seed, this.#steps, index, rate, batch * sizeOf(inputShape));
      return this.#array(mask, [batch, ...inputShape]);
    });
  }

  async step(indices: Uint32Array): Promise<void> {
    this.#alive();
    if (this.#rows === undefined) throw new Error('setRows() comes before step().');
    if (this.#held === undefined) throw new Error('setState() comes first.');
    const { features, targets } = this.#rows;
    const held = this.#held;
    await this.#onDevice(async () => {
      const given: Given = {
        features: this.#features(features, indices, indices.length),
        targets: this.#targets(targets, indices),
        masks: this.#masks(indices.length),
        anchor: tree.ref(this.#anchor),
        correction: tree.ref(this.#correction),
        settings: this.#array(settingsOf(this.#plan, this.#steps + 1), [5]),
      };
      this.#held = undefined;
      this.#held = this.#programs.step(held, given);
      await this.#device.start(this.#held.loss);
    });
    this.#steps += 1;
    this.#examples += indices.length;
    if (this.#steps % STEPS_AHEAD !== 0) return;
    await this.#mark;
    // A device that fails meanwhile is met by the next call, through failure().
    this.#mark = this.#device.settle().catch(() => undefined);
  }

  async takeLoss(): Promise<number> {
    const held = this.#held;
    if (held === undefined || this.#examples === 0) {
      this.#alive();
      return NaN;
    }
    return this.#onDevice(async () => {
      const [sum = NaN] = await this.#device.read(held.loss.ref);
      held.loss.dispose();
      held.loss = this.#array(new Float32Array(1), []);
      const mean = sum / this.#examples;
      this.#examples = 0;
      return mean;
    });
  }

  async state(): Promise<TrainerState> {
    this.#alive();
    const held = this.#held;
    if (held === undefined) throw new Error('setState() comes first.');
    const { parameterCount, slots } = this.#network;
    const parameters = new Float32Array(parameterCount);
    const optimizer = new Float32Array(optimizerLength(this.#plan.optimizer, parameterCount));
    const into = async (
      flat: Float32Array,
      from: number,
      of: readonly ParameterSlot[],
      arrays: readonly JaxArray[],
    ): Promise<void> => {
      const read = await Promise.all(arrays.map((array) => this.#device.read(array.ref)));
      for (const [index, values] of read.entries()) flat.set(values, from + (of[index]?.offset ?? 0));
    };
    await this.#onDevice(async () => {
      await into(parameters, 0, slots, held.parameters);
      await into(optimizer, 0, this.#trained, held.first);
      await into(optimizer, parameterCount, this.#trained, held.second);
    });
    return { parameters, optimizer, steps: this.#steps };
  }

  /** Calls `use` with logits, or numbers, of the rows `from … from + rows`. The last batch is filled up with zeros. */
  async #score(
    features: Rows['features'],
    count: number,
    options: { readonly batchSize?: number; readonly signal?: AbortSignal },
    use: (outputs: Float32Array, from: number, rows: number) => void,
  ): Promise<void> {
    this.#alive();
    const { outputSize } = this.#network;
    const batch = Math.min(options.batchSize ?? EVALUATION_BATCH, count);
    for (let from = 0; from < count; from += batch) {
      options.signal?.throwIfAborted();
      const held = this.#held;
      if (held === undefined) throw new Error('setState() comes first.');
      const rows = Math.min(batch, count - from);
      const outputs = await this.#onDevice(() => {
        const some = this.#features(features, consecutive(from, rows), batch);
        return this.#device.read(this.#programs.outputs(tree.ref(held.parameters), some));
      });
      use(outputs.subarray(0, rows * outputSize), from, rows);
    }
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

  /** jax-js keeps what it has freed for reuse, and does not say how much. */
  memoryBytes(): undefined {
    return undefined;
  }

  #free(): void {
    if (this.#held !== undefined) tree.dispose(this.#held);
    tree.dispose(this.#anchor);
    tree.dispose(this.#correction);
    this.#held = undefined;
    this.#anchor = [];
    this.#correction = [];
  }

  close(): void {
    this.#dead ??= new TrainerFailure('unsupported', 'This session is closed.');
    this.#free();
    this.#rows = undefined;
    this.#onClose();
  }
}

/** Whatever jax-js throws while it traces, compiles or runs a program, the answer is another engine. */
function failureOf(error: unknown): TrainerFailure {
  const known = asTrainerFailure(error);
  if (known !== undefined) return known;
  const text = error instanceof Error ? error.message : String(error);
  // Its allocator's, and WebAssembly's own.
  if (error instanceof RangeError)
    return new TrainerFailure('out-of-memory', `jax-js ran out of memory (${text}).`, { cause: error });
  return new TrainerFailure('unsupported', `jax-js cannot train this model: ${text}`, { cause: error });
}
