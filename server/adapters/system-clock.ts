// The clock of a real process. Timers never keep it alive by themselves.
import { randomInt } from 'node:crypto';
import type { Clock } from '../ports/clock.ts';

/** setTimeout takes 31 bits; a longer wait is made of several. */
const LONGEST = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, action) {
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      timer = setTimeout(() => (left > LONGEST ? wait(left - LONGEST) : action()), Math.min(left, LONGEST));
      timer.unref();
    };
    wait(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
  draw: () => randomInt(2 ** 32) / 2 ** 32,
};
