// How a connection says who it is, without a round trip of its own: the number that the server gives a connection when it opens
// (engine.io's session id: 16 random bytes) is its nonce, and the client signs it in the packet that it sends next anyway.
// What is signed names its purpose, the protocol, the server it is meant for and the key, so that a server which is shown a
// proof cannot show it to another. What comes back is a token for HTTP requests, which ends soon and is renewed over the
// connection.
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import * as v from 'valibot';
import { participantIdOf } from '../core/digest.ts';
import type { ParticipantId } from '../core/ids.ts';
import { verifySignature } from '../core/signature.ts';
import type { Identity } from '../ports/identity.ts';
import { PROTOCOL_VERSION } from './limits.ts';

/** A participant's public key in hex: 32 bytes of Ed25519, or 65 of P-256 (core/signature.ts). */
export const PublicKey = v.pipe(
  v.string(),
  v.regex(/^(?:[0-9a-f]{64}|04[0-9a-f]{128})$/, 'a public key in hex'),
  v.brand('PublicKey'),
);
export type PublicKey = v.InferOutput<typeof PublicKey>;

export const Proof = v.strictObject({
  publicKey: PublicKey,
  /** The origin that the client believes to speak to: "https://tributary.example". */
  audience: v.pipe(v.string(), v.maxLength(300)),
  signature: v.pipe(v.string(), v.regex(/^[0-9a-f]{128}$/, '64 bytes in hex')),
});
export type Proof = v.InferOutput<typeof Proof>;

/** socket.io's `auth` payload. Whoever only watches proves nothing. */
export const Handshake = v.strictObject({
  protocol: v.number(),
  proof: v.nullable(Proof),
  /** What a page or program says it is: shown to the coordinator as the class of the device. */
  kind: v.picklist(['tab', 'headless']),
  name: v.nullable(v.pipe(v.string(), v.trim(), v.maxLength(40))),
});
export type Handshake = v.InferOutput<typeof Handshake>;

/** The event that brings a token: at each connection that proved who it is, and again before the token ends. */
export const TOKEN_EVENT = 'token';
/** Sent as `Authorization: Bearer <token>`. */
export const AccessToken = v.strictObject({ token: v.pipe(v.string(), v.maxLength(200)) });
export type AccessToken = v.InferOutput<typeof AccessToken>;

/** None of the parts holds a line break. */
const signedText = (publicKey: string, audience: string, connection: string): Uint8Array =>
  utf8ToBytes(['tributary connection', PROTOCOL_VERSION, audience, connection, publicKey].join('\n'));

/** `connection`: the number that the server gave it. */
export async function proofOf(identity: Identity, audience: string, connection: string): Promise<Proof> {
  const publicKey = v.parse(PublicKey, bytesToHex(identity.publicKey));
  const signature = await identity.sign(signedText(publicKey, audience, connection));
  return { publicKey, audience, signature: bytesToHex(signature) };
}

export const participantOf = ({ publicKey }: Proof): ParticipantId => participantIdOf(hexToBytes(publicKey));

/** Whether whoever opened this connection has the private key. For which server it was meant is the caller's to check. */
export const isProven = ({ publicKey, audience, signature }: Proof, connection: string): Promise<boolean> =>
  verifySignature(hexToBytes(publicKey), signedText(publicKey, audience, connection), hexToBytes(signature));
