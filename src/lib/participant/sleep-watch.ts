// Notices that the browser froze this tab or the device slept: a beat every second, and a gap between two of them.
import type { Clock } from '../ports/clock.ts';

const BEAT_MS = 1_000;
/** Longer than a busy thread keeps a beat waiting. */
const GAP_MS = 10_000;

/** Calls back with the length of each gap, milliseconds. Returns its own undoing. */
export function watchSleep(clock: Clock, onGap: (gapMs: number) => void): () => void {
  let last = clock.now();
  let undo = clock.after(BEAT_MS, beat);
  function beat(): void {
    const now = clock.now();
    const gap = now - last - BEAT_MS;
    last = now;
    undo = clock.after(BEAT_MS, beat);
    if (gap >= GAP_MS) onGap(gap);
  }
  return () => undo();
}
