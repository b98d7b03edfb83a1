// A participant's identity that ends with its process: headless participants without a directory, simulations and tests.
import { ed25519 } from '../../core/signature.ts';
import type { Identity } from '../../ports/identity.ts';
import { identityOfPair, makeKeyPair } from '../webcrypto/key-pair.ts';

export const memoryIdentity = async (): Promise<Identity> => identityOfPair(await makeKeyPair());

/** What comes before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410, §7). */
const PKCS8_HEAD = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

/** The same 32 bytes give the same identity: for what must repeat, and never for a person's device. */
export async function seededIdentity(seed: Uint8Array): Promise<Identity> {
  const { subtle } = globalThis.crypto;
  const privateKey = await subtle.importKey(
    'pkcs8',
    Uint8Array.of(...PKCS8_HEAD, ...seed),
    ed25519,
    // The public key is had from its export alone.
    true,
    ['sign'],
  );
  const { kty, crv, x } = await subtle.exportKey('jwk', privateKey);
  const publicKey = await subtle.importKey('jwk', { kty, crv, x } as JsonWebKey, ed25519, true, ['verify']);
  return identityOfPair({ privateKey, publicKey });
}
