// A participant's key pair as WebCrypto holds it: the private key is not extractable, so that no script, ours included, can read
// or copy it. From the platform's CSPRNG and never from a seed.
import { ed25519, p256 } from '../../core/signature.ts';
import type { Identity } from '../../ports/identity.ts';

const uses = ['sign', 'verify'] as const;

/** Ed25519; P-256 where the browser has none. A polyfill would keep the private key where scripts can read it. */
export async function makeKeyPair(): Promise<CryptoKeyPair> {
  const { subtle } = globalThis.crypto;
  try {
    return await subtle.generateKey(ed25519, false, uses);
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === 'NotSupportedError')
      return subtle.generateKey(p256, false, uses);
    throw failure;
  }
}

export async function identityOfPair({ publicKey, privateKey }: CryptoKeyPair): Promise<Identity> {
  const { subtle } = globalThis.crypto;
  const raw = new Uint8Array(await subtle.exportKey('raw', publicKey));
  const suite = privateKey.algorithm.name === ed25519.name ? ed25519 : p256;
  return {
    get publicKey() {
      return raw.slice();
    },
    sign: async (bytes) => new Uint8Array(await subtle.sign(suite, privateKey, bytes.slice())),
  };
}
