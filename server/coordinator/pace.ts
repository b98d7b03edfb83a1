// The devices that were asked to come back, and when. In memory alone: after a restart everybody asks again, spread by their
// own back-off, and is told anew.
import type { FederationId, ParticipantId } from '#lib/core/ids.ts';
import type { RoundRules } from '#lib/core/federation.ts';
import { comeBackAfter, roomFor } from '#lib/core/round/pace.ts';
import { acceptedReports, memberOf, type EndedRound, type Round } from '#lib/core/round/round-state.ts';
import { cohortSize } from '#lib/core/round/round.ts';
import type { Clock } from '../ports/clock.ts';
import type { Attendance } from './attendance.ts';
import { FIRST_ROUND_MS } from './surroundings.ts';

interface Away {
  readonly dueAt: number;
  /** From then on it counts as gone for good. */
  readonly until: number;
}

/** What pace goes by, as it is at each moment. */
export interface PacedFederation {
  readonly id: FederationId;
  readonly attendance: Attendance;
  rules(): RoundRules;
  openRound(): Round | undefined;
  /** Milliseconds; undefined before the first round. */
  typicalRoundMs(): number | undefined;
  /** Cohorts are drawn among all: nobody is sent away, and to be sent away would tell who was drawn. */
  needsAll(): boolean;
  /** No round goes without it, or it takes no seat: it is never sent away. */
  isAlwaysWanted(participant: ParticipantId): boolean;
  /** It was sent away. */
  left(participant: ParticipantId): void;
}

export class Pace {
  readonly #away = new Map<ParticipantId, Away>();

  constructor(
    private readonly clock: Clock,
    private readonly federation: PacedFederation,
  ) {}

  /** Milliseconds after which a device that checks in is to come back; undefined: there is room for it. */
  comeBackAfter(participant: ParticipantId): number | undefined {
    const { attendance } = this.federation;
    const openRound = this.federation.openRound();
    const isMember = openRound !== undefined && memberOf(openRound, participant) !== undefined;
    const isWanted = isMember || this.federation.isAlwaysWanted(participant);
    const room = roomFor(this.#seats, this.federation.rules().reserve);
    if (
      !this.federation.needsAll() &&
      !attendance.has(participant) &&
      !isWanted &&
      attendance.checkedIn >= room
    )
      return this.#sendAway(participant);
    this.#away.delete(participant);
    return undefined;
  }

  /** Whoever had its turn in a round makes room for devices that were asked to come back, and comes back itself. */
  makeRoom(ended: EndedRound): void {
    if (this.federation.needsAll()) return;
    const { attendance, id } = this.federation;
    const openRound = this.federation.openRound();
    const rested = acceptedReports(ended)
      .map((report) => report.participant)
      .filter(
        (one) =>
          attendance.has(one) &&
          !this.federation.isAlwaysWanted(one) &&
          (openRound === undefined || memberOf(openRound, one) === undefined),
      );
    const many = Math.min(this.#expected, rested.length, attendance.checkedIn - this.#seats);
    for (const participant of rested.slice(0, Math.max(0, many))) {
      const afterMs = this.#sendAway(participant);
      attendance.connectionOf(participant)?.send('come-back', { federation: id, afterMs });
      attendance.checkOut(participant);
      this.federation.left(participant);
    }
  }

  /** Devices that train at the same time. */
  get #seats(): number {
    const rules = this.federation.rules();
    return rules.mode.type === 'asynchronous' ? rules.mode.concurrency : cohortSize(rules);
  }

  /** Devices that are expected back. */
  get #expected(): number {
    const now = this.clock.monotonic();
    for (const [participant, { until }] of this.#away) if (until < now) this.#away.delete(participant);
    return this.#away.size;
  }

  /** Milliseconds after which this device is to come back: who asks before its time hears of the same moment again. */
  #sendAway(participant: ParticipantId): number {
    const now = this.clock.monotonic();
    const earlier = this.#away.get(participant);
    if (earlier !== undefined && earlier.dueAt > now) return Math.ceil(earlier.dueAt - now);
    const { attendance } = this.federation;
    const rules = this.federation.rules();
    const demand = {
      taken: rules.mode.type === 'asynchronous' ? rules.goal : this.#seats,
      roundMs: this.federation.typicalRoundMs() ?? Math.min(rules.reportingDeadlineMs, FIRST_ROUND_MS),
      population: attendance.checkedIn + this.#expected,
    };
    const afterMs = comeBackAfter(demand, this.clock.draw());
    this.#away.set(participant, { dueAt: now + afterMs, until: now + 3 * afterMs });
    return afterMs;
  }
}
