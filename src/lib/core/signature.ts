// Ed25519 signatures (RFC 8032) verified by WebCrypto: in a page, a worker and Node alike. Who signs holds the key elsewhere
// (server/ports/server-key.ts); here is only what anybody can check.

/** Whether `signature` (64 bytes) over `message` was made with the key of `publicKey` (32 bytes). Never throws: what is malformed is not signed. */
export async function verifySignature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const { subtle } = globalThis.crypto;
  try {
    const key = await subtle.importKey('raw', Uint8Array.from(publicKey), 'Ed25519', false, ['verify']);
    return await subtle.verify('Ed25519', key, Uint8Array.from(signature), Uint8Array.from(message));
  } catch {
    // Not a point of the curve, or a platform without Ed25519: nothing is known to be signed.
    return false;
  }
}
