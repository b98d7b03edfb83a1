// Local training in plain loops, for the playground: the batches of a real participant (batch-order.ts), the gradients of the
// reference trainer and the optimiser of every engine. No checkpoint, no pause: a round here takes milliseconds.
import { exampleSize, type Examples } from '../../core/data/examples.ts';
import { figure } from '../../core/metrics/figures.ts';
import type { Network } from '../../core/model/network.ts';
import { applyGradient, optimizerLength } from '../../core/model/optimizer.ts';
import { gatherFeatures } from '../../core/model/reference/batches.ts';
import { forward, gradientOf } from '../../core/model/reference/passes.ts';
import { scorer } from '../../core/model/scoring.ts';
import type { TrainingPlan } from '../../core/model/spec.ts';
import { batchesOf, epochOrder } from '../batch-order.ts';

export interface Trained {
  /** [P]: after − before. May hold what is no number where training diverged. */
  readonly delta: Float32Array<ArrayBuffer>;
  readonly steps: number;
}

/** `correction` [P] is added to every gradient: c − c_k of SCAFFOLD. */
export function trainPlainly(
  network: Network,
  base: Float32Array,
  rows: Examples,
  plan: TrainingPlan,
  correction?: Float32Array,
): Trained {
  const size = exampleSize(rows);
  const parameters = base.slice();
  const state = new Float32Array(optimizerLength(plan.optimizer, network.parameterCount));
  let steps = 0;
  for (let epoch = 0; epoch < plan.localEpochs; epoch += 1) {
    const order = epochOrder(plan.seed, epoch, rows.count);
    for (let batch = 0; batch < batchesOf(rows.count, plan.batchSize); batch += 1) {
      const indices = order.subarray(batch * plan.batchSize, (batch + 1) * plan.batchSize);
      const features = new Float32Array(indices.length * size);
      gatherFeatures(rows.features, size, indices, features);
      const targets = Array.from(indices, (row) => rows.targets[row]!);
      const { gradient } = gradientOf(network, parameters, features, targets, indices.length);
      if (correction !== undefined)
        for (let i = 0; i < gradient.length; i += 1) gradient[i]! += correction[i]!;
      steps += 1;
      applyGradient(plan, parameters, 0, gradient, state, network.parameterCount, base, steps);
    }
  }
  const delta = new Float32Array(base.length);
  for (let i = 0; i < delta.length; i += 1) delta[i] = parameters[i]! - base[i]!;
  return { delta, steps };
}

export interface PlayScore {
  readonly accuracy: number;
  /** Mean, nats; not finite where the model has diverged. */
  readonly loss: number;
}

/** Of `rows`, at least one. */
export function scorePlainly(network: Network, parameters: Float32Array, rows: Examples): PlayScore {
  const size = exampleSize(rows);
  const features = new Float32Array(rows.count * size);
  gatherFeatures(
    rows.features,
    size,
    Uint32Array.from({ length: rows.count }, (_, row) => row),
    features,
  );
  const outputs = forward(network, parameters, features, rows.count).at(-1) ?? features;
  const score = scorer(network);
  score.add(Float32Array.from(outputs), rows.targets, rows.count);
  const tally = score.tally();
  return {
    accuracy: figure(tally, 'accuracy') ?? 0,
    loss: tally.type === 'classification' ? tally.lossSum / rows.count : NaN,
  };
}
