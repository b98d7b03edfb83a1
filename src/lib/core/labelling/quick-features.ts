// What the quick model of a labelling page sees of examples. Pictures and spectrograms are averaged over blocks: it is fitted again every few labels, and a
// coarse look tells well enough what is hard. Tables are seen as they are encoded, and their texts by hashes of their words.
import { planeOf, type DataContract } from '../data/contract.ts';
import type { Examples } from '../data/examples.ts';
import { murmur32 } from '../recipe/murmur32.ts';
import { wordsOf } from '../recipe/words-of.ts';

/** At most so many blocks a side. */
const SIDE = 14;

/** Of rows of this contract: [count, size] values from 0 to 1, or as encoded. Owns its buffer. */
export function quickFeatures(
  contract: DataContract,
  features: Uint8Array | Float32Array,
  count: number,
  texts: Examples['texts'] = [],
): Float32Array<ArrayBuffer> {
  if (contract.kind === 'table')
    return texts.length === 0 ? Float32Array.from(features) : withWords(features, count, texts);
  const { height, width, channels } = planeOf(contract);
  const [rows, columns] = [Math.min(SIDE, height), Math.min(SIDE, width)];
  const size = rows * columns * channels;
  const seen = new Float32Array(count * size);
  const pixels = new Float64Array(rows * columns);
  const blockOf = (at: number, side: number, blocks: number): number => Math.floor((at * blocks) / side);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      pixels[blockOf(y, height, rows) * columns + blockOf(x, width, columns)]! += 1;
  for (let row = 0; row < count; row += 1)
    for (let y = 0; y < height; y += 1) {
      const from = (row * height + y) * width * channels;
      const top = row * size + blockOf(y, height, rows) * columns * channels;
      for (let x = 0; x < width; x += 1) {
        const at = top + blockOf(x, width, columns) * channels;
        for (let channel = 0; channel < channels; channel += 1)
          seen[at + channel]! += features[from + x * channels + channel]!;
      }
    }
  for (let i = 0; i < seen.length; i += 1) seen[i]! /= 255 * pixels[Math.floor((i % size) / channels)]!;
  return seen;
}

/** Of each column of texts. */
const BUCKETS = 256;
/** Of a text's words together: as much as 16 numbers of one standard deviation. */
const TEXT_LENGTH = 4;
const encoder = new TextEncoder();

/** Each word that a text holds adds 1 or −1 to one of so many features (Weinberger et al. 2009), as in core/recipe/steps/hash-text.ts. */
function withWords(
  features: Uint8Array | Float32Array,
  count: number,
  texts: NonNullable<Examples['texts']>,
): Float32Array<ArrayBuffer> {
  const size = count === 0 ? 0 : features.length / count;
  const width = size + BUCKETS * texts.length;
  const seen = new Float32Array(count * width);
  const known = new Map<string, number>();
  for (let row = 0; row < count; row += 1) {
    seen.set(features.subarray(row * size, (row + 1) * size), row * width);
    for (const [column, cells] of texts.entries()) {
      const from = row * width + size + column * BUCKETS;
      const own = seen.subarray(from, from + BUCKETS);
      for (const word of new Set(wordsOf(cells[row] ?? ''))) {
        let hash = known.get(word);
        if (hash === undefined) {
          hash = murmur32(encoder.encode(word));
          known.set(word, hash);
        }
        own[Math.abs(hash) % BUCKETS]! += hash >= 0 ? 1 : -1;
      }
      const length = Math.sqrt(own.reduce((sum, one) => sum + one * one, 0));
      if (length > 0) for (let at = 0; at < BUCKETS; at += 1) own[at]! *= TEXT_LENGTH / length;
    }
  }
  return seen;
}
