// One connection of one tab or program, as the coordinator sees it; the gateway makes them of sockets, simulations of
// nothing.
import type { ParticipantId } from '#lib/core/ids.ts';
import type { Handshake } from '#lib/protocol/handshake.ts';
import type { ServerMessages } from '#lib/protocol/messages.ts';

export interface Connection {
  readonly id: string;
  /** Null: it only watches. */
  readonly participant: ParticipantId | null;
  readonly name: string | null;
  readonly kind: Handshake['kind'];
  /** A hint that may be lost; never throws. */
  send<Name extends keyof ServerMessages>(name: Name, message: ServerMessages[Name]): void;
}

/** The name a participant chose, else "Participant" and four digits of its id. */
export const displayName = (name: string | null, participant: ParticipantId): string =>
  name === null || name === '' ? `Participant ${participant.slice(0, 4)}` : name;
