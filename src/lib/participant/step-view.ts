// One step of training looked at from inside: its four phases one after the other in plain loops, each timed, beside what the engine made
// of the same batch in one go. Loaded when somebody looks.
import { gatherFeatures } from '../core/model/reference/batches.ts';
import type { Numbers } from '../core/model/reference/numbers.ts';
import { gradientOf, type PassPhase } from '../core/model/reference/passes.ts';
import { trainedRanges, type Network } from '../core/model/network.ts';
import { applyGradient, optimizerLength } from '../core/model/optimizer.ts';
import type { NetworkSpec } from '../core/model/spec.ts';
import { normOf } from '../core/privacy/clip.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rows, SessionPlan, TrainerState } from '../ports/trainer.ts';

export const stepPhases = ['forward', 'loss', 'backward', 'optimizer'] as const;
export type StepPhase = (typeof stepPhases)[number];

export interface StepView {
  /** From 1, of the whole training. */
  readonly step: number;
  readonly batch: number;
  /** Milliseconds of each phase in plain loops. */
  readonly phases: Readonly<Record<StepPhase, number>>;
  /** Of the whole step in plain loops, measured by itself: what the phases leave out of it shows. */
  readonly plainMs: number;
  /** The engine's own time for the step, all phases in one go. */
  readonly engineMs: number;
  /** Mean over the batch, before the step: nats, or squared error. */
  readonly loss: number;
  /** Euclidean, of the mean loss; and of what the engine's step changed. */
  readonly gradientNorm: number;
  readonly updateNorm: number;
  /** Largest difference of the engine's step from the plain one, in parts of the step's largest move; null where nothing moved. */
  readonly apart: number | null;
  readonly layers: readonly LayerView[];
  /** By what it is judged and moved. */
  readonly rule: Pick<NetworkSpec, 'loss'> &
    Pick<SessionPlan, 'optimizer' | 'learningRate'> & {
      /** Classes, or predicted numbers. */
      readonly outputs: number;
    };
}

export interface LayerView {
  readonly name: string;
  /** With the batch first. */
  readonly outputShape: readonly number[];
  readonly parameters: number;
  /** null: it has no parameters. */
  readonly gradientNorm: number | null;
  readonly updateNorm: number | null;
}

export interface LookedAtStep {
  readonly network: Network;
  readonly plan: SessionPlan;
  readonly rows: Rows;
  readonly indices: Uint32Array;
  readonly before: TrainerState;
  /** What the engine made of it. */
  readonly after: TrainerState;
  readonly engineMs: number;
  /** [P]: of the proximal term. */
  readonly anchor: Float32Array;
  readonly correction: Float32Array | undefined;
}

/** Takes the step again by the reference's arithmetic (adapters/reference), which every engine is held to. */
export function lookAtStep(looked: LookedAtStep, clock: Pick<Clock, 'monotonic'>): StepView {
  const { network, plan, rows, indices, before, after, engineMs, anchor, correction } = looked;
  const count = network.parameterCount;
  const batch = indices.length;
  const rowSize = network.spec.inputShape.reduce((total, side) => total * side, 1);
  const features = new Float32Array(batch * rowSize);
  gatherFeatures(rows.features, rowSize, indices, features);
  const targets = Array.from(indices, (index) => rows.targets[index]!);
  const parameters = before.parameters.slice();
  const optimizer = new Float32Array(optimizerLength(plan.optimizer, count));
  optimizer.set(before.optimizer.subarray(0, optimizer.length));
  const gradient = new Float64Array(count);
  const phases: Record<StepPhase, number> = { forward: 0, loss: 0, backward: 0, optimizer: 0 };
  const began = clock.monotonic();
  let since = began;
  const ended = (phase: PassPhase | 'optimizer'): void => {
    const now = clock.monotonic();
    phases[phase] = now - since;
    since = now;
  };
  const dropout = { seed: plan.seed, step: before.steps };
  const pass = gradientOf(network, before.parameters, features, targets, batch, dropout, false, ended);
  // An optimiser may write to it. All that is no part of the step and can be done before it was.
  gradient.set(pass.gradient);
  const t = before.steps + 1;
  since = clock.monotonic();
  for (const { from, to } of trainedRanges(network)) {
    const own = pass.gradient.subarray(from, to);
    applyGradient(plan, parameters, from, own, optimizer, count, anchor, t, correction);
  }
  for (const { slot, values } of pass.statistics) parameters.set(values, slot.offset);
  ended('optimizer');
  const plainMs = since - began;
  const update = Float32Array.from(after.parameters, (value, i) => value - before.parameters[i]!);
  return {
    step: t,
    batch,
    phases,
    plainMs,
    engineMs,
    loss: pass.lossSum / batch,
    gradientNorm: normOf(gradient),
    updateNorm: normOf(update),
    rule: {
      loss: network.spec.loss,
      outputs: network.outputSize,
      optimizer: plan.optimizer,
      learningRate: plan.learningRate,
    },
    apart: apartOf(parameters, after.parameters, before.parameters),
    layers: network.layers.map((layer) => {
      const { slots } = layer;
      const norm = (values: Numbers): number =>
        Math.hypot(...slots.map(({ offset, length }) => normOf(values.subarray(offset, offset + length))));
      return {
        name: layer.name,
        outputShape: [batch, ...layer.outputShape],
        parameters: slots.reduce((sum, { length }) => sum + length, 0),
        gradientNorm: slots.length === 0 ? null : norm(gradient),
        updateNorm: slots.length === 0 ? null : norm(update),
      };
    }),
  };
}

function apartOf(expected: Float32Array, got: Float32Array, start: Float32Array): number | null {
  let difference = 0;
  let move = 0;
  for (let i = 0; i < expected.length; i += 1) {
    difference = Math.max(difference, Math.abs(got[i]! - expected[i]!));
    move = Math.max(move, Math.abs(expected[i]! - start[i]!));
  }
  return move === 0 ? null : difference / move;
}
