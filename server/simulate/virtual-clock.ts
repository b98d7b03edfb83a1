// The time of a simulation: it stands still while anything is worked on, and then goes to the next timer. Timers due at the
// same moment fire in the order in which they were set. Which devices are picked comes from the seed, anew for each round, so
// that a simulation that is gone on with draws what it would have drawn.
import { random, type Random } from '#lib/core/random.ts';
import type { Clock } from '../ports/clock.ts';
import { seededBytes } from './seeded-bytes.ts';

export interface VirtualClock extends Clock {
  /** Fires the next timer at its moment; false where none is set. */
  step(): boolean;
  /** Draws from here on are those of this round. */
  drawFor(round: number): void;
  /** Of privacy's noise: of the seed and the round as well. */
  bytes(count: number): Uint8Array;
}

interface Timer {
  readonly at: number;
  readonly sequence: number;
  action: (() => void) | undefined;
}

/** Simulations begin on this day, at midnight: their records have dates, and no two runs differ by them. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.sequence < b.sequence);

/** `elapsedMs`: where a simulation that is gone on with stood. */
export function virtualClock(seed: number, elapsedMs = 0): VirtualClock {
  let draws: Random = random(seed, 'picked', 0);
  let noise = seededBytes(seed, 'server noise', 0);
  let time = elapsedMs;
  let sequence = 0;
  // A binary heap by moment: ten thousand devices have a timer each.
  const heap: Timer[] = [];

  const push = (timer: Timer): void => {
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  };
  const pop = (): Timer | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  };

  return {
    now: () => EPOCH_MS + time,
    monotonic: () => time,
    draw: () => draws.next(),
    drawFor(round) {
      draws = random(seed, 'picked', round);
      noise = seededBytes(seed, 'server noise', round);
    },
    bytes: (count) => noise(count),
    after(ms, action) {
      sequence += 1;
      const timer: Timer = { at: time + Math.max(0, ms), sequence, action };
      push(timer);
      return () => {
        timer.action = undefined;
      };
    },
    step() {
      for (let timer = pop(); timer !== undefined; timer = pop()) {
        const { action } = timer;
        // It was undone.
        if (action === undefined) continue;
        timer.action = undefined;
        time = Math.max(time, timer.at);
        action();
        return true;
      }
      return false;
    },
  };
}
