// One thing after the other: everything that changes a federation goes through its queue. What the server does of itself and
// finds no room on the disk for waits there, and is tried again.
import { RecordsFull } from '../ports/records.ts';
import { Postponed } from './postponed.ts';
import type { Surroundings } from './surroundings.ts';

export class WorkQueue {
  /** Something waits for room on the disk. */
  isOutOfSpace = false;
  readonly #postponed: Postponed;
  #tail: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(
    private readonly federation: string,
    private readonly around: Pick<Surroundings, 'clock' | 'fatal' | 'log'>,
    private readonly on: {
      /** There is room again, and nothing waits any more. Within the queue. */
      room(): Promise<void>;
      changed(): void;
    },
  ) {
    this.#postponed = new Postponed(around.clock, () => this.background('try-again', () => this.#tryAgain()));
  }

  /** Runs `work` when everything before it is done. Rejects with what `work` throws. */
  enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(() => {
      if (this.#isClosed) throw new Error(`The federation ${this.federation} is closed.`);
      return work();
    });
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Resolves once nothing is queued any more. */
  async idle(): Promise<void> {
    for (let tail; tail !== this.#tail;) {
      tail = this.#tail;
      await tail;
    }
  }

  /**
   * Queued work that nobody waits for, tried again where the disk is full: any other failure of it is a bug or a broken disk,
   * and ends the process.
   */
  background(name: string, work: () => Promise<void>): void {
    this.enqueue(() => this.whenThereIsRoom(name, work)).catch((error: unknown) => {
      if (!this.#isClosed) this.around.fatal(error);
    });
  }

  /** Does `work` now, or again and again until the disk has room for what it writes. Within the queue. */
  async whenThereIsRoom(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof RecordsFull)) throw error;
      this.#postponed.add(name, work);
      if (this.isOutOfSpace) return;
      this.isOutOfSpace = true;
      this.around.log.error(
        { federation: this.federation, work: name },
        'the disk is full: what cannot be written waits for room',
      );
      this.on.changed();
    }
  }

  async #tryAgain(): Promise<void> {
    for (const [name, work] of this.#postponed.take()) await this.whenThereIsRoom(name, work);
    if (this.#postponed.count > 0) return;
    this.isOutOfSpace = false;
    this.around.log.info({ federation: this.federation }, 'the disk has room again');
    await this.whenThereIsRoom('open', () => this.on.room());
    this.on.changed();
  }

  /** Runs `last` after what is queued; nothing is taken on any more. */
  async close(last: () => Promise<void>): Promise<void> {
    await this.enqueue(last);
    this.#isClosed = true;
    this.#postponed.stop();
  }
}
