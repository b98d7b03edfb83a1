// Identities that repeat, and handshakes by socket.io's own client: for tests that speak to a server as a device would.
import type { Socket } from 'socket.io-client';
import { seededIdentity } from '#lib/adapters/memory/identity.ts';
import type { Identity } from '#lib/ports/identity.ts';
import { proofOf, type Handshake } from '#lib/protocol/handshake.ts';
import { PROTOCOL_VERSION } from '#lib/protocol/limits.ts';

/** Numbers up to 65,535 give different ones. */
export const numberedIdentity = (number: number): Promise<Identity> =>
  seededIdentity(
    Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? number : index === 1 ? number >> 8 : 0)),
  );

export const watching: Handshake = { protocol: PROTOCOL_VERSION, proof: null, kind: 'tab', name: null };

export const provenHandshake = async (
  identity: Identity,
  audience: string,
  connection: string,
): Promise<Handshake> => ({ ...watching, proof: await proofOf(identity, audience, connection) });

/** For `auth`: proves at each connection. `made` gives the very socket that it is for. */
export const proving =
  (identity: Promise<Identity>, audience: string, made: () => Socket) =>
  (give: (handshake: object) => void): void =>
    void identity.then((one) => provenHandshake(one, audience, made().io.engine.id)).then(give);
