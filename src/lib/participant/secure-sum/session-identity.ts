// A key that lives as long as this page or process: it says that what it signs comes from one device of this round, and not which.
import type { Identity } from '../../ports/identity.ts';

export async function createSessionIdentity(): Promise<Identity> {
  const { subtle } = crypto;
  const pair = await subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new Error('This engine has no Ed25519.');
  return {
    publicKey: new Uint8Array(await subtle.exportKey('raw', pair.publicKey)),
    sign: async (bytes) =>
      new Uint8Array(await subtle.sign('Ed25519', pair.privateKey, Uint8Array.from(bytes))),
  };
}
