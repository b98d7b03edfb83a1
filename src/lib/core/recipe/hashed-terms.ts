// Terms of texts by the hash of each, in a fixed number of buckets, so that devices encode alike without having told each other a word
// (Weinberger et al. 2009, "Feature Hashing"), and how rare each bucket is. One place for the step, the survey that asks about it, and
// the fit to what it said: the same counts are the same bits.
import { isMissing } from '../data/missing.ts';
import { murmur32 } from './murmur32.ts';
import { settled } from './settled.ts';
import { MOST_LETTERS, splitterOf } from './terms-of.ts';

/** The bucket of a term: MurmurHash3_x86_32 of seed 0, as scikit-learn's HashingVectorizer (alternate_sign=False). */
export function bucketsOf(buckets: number): (term: string) => number {
  const known = new Map<string, number>();
  return (term) => {
    let bucket = known.get(term);
    if (bucket === undefined) {
      bucket = Math.abs(murmur32(encoder.encode(term))) % buckets;
      // Of the texts of a whole device words repeat, and words in a row hardly do.
      if (known.size < MOST_KNOWN && term.length <= LONGEST_KNOWN) known.set(term, bucket);
    }
    return bucket;
  };
}

const encoder = new TextEncoder();
const MOST_KNOWN = 200_000;
const LONGEST_KNOWN = 80;

/** How often each bucket's terms stand in a text, by bucket. */
export function timesOfBuckets(
  terms: Iterable<string>,
  bucketOf: (term: string) => number,
): Map<number, number> {
  const times = new Map<number, number>();
  for (const term of terms) {
    const bucket = bucketOf(term);
    times.set(bucket, (times.get(bucket) ?? 0) + 1);
  }
  return times;
}

/** A survey's answer is one message of 10,000 words (statistics/rules.ts). */
export const MOST_BUCKETS = 8192;

/** A survey tells of no bucket that fewer rows hold. */
export const LEAST_HELD = 5;

export interface Hashing {
  readonly of: 'words' | 'letters';
  readonly longest: number;
  readonly buckets: number;
}

/**
 * What a survey asks by, and the step takes, where nobody says otherwise. More terms than buckets tell less, not more: on 2,000 film
 * reviews two words in a row cost five to ten points of accuracy (docs/results.md).
 */
export const usualHashing: Hashing = { of: 'words', longest: 1, buckets: 2048 };

/** [buckets]: rows that hold a term of each. A row counts once in a bucket, and in `most` of them, drawn by hash: its first words are like those of others. */
export function rowsThatHold(
  cells: readonly string[],
  { of, longest, buckets }: Hashing,
  most = buckets,
): Float64Array<ArrayBuffer> {
  const split = splitterOf(of, longest);
  const bucketOf = bucketsOf(buckets);
  const held = new Float64Array(buckets);
  for (const cell of cells) {
    if (isMissing(cell)) continue;
    const own = new Set<number>();
    for (const term of split(cell)) own.add(bucketOf(term));
    for (const bucket of own.size > most ? drawn(own, most, cell) : own) held[bucket]! += 1;
  }
  return held;
}

/** So many of a text's buckets, the same wherever it stands. */
function drawn(buckets: ReadonlySet<number>, most: number, text: string): readonly number[] {
  const seed = murmur32(encoder.encode(text.slice(0, MOST_LETTERS)));
  return [...buckets]
    .map((bucket) => [bucket, murmur32(Uint8Array.of(bucket, bucket >> 8), seed)] as const)
    .sort(([a, x], [b, y]) => x - y || a - b)
    .slice(0, most)
    .map(([bucket]) => bucket);
}

/** ln((1 + n)/(1 + df)) + 1, as scikit-learn's TfidfTransformer (smooth_idf). */
export const smoothIdf = (rows: number, held: number): number =>
  settled(Math.log((1 + rows) / (1 + held)) + 1);

/**
 * By bucket, in hundredths. `held`: rows that hold a term of each. One of fewer than `least` rows weighs as one of so many: what few
 * rows hold is not told apart, and cannot be told of noise.
 */
export const idfOfCounts = (rows: number, held: ArrayLike<number>, least: number): number[] =>
  Array.from(held, (count) =>
    Math.min(MOST_WRITTEN, Math.round(smoothIdf(rows, Math.min(rows, Math.max(count, least))) * 100)),
  );

// Written in two letters each, as twelve bits in base 64: a list of numbers is twice as long, and a recipe stands in every view of its
// federation. Finer than hundredths no figure of a model shows (docs/results.md).
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const MOST_WRITTEN = LETTERS.length ** 2 - 1;

export const writtenIdf = (hundredths: readonly number[]): string =>
  hundredths.map((one) => LETTERS[one >> 6]! + LETTERS[one & 63]!).join('');

/** [buckets]; undefined: it is none of so many. */
export function readIdf(written: string, buckets: number): Float64Array | undefined {
  const idf = new Float64Array(buckets);
  if (written.length !== 2 * buckets) return undefined;
  for (let at = 0; at < buckets; at += 1) {
    const [high, low] = [LETTERS.indexOf(written[2 * at]!), LETTERS.indexOf(written[2 * at + 1]!)];
    if (high < 0 || low < 0) return undefined;
    idf[at] = (high * 64 + low) / 100;
  }
  return idf;
}
