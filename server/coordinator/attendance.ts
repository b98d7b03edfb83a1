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
  /** It is here to judge versions, and trains in no round. */
  readonly isHeldOut: boolean;
}

export class Attendance {
  readonly #watchers = new Set<Connection>();
  readonly #devices = new Map<ParticipantId, Device>();
  /** Connections of each participant that are here, so that counting them walks through nobody. */
  readonly #connections = new Map<ParticipantId, number>();
  #isHeldOut: (participant: ParticipantId) => boolean;
  /** Counted as they come and go: every check-in asks how many are here. */
  #heldOutHere = 0;
  /** A message may wait its turn until after its connection has gone: it must not bring a ghost into the cohort. */
  readonly #gone = new WeakSet<Connection>();

  /** `isHeldOut`: whether a device never trains. */
  constructor(isHeldOut: (participant: ParticipantId) => boolean) {
    this.#isHeldOut = isHeldOut;
  }

  /** Others never train from now on. */
  holdOut(isHeldOut: (participant: ParticipantId) => boolean): void {
    this.#isHeldOut = isHeldOut;
    for (const [participant, device] of this.#devices)
      this.#put(participant, { ...device, isHeldOut: isHeldOut(participant) });
  }

  /** One that was here keeps its place among the others. */
  #put(participant: ParticipantId, device: Device): void {
    if (this.#devices.get(participant)?.isHeldOut === true) this.#heldOutHere -= 1;
    this.#devices.set(participant, device);
    if (device.isHeldOut) this.#heldOutHere += 1;
  }

  watch(connection: Connection): void {
    if (this.#gone.has(connection) || this.#watchers.has(connection)) return;
    this.#watchers.add(connection);
    const { participant } = connection;
    if (participant !== null)
      this.#connections.set(participant, (this.#connections.get(participant) ?? 0) + 1);
  }

  /** The newest check-in of a participant wins; returns the connection that it takes over from, if another. */
  checkIn(connection: Connection, participant: ParticipantId, facts: DeviceFacts): Connection | undefined {
    if (this.#gone.has(connection)) return undefined;
    const earlier = this.#devices.get(participant)?.connection;
    const name = displayName(connection.name, participant);
    this.watch(connection);
    const candidate = { participant, name, examples: facts.examples };
    this.#put(participant, { facts, candidate, connection, isHeldOut: this.#isHeldOut(participant) });
    return earlier === connection ? undefined : earlier;
  }

  checkOut(participant: ParticipantId): void {
    if (this.#devices.get(participant)?.isHeldOut === true) this.#heldOutHere -= 1;
    this.#devices.delete(participant);
  }

  /** The participant that took part through this connection, if any: it is checked out. */
  disconnected(connection: Connection): ParticipantId | undefined {
    this.#gone.add(connection);
    const { participant } = connection;
    if (this.#watchers.delete(connection) && participant !== null) {
      const left = (this.#connections.get(participant) ?? 1) - 1;
      if (left > 0) this.#connections.set(participant, left);
      else this.#connections.delete(participant);
    }
    if (participant === null || this.#devices.get(participant)?.connection !== connection) return undefined;
    this.checkOut(participant);
    return participant;
  }

  connectionOf(participant: ParticipantId): Connection | undefined {
    return this.#devices.get(participant)?.connection;
  }

  has(participant: ParticipantId): boolean {
    return this.#devices.has(participant);
  }

  factsOf(participant: ParticipantId): DeviceFacts | undefined {
    return this.#devices.get(participant)?.facts;
  }

  candidateOf(participant: ParticipantId): Candidate | undefined {
    return this.#devices.get(participant)?.candidate;
  }

  /** Whether it never trains, here or not. */
  isHeldOut(participant: ParticipantId): boolean {
    return this.#devices.get(participant)?.isHeldOut ?? this.#isHeldOut(participant);
  }

  /** Of the devices that are here, those that may train. */
  candidates(): Candidate[] {
    return this.devices()
      .filter((device) => !device.isHeldOut)
      .map((device) => device.candidate);
  }

  devices(): readonly Device[] {
    return [...this.#devices.values()];
  }

  watchers(): readonly Connection[] {
    return [...this.#watchers];
  }

  /** Distinct participants connected, watching or taking part. */
  get connected(): number {
    return this.#connections.size;
  }

  /** Devices that may train. */
  get checkedIn(): number {
    return this.#devices.size - this.heldOutHere;
  }

  get heldOutHere(): number {
    return this.#heldOutHere;
  }
}
