// Bytes as the protocol joins, compares and writes them. Integers are big-endian (SECURE_AGGREGATION, §1.4).

export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const textBytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** A slot, 0 … 65,535. */
export const slotBytes = (slot: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.of((slot >>> 8) & 255, slot & 255);

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/** base64url without padding (RFC 4648, §5): what of the protocol travels in messages of text. */
export function toText(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Characters of so many bytes. */
export const textLength = (bytes: number): number => Math.ceil((4 * bytes) / 3);

/** The bytes of a text that a schema has read as base64url. */
export function fromText(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
