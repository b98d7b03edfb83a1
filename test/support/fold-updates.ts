// A round of a sum strategy in one call, as the coordinator makes it: each update is weighed, added chunk by chunk and ended.
import {
  addChunk,
  endUpdate,
  fixedPointSum,
  quantumFor,
} from '../../src/lib/core/aggregation/fixed-point-sum.ts';
import { strategySpec } from '../../src/lib/core/aggregation/strategy-spec.ts';
import type {
  Aggregated,
  AggregationFailure,
  AggregationSetting,
  SumStrategy,
  UpdateFacts,
} from '../../src/lib/core/aggregation/strategy.ts';
import type { Result } from '../../src/lib/core/result.ts';

export const LIMIT = 64;

export interface Sample extends UpdateFacts {
  /** [updateLength] */
  readonly values: Float32Array;
}

/** An update of one example and one step at loss 1, of the current version, but for what is given. */
export const sample = (values: readonly number[], facts: Partial<UpdateFacts> = {}): Sample => ({
  examples: 1,
  steps: 1,
  baseLoss: 1,
  norm: Math.hypot(...values),
  staleness: 0,
  ...facts,
  values: Float32Array.from(values),
});

/** The strategy's defaults but for the options given; learning rate 0.1, plain SGD, ten participants. */
export const settingFor = (
  strategy: SumStrategy,
  parameterCount: number,
  options: Readonly<Record<string, number>> = {},
  rest: Partial<AggregationSetting> = {},
): AggregationSetting => ({
  parameterCount,
  options: strategySpec(strategy.name, options).options,
  training: { learningRate: 0.1, momentum: 0, proximalTerm: 0 },
  population: 10,
  ...rest,
});

/** The round's quantum, from what the strategy promises of its weights and scales. */
export const roundQuantum = (
  strategy: SumStrategy,
  updates: readonly UpdateFacts[],
  setting: AggregationSetting,
): number =>
  quantumFor(
    updates.reduce((total, { examples }) => total + strategy.weightBound(examples), 0),
    LIMIT * strategy.scaleBound(setting),
  );

export function foldUpdates(
  strategy: SumStrategy,
  updates: readonly Sample[],
  setting: AggregationSetting,
  chunkLength = 1000,
) {
  const sum = fixedPointSum(
    strategy.updateLength(setting.parameterCount),
    roundQuantum(strategy, updates, setting),
  );
  for (const { values, ...facts } of updates) {
    const { scale, weight, scalars } = strategy.weigh(facts, setting);
    for (let offset = 0; offset < values.length; offset += chunkLength)
      addChunk(sum, offset, values.slice(offset, offset + chunkLength), weight, scale);
    endUpdate(sum, weight, scalars);
  }
  return sum;
}

export function tryRound(
  strategy: SumStrategy,
  updates: readonly Sample[],
  base: Float32Array,
  state: Float32Array,
  setting: AggregationSetting,
  chunkLength?: number,
): Result<Aggregated, AggregationFailure> {
  return strategy.finish(foldUpdates(strategy, updates, setting, chunkLength), base, state, setting);
}

/** The new version; throws what the strategy refuses. `state` undefined: a version without state. */
export function roundOf(
  strategy: SumStrategy,
  updates: readonly Sample[],
  base: Float32Array,
  setting: AggregationSetting,
  state: Float32Array = new Float32Array(strategy.stateLength(setting)),
  chunkLength?: number,
): Aggregated {
  const made = tryRound(strategy, updates, base, state, setting, chunkLength);
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  return made.value;
}

export const bytesOf = (values: Float32Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
