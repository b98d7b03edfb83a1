// Who is here: connections that watch a federation, and the devices checked in to take part. In memory alone; after a
// restart everybody connects again.
import type { ParticipantId } from '#lib/core/ids.ts';
import type { Candidate } from '#lib/core/round/round-state.ts';
import type { DeviceFacts } from '#lib/core/round/select.ts';
import { displayName, type Connection } from './connection.ts';

interface Device {
  readonly facts: DeviceFacts;
  readonly candidate: Candidate;
  readonly connection: Connection;
}

export class Attendance {
  readonly #watchers = new Set<Connection>();
  readonly #devices = new Map<ParticipantId, Device>();
  /** A message may wait its turn until after its connection has gone: it must not bring a ghost into the cohort. */
  readonly #gone = new WeakSet<Connection>();

  watch(connection: Connection): void {
    if (!this.#gone.has(connection)) this.#watchers.add(connection);
  }

  /** The newest check-in of a participant wins; returns the connection that it takes over from, if another. */
  checkIn(connection: Connection, participant: ParticipantId, facts: DeviceFacts): Connection | undefined {
    if (this.#gone.has(connection)) return undefined;
    const earlier = this.#devices.get(participant)?.connection;
    const name = displayName(connection.name, participant);
    this.#watchers.add(connection);
    const candidate = { participant, name, examples: facts.examples };
    this.#devices.set(participant, { facts, candidate, connection });
    return earlier === connection ? undefined : earlier;
  }

  checkOut(participant: ParticipantId): void {
    this.#devices.delete(participant);
  }

  /** The participant that took part through this connection, if any: it is checked out. */
  disconnected(connection: Connection): ParticipantId | undefined {
    this.#gone.add(connection);
    this.#watchers.delete(connection);
    const { participant } = connection;
    if (participant === null || this.#devices.get(participant)?.connection !== connection) return undefined;
    this.#devices.delete(participant);
    return participant;
  }

  connectionOf(participant: ParticipantId): Connection | undefined {
    return this.#devices.get(participant)?.connection;
  }

  has(participant: ParticipantId): boolean {
    return this.#devices.has(participant);
  }

  candidates(): Candidate[] {
    return [...this.#devices.values()].map((device) => device.candidate);
  }

  devices(): readonly Device[] {
    return [...this.#devices.values()];
  }

  watchers(): readonly Connection[] {
    return [...this.#watchers];
  }

  /** Distinct participants connected, watching or taking part. */
  get connected(): number {
    return new Set([...this.#watchers].flatMap((one) => (one.participant === null ? [] : [one.participant])))
      .size;
  }

  get checkedIn(): number {
    return this.#devices.size;
  }
}
