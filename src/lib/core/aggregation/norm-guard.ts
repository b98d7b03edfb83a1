// A guard in front of any strategy: an aggregate that moves the model much further than lately is refused, and the old
// version kept. It sees the aggregate alone, so that it also works behind secure aggregation, where no update can be looked at.
// After Sun, Kairouz, Suresh & McMahan 2019, "Can You Really Backdoor Federated Learning?" (norm thresholding), with a
// threshold from the run's own history. Reading the history and abandoning the round is the coordinator's work.
import { fail, ok, type Result } from '../result.ts';
import { medianOf } from './order-statistics.ts';
import type { AggregationFailure } from './strategy.ts';

/** Committed versions that are looked back on. */
export const GUARD_VERSIONS = 20;
/** With fewer, every norm passes: the first versions of a run move most, and differ most. */
export const GUARD_MINIMUM_VERSIONS = 5;

/** ‖after − before‖₂, both [P]: of an aggregate delta, whatever strategy made it. */
export function movedNorm(before: Float32Array, after: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < before.length; i += 1) {
    const moved = after[i]! - before[i]!;
    squares += moved * moved;
  }
  return Math.sqrt(squares);
}

/**
 * `history`: norms of the committed aggregate deltas, oldest first; the last 20 count. Refuses a `norm` above `factor` times
 * their median. Where that median is 0 there is nothing to measure by, and the norm passes.
 */
export function guardNorm(
  history: readonly number[],
  norm: number,
  factor: number,
): Result<null, Extract<AggregationFailure, { kind: 'norm-jump' }>> {
  const recent = history.slice(-GUARD_VERSIONS);
  if (recent.length < GUARD_MINIMUM_VERSIONS) return ok(null);
  const median = medianOf(recent);
  if (median === 0 || norm <= factor * median) return ok(null);
  return fail({ kind: 'norm-jump', norm, median, factor, versions: recent.length });
}
