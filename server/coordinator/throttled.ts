// Work that is asked for often and done seldom: at once when it has rested, else when its rest is over; never lost.
import type { Clock } from '../ports/clock.ts';

export class Throttled {
  #undo: (() => void) | undefined;
  #doneAt = -Infinity;
  #isStopped = false;

  constructor(
    private readonly clock: Pick<Clock, 'monotonic' | 'after'>,
    private readonly everyMs: number,
    private readonly work: () => void,
  ) {}

  ask(): void {
    if (this.#undo !== undefined || this.#isStopped) return;
    const wait = Math.max(0, this.#doneAt + this.everyMs - this.clock.monotonic());
    this.#undo = this.clock.after(wait, () => {
      this.#undo = undefined;
      this.#doneAt = this.clock.monotonic();
      this.work();
    });
  }

  /** For good. */
  stop(): void {
    this.#isStopped = true;
    this.#undo?.();
  }
}
