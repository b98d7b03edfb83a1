// One timer for each participant that has one, all of the same length.
import type { ParticipantId } from '#lib/core/ids.ts';
import type { Clock } from '../ports/clock.ts';

export class ParticipantTimers {
  readonly #cancels = new Map<ParticipantId, () => void>();

  constructor(
    private readonly clock: Pick<Clock, 'after'>,
    private readonly ms: number,
    private readonly over: (participant: ParticipantId) => void,
  ) {}

  get size(): number {
    return this.#cancels.size;
  }

  has(participant: ParticipantId): boolean {
    return this.#cancels.has(participant);
  }

  /** Anew, where it runs already. */
  start(participant: ParticipantId): void {
    this.stop(participant);
    const cancel = this.clock.after(this.ms, () => {
      this.#cancels.delete(participant);
      this.over(participant);
    });
    this.#cancels.set(participant, cancel);
  }

  stop(participant: ParticipantId): void {
    this.#cancels.get(participant)?.();
    this.#cancels.delete(participant);
  }

  stopAll(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }
}
