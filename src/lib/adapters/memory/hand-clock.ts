// A clock that a test moves by hand. Timers fire in the order of their time; what they start is awaited by the test itself.
import type { Clock } from '../../ports/clock.ts';

export interface HandClock extends Clock {
  /** Moves the time on, firing each timer at its moment, and lets promises settle between them. */
  advance(ms: number): Promise<void>;
  /** The wall clock alone jumps: what a device that slept finds. Timers that became due fire at the next advance. */
  jump(ms: number): void;
  /** Timers that have not fired or been undone. */
  readonly pending: number;
}

/** Lets everything that waits only for promises and ticks run on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resolve) => setTimeout(resolve, 0));
}

/** `workMs`: how far the time moves by itself at each tick, as work would move it. */
export function createHandClock(start = 1_700_000_000_000, workMs = 0): HandClock {
  let elapsed = 0;
  let slept = 0;
  let made = 0;
  const timers = new Map<number, { readonly at: number; readonly call: () => void }>();
  const due = (until: number): [number, { readonly at: number; readonly call: () => void }] | undefined =>
    [...timers].filter(([, timer]) => timer.at <= until).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
  return {
    now: () => start + slept + elapsed,
    monotonic: () => elapsed,
    after(ms, call) {
      made += 1;
      const id = made;
      timers.set(id, { at: elapsed + ms, call });
      return () => timers.delete(id);
    },
    tick() {
      elapsed += workMs;
      return new Promise((resolve) => setTimeout(resolve, 0));
    },
    async advance(ms) {
      const until = elapsed + ms;
      await settle();
      for (let next = due(until); next !== undefined; next = due(until)) {
        elapsed = Math.max(elapsed, next[1].at);
        timers.delete(next[0]);
        next[1].call();
        await settle();
      }
      elapsed = Math.max(elapsed, until);
      await settle();
    },
    jump(ms) {
      slept += ms;
    },
    get pending() {
      return timers.size;
    },
  };
}
