// One round's updates, all in memory, made into one version by either kind of strategy: what the coordinator does from its
// spool (server/coordinator), without a spool.
import { addChunk, endUpdate, fixedPointSum, quantumFor } from '../../core/aggregation/fixed-point-sum.ts';
import type {
  Aggregated,
  AggregationFailure,
  AggregationSetting,
  Strategy,
  UpdateFacts,
} from '../../core/aggregation/strategy.ts';
import { fail, type Result } from '../../core/result.ts';
import { MAXIMUM_COORDINATE } from '../../protocol/limits.ts';

export interface ArrivedUpdate {
  readonly facts: UpdateFacts;
  /** [updateLength], each within ±MAXIMUM_COORDINATE. */
  readonly values: Float32Array;
}

export interface RoundToAggregate {
  /** In the order of their participants. */
  readonly updates: readonly ArrivedUpdate[];
  /** Of the coordinator's own rows, where the strategy measures by it. */
  readonly root: ArrivedUpdate | undefined;
  readonly base: Float32Array;
  readonly state: Float32Array;
  readonly setting: AggregationSetting;
}

export function aggregatePlainly(
  strategy: Strategy,
  { updates, root, base, state, setting }: RoundToAggregate,
): Result<Aggregated, AggregationFailure> {
  if (updates.length === 0) return fail({ kind: 'no-updates' });
  if (strategy.needs === 'sum') {
    const weight = updates.reduce((total, { facts }) => total + strategy.weightBound(facts.examples), 0);
    const sum = fixedPointSum(
      strategy.updateLength(setting.parameterCount),
      quantumFor(weight, MAXIMUM_COORDINATE * strategy.scaleBound(setting)),
    );
    for (const { facts, values } of updates) {
      const weighed = strategy.weigh(facts, setting);
      addChunk(sum, 0, values, weighed.weight, weighed.scale);
      endUpdate(sum, weighed.weight, weighed.scalars);
    }
    return strategy.finish(sum, base, state, setting);
  }
  const compared = root === undefined ? updates : [root, ...updates];
  const started = strategy.start(
    compared.map(({ facts }) => facts),
    setting,
  );
  if (!started.ok) return started;
  const rule = started.value;
  const block = { offset: 0, values: compared.map(({ values }) => values) };
  for (let pass = rule.next(); pass !== undefined; pass = rule.next()) pass(block);
  const delta = rule.delta();
  return delta.ok ? strategy.finish(delta.value, base, state, setting) : delta;
}
