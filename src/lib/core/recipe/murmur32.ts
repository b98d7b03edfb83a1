// MurmurHash3_x86_32 (Appleby, SMHasher): the hash of scikit-learn's FeatureHasher and HashingVectorizer.

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** A signed number of 32 bits. */
export function murmur32(bytes: Uint8Array, seed = 0): number {
  const { length } = bytes;
  let h = seed | 0;
  const mix = (k: number): number => Math.imul(rotate(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    h ^= mix(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    h = (Math.imul(rotate(h, 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let rest = length - 1; rest >= at; rest -= 1) tail = (tail << 8) | bytes[rest]!;
  if (at < length) h ^= mix(tail);
  h ^= length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
