// Long work in steps: between two of them messages that wait for this thread are heard, and a person's hand is felt.
import type { Clock } from '../../ports/clock.ts';

export interface StepSurroundings {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Messages waiting for this thread are heard this often. */
const TICK_EVERY_MS = 20;

/** In one go: for tests, and for what takes no time. */
export function inOneGo<Result>(steps: Generator<unknown, Result, undefined>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** `onPause` has the last step before each pause. Rejects with the signal's reason, and goes no further. */
export async function stepThrough<Step, Result>(
  steps: Generator<Step, Result, undefined>,
  { clock, signal }: StepSurroundings,
  onPause?: (step: Step) => void,
): Promise<Result> {
  signal?.throwIfAborted();
  let ticked = clock.monotonic();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (clock.monotonic() - ticked < TICK_EVERY_MS) continue;
    onPause?.(step.value);
    await clock.tick();
    signal?.throwIfAborted();
    ticked = clock.monotonic();
  }
}
