// Hands on the newest view at most ten times a second: the first at once, the last always.
import type { Clock } from '../ports/clock.ts';

const APART_MS = 100;

export function createViewPace(clock: Clock, emit: () => void): { changed(): void; close(): void } {
  let last = -Infinity;
  let undo: (() => void) | undefined;
  let closed = false;
  const run = (): void => {
    undo = undefined;
    last = clock.monotonic();
    emit();
  };
  return {
    changed() {
      if (closed || undo !== undefined) return;
      const wait = last + APART_MS - clock.monotonic();
      if (wait <= 0) run();
      else undo = clock.after(wait, run);
    },
    close() {
      closed = true;
      undo?.();
    },
  };
}
