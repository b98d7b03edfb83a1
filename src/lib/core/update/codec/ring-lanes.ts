// Integers modulo 2^m side by side in 32-bit words: ⌊32/m⌋ lanes a word, lane 0 in the lowest bits, spare bits zero. Adding two
// packed vectors adds every lane by itself in a few operations a word (SWAR: Warren, Hacker's Delight, §2-18).

/** Bits of a lane: those for which secure aggregation has a use (8 lanes a word down to 4, and one). */
export type RingBits = 3 | 4 | 5 | 6 | 8 | 32;

export const ringBits: readonly RingBits[] = [3, 4, 5, 6, 8, 32];

/** Lanes of one word: 3 bits → 10, 4 → 8, 5 → 6, 6 → 5, 8 → 4, 32 → 1. */
export const lanesOf = (bits: RingBits): number => Math.floor(32 / bits);

/** Words of `count` lanes. */
export const wordsOf = (count: number, bits: RingBits): number => Math.ceil(count / lanesOf(bits));

/** `lane` repeated in every lane of a word. */
function inEveryLane(lane: number, bits: RingBits): number {
  let word = 0;
  for (let i = 0; i < lanesOf(bits); i += 1) word |= lane << (i * bits);
  return word;
}

/** The bits of a word that lanes occupy; the rest is zero. */
export const laneMask = (bits: RingBits): number => (bits === 32 ? -1 : inEveryLane(2 ** bits - 1, bits));

/** sum ← sum + words, in every lane modulo 2^bits. Both have the same length. Exact in any order: addition in a ring. */
export function addLanes(sum: Uint32Array, words: Uint32Array, bits: RingBits): void {
  if (sum.length !== words.length)
    throw new RangeError(`Words of two lengths do not add up: ${sum.length} and ${words.length}.`);
  if (bits === 32) {
    for (let i = 0; i < sum.length; i += 1) sum[i]! += words[i]!;
    return;
  }
  // Without their top bits lanes add without a carry into the next; top bits then add by exclusive or.
  const top = inEveryLane(2 ** (bits - 1), bits);
  const rest = laneMask(bits) ^ top;
  for (let i = 0; i < sum.length; i += 1) {
    const a = sum[i]!;
    const b = words[i]!;
    sum[i] = ((a & rest) + (b & rest)) ^ ((a ^ b) & top);
  }
}

/** sum ← sum − words, in every lane modulo 2^bits: what addLanes added is gone again. */
export function subtractLanes(sum: Uint32Array, words: Uint32Array, bits: RingBits): void {
  if (sum.length !== words.length)
    throw new RangeError(`Words of two lengths do not subtract: ${sum.length} and ${words.length}.`);
  if (bits === 32) {
    for (let i = 0; i < sum.length; i += 1) sum[i]! -= words[i]!;
    return;
  }
  // A top bit is lent to every lane, so that none borrows from the next; what it should have been goes in by exclusive or.
  const top = inEveryLane(2 ** (bits - 1), bits);
  const rest = laneMask(bits) ^ top;
  for (let i = 0; i < sum.length; i += 1) {
    const a = sum[i]!;
    const b = words[i]!;
    sum[i] = ((a | top) - (b & rest)) ^ ((a ^ ~b) & top);
  }
}

/** Packs lanes[0 … count), each taken modulo 2^bits, into `words` from `at`. */
export function packLanes(
  lanes: Int32Array,
  count: number,
  bits: RingBits,
  words: Uint32Array,
  at: number,
): void {
  const perWord = lanesOf(bits);
  const mask = bits === 32 ? -1 : 2 ** bits - 1;
  for (let i = 0; i < count; at += 1) {
    let word = 0;
    for (let shift = 0, lane = 0; lane < perWord && i < count; lane += 1, shift += bits, i += 1)
      word |= (lanes[i]! & mask) << shift;
    words[at] = word;
  }
}

/** The lanes of `words` from `at`, each in 0 … 2^bits − 1 (at 32 bits as the signed integer): lanes[0 … count). */
export function unpackLanes(
  words: Uint32Array,
  at: number,
  bits: RingBits,
  lanes: Int32Array,
  count: number,
): void {
  const perWord = lanesOf(bits);
  const mask = bits === 32 ? -1 : 2 ** bits - 1;
  for (let i = 0; i < count; at += 1) {
    const word = words[at]!;
    for (let shift = 0, lane = 0; lane < perWord && i < count; lane += 1, shift += bits, i += 1)
      lanes[i] = (word >>> shift) & mask;
  }
}
