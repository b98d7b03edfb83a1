// The Trainer port on core's plain loops: no engine, no device, slow and exact. Tests and simulations train on it, and the
// contract suite holds every other engine to it.
import { gatherFeatures, asNumbers, consecutive } from '../../core/model/reference/batches.ts';
import { forward, gradientOf } from '../../core/model/reference/passes.ts';
import { isClassifier, softmaxRows } from '../../core/model/head.ts';
import { trainedRanges, type Network } from '../../core/model/network.ts';
import { applyGradient, optimizerLength } from '../../core/model/optimizer.ts';
import { scorer } from '../../core/model/scoring.ts';
import type { Rows, SessionPlan, Trainer, TrainerSession, TrainerState } from '../../ports/trainer.ts';

function openSession(network: Network, plan: SessionPlan): TrainerSession {
  const count = network.parameterCount;
  const trained = trainedRanges(network);
  const rowSize = network.spec.inputShape.reduce((total, side) => total * side, 1);
  let parameters = new Float32Array(count);
  let optimizer = new Float32Array(optimizerLength(plan.optimizer, count));
  let anchor: Float32Array = parameters.slice();
  let correction: Float32Array | undefined;
  let steps = 0;
  let rows: Rows | undefined;
  let lossSum = 0;
  let examples = 0;

  const outputsOf = (features: Float32Array, batch: number): Float32Array =>
    Float32Array.from(forward(network, parameters, features, batch).at(-1) ?? []);

  return {
    async setRows(given) {
      rows = { count: given.count, features: given.features.slice(), targets: given.targets.slice() };
    },
    async setState(state, given) {
      parameters = state.parameters.slice();
      optimizer = new Float32Array(optimizerLength(plan.optimizer, count));
      optimizer.set(state.optimizer.subarray(0, optimizer.length));
      steps = state.steps;
      anchor = (given ?? parameters).slice();
      correction = undefined;
    },
    async setCorrection(given) {
      if (given !== undefined && given.length !== count)
        throw new Error(`Expected a correction of ${count} numbers, got ${given.length}.`);
      correction = given?.slice();
    },
    async step(indices) {
      if (rows === undefined) throw new Error('setRows() comes before step().');
      const { features, targets } = rows;
      const batch = new Float32Array(indices.length * rowSize);
      gatherFeatures(features, rowSize, indices, batch);
      const batchTargets = Array.from(indices, (index) => targets[index]!);
      const pass = gradientOf(network, parameters, batch, batchTargets, indices.length, {
        seed: plan.seed,
        step: steps,
      });
      steps += 1;
      for (const { from, to } of trained)
        applyGradient(
          plan,
          parameters,
          from,
          pass.gradient.subarray(from, to),
          optimizer,
          count,
          anchor,
          steps,
          correction,
        );
      for (const { slot, values } of pass.statistics) parameters.set(values, slot.offset);
      lossSum += pass.lossSum;
      examples += indices.length;
    },
    async takeLoss() {
      const mean = lossSum / examples;
      lossSum = 0;
      examples = 0;
      return mean;
    },
    async state(): Promise<TrainerState> {
      return { parameters: parameters.slice(), optimizer: optimizer.slice(), steps };
    },
    async evaluate(given, options) {
      const size = options?.batchSize ?? 256;
      const score = scorer(network);
      for (let from = 0; from < given.count; from += size) {
        options?.signal?.throwIfAborted();
        const batch = Math.min(size, given.count - from);
        const features = new Float32Array(batch * rowSize);
        gatherFeatures(given.features, rowSize, consecutive(from, batch), features);
        score.add(outputsOf(features, batch), given.targets.subarray(from, from + batch), batch);
      }
      return score.tally();
    },
    async predict(features, batch) {
      const outputs = new Float32Array(batch * network.outputSize);
      outputs.set(outputsOf(asNumbers(features), batch));
      if (isClassifier(network)) softmaxRows(outputs, network.outputSize);
      return outputs;
    },
    memoryBytes: () =>
      4 * (parameters.length + optimizer.length + anchor.length) + (rows?.features.byteLength ?? 0),
    close() {
      rows = undefined;
    },
  };
}

export function createReferenceTrainer(): Trainer {
  const sessions = new Set<TrainerSession>();
  return {
    backend: 'reference',
    description: 'Plain loops, the reference',
    async open(network, plan) {
      const session = openSession(network, plan);
      sessions.add(session);
      return session;
    },
    dispose() {
      for (const session of sessions) session.close();
      sessions.clear();
    },
  };
}
