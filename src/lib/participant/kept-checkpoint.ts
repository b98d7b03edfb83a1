// Which checkpoints of a run stay beside the newest, so that another run can branch from one: a few, spread over its steps.
import type { Checkpoint } from '../ports/participant-store.ts';

/** One that is kept, by the steps that had been taken. */
export interface KeptCheckpoint {
  readonly step: number;
  readonly epoch: number;
  /** null: not measured by then. */
  readonly loss: number | null;
  readonly savedAt: number;
}

/** Runs that keep theirs: of older ones they go. */
export const MOST_RUNS = 3;
/** Of one run. */
const MOST_EACH = 6;
/** Of all that a run keeps: a large model keeps fewer, but two. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Those of a run with one more, the latest step first; what it gave up for that is not among them. */
export function withCheckpoint(
  own: readonly KeptCheckpoint[],
  { epoch, savedAt, state, history }: Checkpoint,
  step: number,
): readonly KeptCheckpoint[] {
  const added = { step, epoch, loss: history.at(-1)?.loss ?? null, savedAt };
  const bytes = state.parameters.byteLength + state.optimizer.byteLength;
  const most = Math.max(2, Math.min(MOST_EACH, Math.floor(MOST_BYTES / Math.max(1, bytes))));
  return spread(
    [...own, added].toSorted((a, b) => b.step - a.step),
    most,
  );
}

/** The first and the last stay; of those between, the one with the closest neighbours goes. */
export function spread<Kept extends { readonly step: number }>(
  kept: readonly Kept[],
  most: number,
): readonly Kept[] {
  let left = kept;
  while (left.length > most) {
    let closest = 1;
    const gap = (at: number): number => Math.abs(left[at - 1]!.step - left[at + 1]!.step);
    for (let at = 2; at < left.length - 1; at += 1) if (gap(at) < gap(closest)) closest = at;
    left = left.toSpliced(closest, 1);
  }
  return left;
}
