// What a version is made of where the server has sums alone: the one of all devices, as a strategy that sums folds it; or the means of
// groups, which a strategy that compares takes as it takes updates.
import { sumAt, type FixedPointSum } from '#lib/core/aggregation/fixed-point-sum.ts';
import type { Aggregated, AggregationFailure, IndividualStrategy } from '#lib/core/aggregation/strategy.ts';
import { normOf } from '#lib/core/privacy/clip.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import type { SumAttempt } from '#lib/core/secure-sum/attempt-state.ts';
import { decodeSum, scalarsOf, type SumFault } from '#lib/core/secure-sum/encoding.ts';
import { weighedBy } from '#lib/core/secure-sum/groups.ts';
import { rangeHeld } from '#lib/core/update/codec/ring-compact.ts';
import { BLOCK_VALUES } from '../comparing.ts';
import type { AggregationPlan, ReadBase } from '../stored-updates.ts';

export interface DecodedSums {
  /** In the order of groups. */
  readonly sums: readonly FixedPointSum[];
  /** For the range of the next round: of each rotation block the longest (DecodedSum); undefined: it is not to be relied on. */
  readonly norms: readonly number[] | undefined;
  /** Rows that devices count, as the sum says them; undefined: it does not. */
  readonly weight: number | undefined;
}

/** `words`: the sums without their masks. `goal`: updates that a noisy sum is divided by. */
export function decodeSums(
  { strategy, setting }: AggregationPlan,
  attempts: readonly SumAttempt[],
  words: readonly Uint32Array<ArrayBuffer>[],
  goal: number,
): Result<DecodedSums, SumFault> {
  const sums: FixedPointSum[] = [];
  let norms: readonly number[] | undefined = [];
  let weight: number | undefined;
  const scalars = scalarsOf(weighedBy(strategy), setting);
  for (const [group, attempt] of attempts.entries()) {
    if (attempt.phase !== 'summed') throw new Error(`The sum of group ${group} is not open.`);
    const decoded = decodeSum(attempt.config, words[group]!, attempt.summed, scalars);
    if (!decoded.ok) return decoded;
    const { sum, nearWrapping, norms: these } = decoded.value;
    const so: readonly number[] | undefined = norms;
    norms =
      so === undefined || !rangeHeld(nearWrapping)
        ? undefined
        : these.map((norm, block) => Math.max(norm, so[block] ?? 0));
    // Under noise each counts once, whoever came: divided by those who were expected (core/privacy/central.ts).
    if (attempt.config.encoding.type === 'noisy') sum.weight = sum.count = goal;
    else weight = strategy.needs === 'sum' ? sum.weight : 0;
    sums.push(sum);
  }
  return ok({ sums, norms, weight });
}

/** [P] each: the mean update of a group. */
function meanOf(sum: FixedPointSum): Float32Array<ArrayBuffer> {
  return Float32Array.from(sum.values, (_, i) => sumAt(sum, i) / sum.weight);
}

export function versionOfSums(
  { strategy, setting }: AggregationPlan,
  sums: readonly FixedPointSum[],
  { master, state }: ReadBase,
): Result<Aggregated, AggregationFailure> {
  if (strategy.needs === 'individual')
    return compared(strategy, sums.map(meanOf), setting, { master, state });
  const [sum] = sums;
  return sum === undefined ? fail({ kind: 'no-updates' }) : strategy.finish(sum, master, state, setting);
}

function compared(
  strategy: IndividualStrategy,
  means: readonly Float32Array[],
  setting: AggregationPlan['setting'],
  { master, state }: Pick<ReadBase, 'master' | 'state'>,
): Result<Aggregated, AggregationFailure> {
  const facts = means.map((mean) => ({
    examples: 1,
    steps: 1,
    baseLoss: null,
    norm: normOf(mean),
    staleness: 0,
  }));
  const started = strategy.start(facts, setting);
  if (!started.ok) return started;
  const rule = started.value;
  for (let pass = rule.next(); pass !== undefined; pass = rule.next())
    for (let offset = 0; offset < setting.parameterCount; offset += BLOCK_VALUES)
      pass({ offset, values: means.map((mean) => mean.subarray(offset, offset + BLOCK_VALUES)) });
  const delta = rule.delta();
  return delta.ok ? strategy.finish(delta.value, master, state, setting) : delta;
}
