// Signatures of participants and servers, by WebCrypto: Ed25519 (RFC 8032), and ECDSA on P-256 with SHA-256 for devices whose
// browser has no Ed25519 yet (Chrome before 137). Both give 64 bytes and keep the private key where no script can read it; the
// length of the public key says which of the two it is.

export const ED25519_KEY_BYTES = 32;
/** Uncompressed: 0x04, x, y (SEC 1, §2.3.3). */
export const P256_KEY_BYTES = 65;
export const SIGNATURE_BYTES = 64;

export const ed25519 = { name: 'Ed25519' } as const;
export const p256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Never throws: whatever is no key, no signature or not of this message is false. */
export async function verifySignature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const suite =
    publicKey.length === ED25519_KEY_BYTES ? ed25519 : publicKey.length === P256_KEY_BYTES ? p256 : undefined;
  if (suite === undefined || signature.length !== SIGNATURE_BYTES) return false;
  const { subtle } = globalThis.crypto;
  try {
    const key = await subtle.importKey('raw', publicKey.slice(), suite, false, ['verify']);
    return await subtle.verify(suite, key, signature.slice(), message.slice());
  } catch {
    // No point of the curve, or a platform without it: nothing that can be believed.
    return false;
  }
}

/** RFC 8032, §7.1, TEST 1: a key that every platform with Ed25519 takes. */
const KNOWN_KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';

/** Whether this platform checks Ed25519 at all: where it does not, a signature that does not hold says nothing. */
export async function checksEd25519(): Promise<boolean> {
  const { subtle } = globalThis.crypto;
  try {
    const bytes = Uint8Array.from(KNOWN_KEY.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    await subtle.importKey('raw', bytes, ed25519, false, ['verify']);
    return true;
  } catch {
    return false;
  }
}
