// The devices that were asked to come back, and when. In memory alone: after a restart everybody asks again, spread by their
// own back-off, and is told anew.
import type { ParticipantId } from '#lib/core/ids.ts';
import { comeBackAfter, type Demand } from '#lib/core/round/pace.ts';
import type { Clock } from '../ports/clock.ts';

interface Away {
  readonly dueAt: number;
  /** From then on it counts as gone for good. */
  readonly until: number;
}

export class Pace {
  readonly #away = new Map<ParticipantId, Away>();

  constructor(private readonly clock: Clock) {}

  /** Devices that are expected back. */
  get away(): number {
    const now = this.clock.monotonic();
    for (const [participant, { until }] of this.#away) if (until < now) this.#away.delete(participant);
    return this.#away.size;
  }

  /** Milliseconds after which this device is to come back: who asks before its time hears of the same moment again. */
  sendAway(participant: ParticipantId, demand: Omit<Demand, 'population'>, here: number): number {
    const now = this.clock.monotonic();
    const earlier = this.#away.get(participant);
    if (earlier !== undefined && earlier.dueAt > now) return Math.ceil(earlier.dueAt - now);
    const afterMs = comeBackAfter({ ...demand, population: here + this.away }, this.clock.draw());
    this.#away.set(participant, { dueAt: now + afterMs, until: now + 3 * afterMs });
    return afterMs;
  }

  isBack(participant: ParticipantId): void {
    this.#away.delete(participant);
  }
}
