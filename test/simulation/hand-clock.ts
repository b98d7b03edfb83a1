// A clock that stands still until it is moved. Timers fire in order, and what each sets off is finished before the next.
import { random } from '#lib/core/random.ts';
import type { Clock } from '../../server/ports/clock.ts';

/** With stores in memory all work is promises: nothing is pending any more once the event loop turns. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface HandClock extends Clock {
  /** Moves on by `ms`, or to the next timer and no further where `until` holds. */
  advance(ms: number, until?: () => boolean): Promise<void>;
  /** The process stood still: what was due meanwhile fires afterwards, in order, at the later time. */
  stand(ms: number): Promise<void>;
  /** Somebody set the wall clock; what has passed has passed. */
  jump(ms: number): void;
}

export function handClock(seed: number): HandClock {
  const draws = random(seed, 'clock');
  const timers = new Map<number, { readonly at: number; readonly action: () => void }>();
  let time = 0;
  let wall = 1_700_000_000_000;
  let sequence = 0;
  return {
    now: () => wall + time,
    monotonic: () => time,
    draw: () => draws.next(),
    after(ms, action) {
      const id = (sequence += 1);
      timers.set(id, { at: time + Math.max(0, ms), action });
      return () => void timers.delete(id);
    },
    async stand(ms) {
      time += ms;
      await this.advance(0);
    },
    jump(ms) {
      wall += ms;
    },
    async advance(ms, until = () => false) {
      const end = time + ms;
      await settle();
      while (!until()) {
        const due = [...timers]
          .filter(([, timer]) => timer.at <= end)
          .sort(([a, one], [b, other]) => one.at - other.at || a - b)[0];
        if (due === undefined) {
          time = end;
          return;
        }
        const [id, timer] = due;
        timers.delete(id);
        time = Math.max(time, timer.at);
        timer.action();
        await settle();
      }
    },
  };
}
