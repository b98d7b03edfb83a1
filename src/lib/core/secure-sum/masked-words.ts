// The vector that is summed, and the masks over it: words of packed lanes (core/update/codec/ring-lanes), then a tail of plain
// 32-bit words for what needs them whole (weights, counts). A mask is the key stream of AES-256-CTR, read as little-endian
// words; it is added lane by lane, so that masks which go in with both signs cancel exactly.
import { addLanes, laneMask, subtractLanes, type RingBits } from '../update/codec/ring-lanes.ts';
import type { Primitives } from './primitives.ts';

/** What a vector looks like in words. */
export interface WordLayout {
  readonly bits: RingBits;
  /** Words of packed lanes. */
  readonly words: number;
  /** Words after them that are numbers modulo 2³² each. */
  readonly tail: number;
}

export const totalWords = ({ words, tail }: WordLayout): number => words + tail;

/**
 * Asked of AES at a time. One request for megabytes is the slowest way in Chromium (a fresh result, page faults, copies); pieces
 * of 64–128 KiB that are added at once ran four to five times as fast there, and as fast in Node.
 */
const PIECE_BYTES = 128 * 1024;

/** sum ← sum ± words, in every lane of the layout. */
export function addWords(sum: Uint32Array, words: Uint32Array, layout: WordLayout, sign: 1 | -1): void {
  if (sum.length !== totalWords(layout) || words.length !== totalWords(layout))
    throw new RangeError(
      `The layout has ${totalWords(layout)} words, and these are ${sum.length} and ${words.length}.`,
    );
  addFrom(sum, words, 0, layout, sign);
}

/** The same for a part: `words` stand at `at` of the sum. */
function addFrom(
  sum: Uint32Array,
  words: Uint32Array,
  at: number,
  { bits, words: packed }: WordLayout,
  sign: 1 | -1,
): void {
  const apply = sign === 1 ? addLanes : subtractLanes;
  const split = Math.min(words.length, Math.max(0, packed - at));
  if (split > 0) apply(sum.subarray(at, at + split), words.subarray(0, split), bits);
  if (split < words.length) apply(sum.subarray(at + split, at + words.length), words.subarray(split), 32);
}

/** sum ← sum ± PRG(key), over the whole layout. */
export async function addMask(
  sum: Uint32Array,
  key: Uint8Array,
  layout: WordLayout,
  sign: 1 | -1,
  primitives: Primitives,
): Promise<void> {
  const stream = await primitives.keyStream(key);
  const bytes = 4 * totalWords(layout);
  const mask = laneMask(layout.bits);
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, bytes - at);
    const piece = await stream(at / 16, length);
    const words = new Uint32Array(piece.buffer, piece.byteOffset, length / 4);
    // Where lanes leave bits of a word to spare, the mask leaves them zero.
    if (mask !== -1)
      for (let i = 0, end = Math.min(words.length, layout.words - at / 4); i < end; i += 1) words[i]! &= mask;
    addFrom(sum, words, at / 4, layout, sign);
  }
}
