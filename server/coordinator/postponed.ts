// The server's own work that found no room on the disk for its records. Nothing of it was written and nobody heard of it, so it
// waits, by name, and is tried again until there is room: serving goes on meanwhile. What somebody asked for is not kept here:
// it is refused, and whoever asked asks again.
import type { Clock } from '../ports/clock.ts';
import { AGAIN_WHEN_FULL_MS } from './surroundings.ts';

export class Postponed {
  #works = new Map<string, () => Promise<void>>();
  #undo: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    /** Time to try again: takes the works. */
    private readonly due: () => void,
  ) {}

  get count(): number {
    return this.#works.size;
  }

  /** Under a name that is waiting already, the newer work takes the place of the older. */
  add(name: string, work: () => Promise<void>): void {
    this.#works.set(name, work);
    this.#undo ??= this.clock.after(AGAIN_WHEN_FULL_MS, () => {
      this.#undo = undefined;
      this.due();
    });
  }

  /** What waited, in the order in which it was first put off; nothing waits afterwards. */
  take(): ReadonlyMap<string, () => Promise<void>> {
    const works = this.#works;
    this.#works = new Map();
    return works;
  }

  /** For good. */
  stop(): void {
    this.#undo?.();
    this.take();
  }
}
