// 64 bits that stand for one example: deduplication, splits that do not move, dataset versions.
// MurmurHash3_x86_128 (Appleby, SMHasher) seeded with the target, of which the first 64 bits are kept. A cryptographic hash was measured and
// rejected here: SHA-256 of a million short rows costs more than parsing them, and nobody gains by colliding with
// their own data. One million examples collide with probability 3e-8.

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

const mixed = (hash: number): number => {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
};

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

/** Writes MurmurHash3_x86_128(bytes[start, end), seed) to out[0…3], h1 first. About a nanosecond a byte. */
export function murmur128(
  out: Uint32Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  seed: number,
): void {
  const length = end - start;
  let h1 = seed | 0;
  let h2 = seed | 0;
  let h3 = seed | 0;
  let h4 = seed | 0;
  const word = (i: number): number =>
    bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
  let i = start;
  for (const whole = start + (length & ~15); i < whole; i += 16) {
    h1 ^= Math.imul(rotate(Math.imul(word(i), C1), 15), C2);
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(word(i + 4), C2), 16), C3);
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(word(i + 8), C3), 17), C4);
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(word(i + 12), C4), 18), C1);
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  const rest = length & 15;
  let k1 = 0;
  let k2 = 0;
  let k3 = 0;
  let k4 = 0;
  for (let tail = rest - 1; tail >= 0; tail -= 1) {
    const byte = bytes[i + tail]! << ((tail & 3) * 8);
    if (tail >= 12) k4 ^= byte;
    else if (tail >= 8) k3 ^= byte;
    else if (tail >= 4) k2 ^= byte;
    else k1 ^= byte;
  }
  if (rest > 12) h4 ^= Math.imul(rotate(Math.imul(k4, C4), 18), C1);
  if (rest > 8) h3 ^= Math.imul(rotate(Math.imul(k3, C3), 17), C4);
  if (rest > 4) h2 ^= Math.imul(rotate(Math.imul(k2, C2), 16), C3);
  if (rest > 0) h1 ^= Math.imul(rotate(Math.imul(k1, C1), 15), C2);

  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = mixed(h1);
  h2 = mixed(h2);
  h3 = mixed(h3);
  h4 = mixed(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  out[0] = h1;
  out[1] = h2 + h1;
  out[2] = h3 + h1;
  out[3] = h4 + h1;
}

const encoder = new TextEncoder();
const ofText = new Uint32Array(4);

/** The seed of an example that has texts beside its numbers: each of them goes into it, in the order of its column. */
export function textSeed(texts: readonly string[], seed: number): number {
  let own = seed;
  for (const text of texts) {
    const bytes = encoder.encode(text);
    murmur128(ofText, bytes, 0, bytes.length, own);
    own = ofText[0]! | 0;
  }
  return own;
}

const bits = new DataView(new ArrayBuffer(4));

/** The 32 bits of a target, the seed of its example's hash: a class index as an integer, a number as a 32-bit float. */
export function targetSeed(target: number, isClass: boolean): number {
  if (isClass) return target | 0;
  bits.setFloat32(0, target);
  return bits.getInt32(0);
}

/**
 * The second word for the `occurrence`-th (from 0) equal example of one file. Two patients may share every value, and a table
 * keeps both; the same file dropped twice still repeats its hashes exactly. The first word, which decides the split, stays.
 */
export const occurrenceWord = (second: number, occurrence: number): number =>
  occurrence === 0 ? second : mixed((second + Math.imul(occurrence, 0x9e3779b9)) | 0) >>> 0;
