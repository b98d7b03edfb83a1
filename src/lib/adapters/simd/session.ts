// A training session over one linear memory: a row of zeros, the parameters as one flat buffer with what the optimiser keeps
// beside them, a correction where there is one, the rows, and then the program of the batch size at hand.
import { asNumbers } from '../../core/model/reference/batches.ts';
import { isTrained, type Network } from '../../core/model/network.ts';
import { momentRule, momentStep, momentumOf, optimizerLength } from '../../core/model/optimizer.ts';
import { rangesOf, type Range } from '../../core/model/ranges.ts';
import { evaluated, predicted } from '../../core/model/scoring.ts';
import {
  TrainerFailure,
  type Rows,
  type SessionPlan,
  type TrainerSession,
  type TrainerState,
} from '../../ports/trainer.ts';
import { reserve, type Instance } from './kernels.ts';
import { sizeOf, type Sink } from './layers.ts';
import { layoutFrom, padded } from './layout.ts';
import { compileProgram, programEnd, zerosLength, type Program } from './program.ts';

/** Rows that are scored at once: enough for the products, and the activations of a CNN still fit the caches. */
const SCORED_AT_ONCE = 64;
/** Addresses from here on are used: 0 is nobody's. */
const FIRST = 64;

interface HeldRows {
  readonly address: number;
  readonly bytes: boolean;
  readonly byteLength: number;
  readonly targets: Int32Array | Float32Array;
}

export class SimdSession implements TrainerSession {
  readonly #instance: Instance;
  readonly #network: Network;
  readonly #plan: SessionPlan;
  readonly #onClose: () => void;
  readonly #rowSize: number;
  readonly #zeros: number;
  readonly #parameters: number;
  readonly #gradient: number;
  /** Momentum, or Adam's first and second moments. */
  readonly #moments: readonly number[];
  readonly #anchor: number | undefined;
  /** The end of all that is there from the start. */
  readonly #fixedEnd: number;
  /** Running statistics. */
  readonly #untrained: readonly Range[];
  readonly #sinks: { readonly direct: Sink; readonly gradient: Sink };
  #correction: number | undefined;
  #rows: HeldRows | undefined;
  #training: Program | undefined;
  #scoring: Program | undefined;
  /** The program whose borders and masks the memory holds now. */
  #present: Program | undefined;
  #stateSet = false;
  #steps = 0;
  #lossSum = 0;
  #examples = 0;
  #closed: TrainerFailure | undefined;

  /** `instance` is this session's alone. Throws TrainerFailure('out-of-memory'). */
  constructor(instance: Instance, network: Network, plan: SessionPlan, onClose: () => void) {
    this.#instance = instance;
    this.#network = network;
    this.#plan = plan;
    this.#onClose = onClose;
    this.#untrained = rangesOf(network.slots.filter((slot) => !isTrained(slot)));
    this.#rowSize = sizeOf(network.spec.inputShape);
    const count = network.parameterCount;
    const layout = layoutFrom(FIRST);
    const zeros = zerosLength(network);
    this.#zeros = layout.floats(zeros);
    this.#parameters = layout.floats(count);
    this.#gradient = layout.floats(count);
    const moments = optimizerLength(plan.optimizer, count) / count;
    this.#moments = Array.from({ length: moments }, () => layout.floats(count));
    this.#anchor = plan.proximalTerm > 0 ? layout.floats(count) : undefined;
    this.#fixedEnd = layout.end;
    this.#sinks = {
      direct: { address: this.#parameters, adds: true, factor: -plan.learningRate },
      gradient: { address: this.#gradient, adds: false, factor: 1 },
    };
    reserve(instance.memory, layout.end);
    instance.kernels.clear(FIRST, layout.end - FIRST);
  }

  #alive(): void {
    if (this.#closed !== undefined) throw this.#closed;
  }

  /** [length] floats at an address; void once the memory has grown. */
  #floats(address: number, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#instance.memory.buffer, address, length);
  }

  #forgetPrograms(): void {
    this.#training = undefined;
    this.#scoring = undefined;
    this.#present = undefined;
  }

  get #rowsStart(): number {
    if (this.#correction === undefined) return this.#fixedEnd;
    const layout = layoutFrom(this.#correction);
    layout.floats(this.#network.parameterCount);
    return layout.end;
  }

  async setRows(rows: Rows): Promise<void> {
    this.#alive();
    this.#forgetPrograms();
    const { features } = rows;
    const { memory } = this.#instance;
    const address = this.#rowsStart;
    reserve(memory, address + features.byteLength + FIRST);
    if (features instanceof Uint8Array) new Uint8Array(memory.buffer).set(features, address);
    else this.#floats(address, features.length).set(features);
    this.#rows = {
      address,
      bytes: features instanceof Uint8Array,
      byteLength: features.byteLength,
      targets: rows.targets.slice(),
    };
  }

  async setState(state: TrainerState, anchor?: Float32Array): Promise<void> {
    this.#alive();
    const { parameterCount } = this.#network;
    if (state.parameters.length !== parameterCount)
      throw new Error(`Expected ${parameterCount} parameters, got ${state.parameters.length}.`);
    this.#correct(undefined);
    this.#floats(this.#parameters, parameterCount).set(state.parameters);
    for (const [index, address] of this.#moments.entries()) {
      const moment = this.#floats(address, parameterCount).fill(0);
      moment.set(state.optimizer.subarray(index * parameterCount, (index + 1) * parameterCount));
    }
    if (this.#anchor !== undefined)
      this.#floats(this.#anchor, parameterCount).set(anchor ?? state.parameters);
    this.#steps = state.steps;
    this.#stateSet = true;
  }

  async setCorrection(correction: Float32Array | undefined): Promise<void> {
    this.#alive();
    const { parameterCount } = this.#network;
    if (correction !== undefined && correction.length !== parameterCount)
      throw new Error(`Expected a correction of ${parameterCount} numbers, got ${correction.length}.`);
    this.#correct(correction);
  }

  /** Room for a correction is made before the rows, which move. */
  #correct(correction: Float32Array | undefined): void {
    if ((correction === undefined) !== (this.#correction === undefined)) {
      this.#forgetPrograms();
      this.#correction = correction === undefined ? undefined : this.#fixedEnd;
      if (this.#rows !== undefined) {
        const address = this.#rowsStart;
        reserve(this.#instance.memory, address + this.#rows.byteLength + FIRST);
        this.#instance.kernels.copy(address, this.#rows.address, this.#rows.byteLength);
        this.#rows = { ...this.#rows, address };
      }
    }
    if (correction === undefined || this.#correction === undefined) return;
    reserve(this.#instance.memory, this.#rowsStart);
    this.#floats(this.#correction, correction.length).set(correction);
  }

  #program(batch: number, training: boolean): Program {
    const known = training ? this.#training : this.#scoring;
    if (known?.batch === batch) {
      if (this.#present !== known) known.prepare();
      this.#present = known;
      return known;
    }
    const aligned = Math.ceil((this.#rowsStart + (this.#rows?.byteLength ?? 0) + 16) / FIRST) * FIRST;
    const before = this.#instance.memory.buffer;
    reserve(this.#instance.memory, programEnd(this.#network, batch, aligned, training));
    if (this.#instance.memory.buffer !== before) this.#forgetPrograms();
    const made = compileProgram(
      this.#network, batch, aligned, training, this.#instance, this.#zeros, this.#parameters,
    ); // prettier-ignore
    if (training) this.#training = made;
    else this.#scoring = made;
    made.prepare();
    this.#present = made;
    return made;
  }

  #gather(program: Program, rows: HeldRows, indices: Uint32Array): void {
    const { kernels } = this.#instance;
    const size = this.#rowSize;
    for (let row = 0; row < indices.length; row += 1) {
      const index = indices[row] ?? 0;
      const to = program.input + 4 * row * size;
      if (rows.bytes) kernels.gatherBytes(rows.address + index * size, size, to);
      else kernels.copy(to, rows.address + 4 * index * size, 4 * size);
      program.targets[row] = rows.targets[index] ?? NaN;
    }
  }

  async step(indices: Uint32Array): Promise<void> {
    this.#alive();
    if (this.#rows === undefined) throw new Error('setRows() comes before step().');
    if (!this.#stateSet) throw new Error('setState() comes first.');
    const { optimizer, proximalTerm, seed } = this.#plan;
    const program = this.#program(indices.length, true);
    this.#gather(program, this.#rows, indices);
    program.forward({ seed, step: this.#steps });
    // Plain SGD needs no gradient of its own: products add −η·gradient to the parameters where they lie.
    const direct =
      optimizer.type === 'sgd' &&
      optimizer.momentum === 0 &&
      proximalTerm === 0 &&
      this.#correction === undefined;
    this.#lossSum += program.backward(direct ? this.#sinks.direct : this.#sinks.gradient);
    this.#steps += 1;
    if (!direct) this.#optimize();
    program.settle();
    this.#examples += indices.length;
  }

  #optimize(): void {
    const { kernels } = this.#instance;
    const { optimizer, learningRate, proximalTerm } = this.#plan;
    const count = padded(this.#network.parameterCount);
    const [parameters, gradient] = [this.#parameters, this.#gradient];
    if (this.#anchor !== undefined) kernels.pull(gradient, parameters, this.#anchor, count, proximalTerm);
    if (this.#correction !== undefined) kernels.accumulate(this.#correction, gradient, count);
    const [first, second] = this.#moments;
    const rule = momentRule(optimizer);
    if (rule !== undefined && first !== undefined && second !== undefined) {
      const { beta1, beta2, epsilon } = rule;
      const { rate, correction, keep } = momentStep(rule, learningRate, this.#steps);
      kernels.moments(
        parameters, gradient, first, second, count,
        beta1, 1 - beta1, beta2, 1 - beta2, rate, correction, epsilon, keep,
      ); // prettier-ignore
    } else if (first !== undefined)
      kernels.momentum(parameters, gradient, first, count, momentumOf(optimizer), learningRate);
    else kernels.descend(parameters, gradient, count, learningRate);
    // Kernels go over the whole buffer: what no gradient moves is put back by the program, and has no moments.
    for (const { from, to } of this.#untrained)
      for (const address of [gradient, ...this.#moments]) kernels.clear(address + 4 * from, 4 * (to - from));
  }

  async takeLoss(): Promise<number> {
    this.#alive();
    const mean = this.#lossSum / this.#examples;
    this.#lossSum = 0;
    this.#examples = 0;
    return mean;
  }

  async state(): Promise<TrainerState> {
    this.#alive();
    const { parameterCount } = this.#network;
    const optimizer = new Float32Array(optimizerLength(this.#plan.optimizer, parameterCount));
    for (const [index, address] of this.#moments.entries())
      optimizer.set(this.#floats(address, parameterCount), index * parameterCount);
    return {
      parameters: this.#floats(this.#parameters, parameterCount).slice(),
      optimizer,
      steps: this.#steps,
    };
  }

  /** Calls `use` with the outputs of some rows at a time, which are read before it returns. */
  async #score(
    features: Uint8Array | Float32Array,
    count: number,
    signal: AbortSignal | undefined,
    use: (outputs: Float32Array, from: number, rows: number) => void,
  ): Promise<void> {
    const size = this.#rowSize;
    for (let from = 0; from < count; from += SCORED_AT_ONCE) {
      signal?.throwIfAborted();
      this.#alive();
      const rows = Math.min(SCORED_AT_ONCE, count - from);
      const program = this.#program(rows, false);
      const some = features.subarray(from * size, (from + rows) * size);
      this.#floats(program.input, rows * size).set(some instanceof Uint8Array ? asNumbers(some) : some);
      program.forward();
      use(program.outputs, from, rows);
    }
  }

  evaluate(
    rows: Rows,
    options?: { readonly batchSize?: number; readonly signal?: AbortSignal },
  ): ReturnType<TrainerSession['evaluate']> {
    return evaluated(this.#network, rows.targets, (use) =>
      this.#score(rows.features, rows.count, options?.signal, use),
    );
  }

  predict(features: Uint8Array | Float32Array, count: number): Promise<Float32Array<ArrayBuffer>> {
    return predicted(this.#network, count, (use) => this.#score(features, count, undefined, use));
  }

  memoryBytes(): number {
    return this.#instance.memory.buffer.byteLength;
  }

  close(): void {
    if (this.#closed !== undefined) return;
    this.#closed = new TrainerFailure('unsupported', 'This session is closed.');
    this.#forgetPrograms();
    this.#rows = undefined;
    this.#onClose();
  }
}
