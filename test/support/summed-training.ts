// Training a model that is learnt from sums over a loopback: every participant's update is encoded, decoded and folded in as the
// server would. For tests and benchmarks.
import { addChunk, endUpdate, fixedPointSum, quantumFor } from '#lib/core/aggregation/fixed-point-sum.ts';
import type { ModelRows, SummedModel } from '#lib/core/aggregation/summed-model.ts';
import { codecNamed, decodeAll } from '#lib/core/update/codec/index.ts';
import { updateCheck } from '#lib/core/update/check-update.ts';
import { MAXIMUM_COORDINATE } from '#lib/protocol/limits.ts';

export interface SummedTraining {
  /** The state after each round; first the initial one. */
  readonly versions: readonly Float32Array<ArrayBuffer>[];
}

/** Rounds until the model is complete. Throws where anything is refused. */
export function trainSummed(
  model: SummedModel,
  participants: readonly ModelRows[],
  onVersion: (parameters: Float32Array<ArrayBuffer>, round: number) => void = () => {},
): SummedTraining {
  const versions = [model.initial()];
  for (let round = 0; ; round += 1) {
    const base = versions.at(-1)!;
    onVersion(base, round);
    const progress = model.progress(base);
    if (!progress.ok) throw new Error(progress.error.message);
    if (progress.value.isComplete) return { versions };
    if (round > progress.value.roundsNeeded) throw new Error(`Not complete after ${round} rounds.`);
    versions.push(oneRound(model, base, participants));
  }
}

/** One round of all participants, in the order given. */
export function oneRound(
  model: SummedModel,
  base: Float32Array,
  participants: readonly ModelRows[],
): Float32Array<ArrayBuffer> {
  const { strategy } = model;
  const setting = {
    parameterCount: model.parameterCount,
    options: {},
    training: { learningRate: 1, momentum: 0, proximalTerm: 0 },
    population: participants.length,
  };
  const length = strategy.updateLength(model.parameterCount);
  const claimed = participants.reduce((total, rows) => total + strategy.weightBound(rows.count), 0);
  const sum = fixedPointSum(length, quantumFor(claimed, MAXIMUM_COORDINATE * strategy.scaleBound(setting)));
  const codec = codecNamed('f32');
  for (const [index, rows] of participants.entries()) {
    const update = model.update(base, rows);
    if (!update.ok) throw new Error(update.error.message);
    const received = decodeAll(codec, codec.encode(update.value, `${index}`), length, `${index}`);
    if (!received.ok) throw new Error(received.error.kind);
    const check = updateCheck(length, MAXIMUM_COORDINATE);
    check.add(received.value);
    const checked = check.finish();
    if (!checked.ok) throw new Error(checked.error.kind);
    const facts = {
      examples: rows.count,
      steps: 1,
      baseLoss: null,
      norm: checked.value.norm,
      staleness: 0,
    };
    const { scale, weight, scalars } = strategy.weigh(facts, setting);
    addChunk(sum, 0, received.value, weight, scale);
    endUpdate(sum, weight, scalars);
  }
  const made = strategy.finish(sum, base, new Float32Array(0), setting);
  if (!made.ok) throw new Error(made.error.kind);
  return made.value.parameters;
}
