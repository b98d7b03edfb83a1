// Seats of the open buffer of an asynchronous round: which of the devices that are here could begin now, and when none ever will.
import { carriedFrom, freeSeats, mayTakeSeat } from '#lib/core/round/buffer.ts';
import type { RoundEvent } from '#lib/core/round/round-events.ts';
import { acceptedReports, isAsynchronous, type Candidate, type Round } from '#lib/core/round/round-state.ts';
import type { Clock } from '../ports/clock.ts';
import type { Attendance } from './attendance.ts';
import { ParticipantTimers } from './participant-timers.ts';
import { REST_MS } from './surroundings.ts';

interface SeatsHost {
  readonly clock: Clock;
  readonly attendance: Attendance;
  openRound(): Round | undefined;
  isRunning(): boolean;
  /** The versions are there, and there is room on the disk. */
  mayTrain(): boolean;
  inPickingOrder(candidates: readonly Candidate[]): readonly Candidate[];
  feed(event: RoundEvent): Promise<unknown>;
  background(name: string, work: () => Promise<void>): void;
}

export class Seats {
  /** Devices that gave up a task of the open buffer, until they check in again, a while passes, or the next buffer opens. */
  readonly resting: ParticipantTimers;

  constructor(private readonly host: SeatsHost) {
    this.resting = new ParticipantTimers(host.clock, REST_MS, () =>
      host.background('seat', () => this.fill()),
    );
  }

  /** Configures devices that wait for free seats. Within the queue. */
  async fill(): Promise<void> {
    const { host } = this;
    const candidates = host.inPickingOrder(this.#seatable());
    if (candidates.length === 0) return;
    const population = host.attendance.checkedIn;
    await host.feed({ type: 'available', candidates, population, at: host.clock.now() });
  }

  /** Something may have made room, or nobody may be left who could take it. */
  look(): void {
    if (this.#seatable().length > 0) this.host.background('seat', () => this.fill());
    else if (this.#isStuck) this.host.background('stuck', () => this.#giveUpStuck());
  }

  #seatable(): Candidate[] {
    const { host } = this;
    const round = host.openRound();
    if (round?.phase !== 'reporting' || freeSeats(round) === 0 || !host.isRunning() || !host.mayTrain())
      return [];
    return host.attendance
      .candidates()
      .filter(({ participant }) => !this.resting.has(participant) && mayTakeSeat(round, participant));
  }

  /** Every device here has had its place in the open buffer, and it is not full: no version would ever come of it. */
  get #isStuck(): boolean {
    const { host } = this;
    const round = host.openRound();
    return (
      round?.phase === 'reporting' &&
      isAsynchronous(round) &&
      host.isRunning() &&
      host.attendance.checkedIn >= round.rules.goal &&
      this.resting.size === 0 &&
      carriedFrom(round).length === 0 &&
      this.#seatable().length === 0
    );
  }

  /** Ends a buffer that cannot be filled; the next one has places for all. Within the queue. */
  async #giveUpStuck(): Promise<void> {
    const { host } = this;
    const round = host.openRound();
    if (round === undefined || !this.#isStuck) return;
    const reports = acceptedReports(round).length;
    const reason = `Only ${reports} of ${round.rules.goal} updates came, and every device that is here has had its turn.`;
    await host.feed({ type: 'cancelled', reason, at: host.clock.now() });
  }
}
