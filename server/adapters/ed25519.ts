// A ServerKey over a private key of node:crypto.
import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import type { ServerKey } from '../ports/server-key.ts';

/** Throws where the key is of another kind. */
export function serverKeyOf(key: KeyObject): ServerKey {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`an Ed25519 key is needed, and this one is ${key.asymmetricKeyType ?? 'none'}`);
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (x === undefined) throw new Error('The public half of an Ed25519 key cannot be read.');
  return {
    publicKey: new Uint8Array(Buffer.from(x, 'base64url')),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

/** PKCS #8 of an Ed25519 key up to its 32 bytes (RFC 8410, §7). */
const BEFORE_SEED = Buffer.from('302e020100300506032b657004220420', 'hex');

const EXAMPLE_SEED = new Uint8Array(32).fill(7);

/** For tests and simulations: the key of 32 given bytes. */
export const keyOfSeed = (seed = EXAMPLE_SEED): KeyObject =>
  createPrivateKey({ key: Buffer.concat([BEFORE_SEED, seed]), format: 'der', type: 'pkcs8' });
export const memoryServerKey = (seed = EXAMPLE_SEED): ServerKey => serverKeyOf(keyOfSeed(seed));
