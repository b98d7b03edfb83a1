// A headless participant's identity: an Ed25519 key pair as a JSON Web Key (RFC 8037), which lies in a file that only its own
// account can read.
import * as v from 'valibot';
import { ed25519 } from '../../core/signature.ts';
import type { Identity } from '../../ports/identity.ts';
import { identityOfPair } from '../webcrypto/key-pair.ts';

const base64url = v.pipe(v.string(), v.regex(/^[\w-]{43}$/, '32 bytes in base64url'));

/** `d` is the private key. */
export const IdentityKey = v.object({
  kty: v.literal('OKP'),
  crv: v.literal('Ed25519'),
  d: base64url,
  x: base64url,
});
export type IdentityKey = v.InferOutput<typeof IdentityKey>;

export async function makeIdentityKey(): Promise<IdentityKey> {
  const { subtle } = globalThis.crypto;
  const { privateKey } = await subtle.generateKey(ed25519, true, ['sign', 'verify']);
  return v.parse(IdentityKey, await subtle.exportKey('jwk', privateKey));
}

/** Rejects with a DOMException where the two halves are no key. */
export async function identityOfKey({ d, ...open }: IdentityKey): Promise<Identity> {
  const { subtle } = globalThis.crypto;
  return identityOfPair({
    privateKey: await subtle.importKey('jwk', { ...open, d }, ed25519, false, ['sign']),
    publicKey: await subtle.importKey('jwk', open, ed25519, true, ['verify']),
  });
}
