// Texts that are nearly the same: MinHash over runs of three words (Broder 1997, "On the resemblance and containment of documents"), found by
// bands that agree (Leskovec, Rajaraman & Ullman, Mining of Massive Datasets, §3.4), so that no two texts are held against each other for nothing.
import { murmur32 } from '../recipe/murmur32.ts';
import { wordsOf } from '../recipe/words-of.ts';
import type { Duplicates } from './duplicates.ts';

/** 16 bands of 4: two texts of resemblance 0.8 agree in some band with probability 1 − (1 − 0.8⁴)¹⁶ = 0.9998. */
const [BANDS, ROWS] = [16, 4];
const HASHES = BANDS * ROWS;
/** Of the runs of words of two texts, the share that both hold. */
export const ALIKE = 0.8;
const RUN = 3;
/** Further texts are not looked at. */
const MOST_TEXTS = 20_000;
const MOST_RUNS = 400;
const LISTED_ROWS = 100;

const encoder = new TextEncoder();

/** Rows that resemble an earlier one of another wording by 0.8 and more, as far as 64 hashes tell: to ± 0.05. */
export function nearDuplicates(cells: readonly string[]): Duplicates {
  const signatures: Uint32Array[] = [];
  const rowOf: number[] = [];
  const buckets = new Map<string, number[]>();
  const rows: number[] = [];
  let count = 0;
  for (const [row, cell] of cells.slice(0, MOST_TEXTS).entries()) {
    const words = wordsOf(cell);
    if (words.length < RUN) continue;
    const own = signatureOf(words);
    const keys = Array.from(
      { length: BANDS },
      (_, band) => `${band}:${own.subarray(band * ROWS, (band + 1) * ROWS).join()}`,
    );
    const candidates = new Set(keys.flatMap((key) => buckets.get(key) ?? []));
    const isAlike = [...candidates].some(
      (other) => cells[rowOf[other]!] !== cell && resemblance(signatures[other]!, own) >= ALIKE,
    );
    if (isAlike) {
      count += 1;
      if (rows.length < LISTED_ROWS) rows.push(row);
      continue;
    }
    // What is alike is alike to the first of its kind, which alone is kept.
    const place = signatures.push(own) - 1;
    rowOf.push(row);
    for (const key of keys) {
      const held = buckets.get(key);
      if (held === undefined) buckets.set(key, [place]);
      else held.push(place);
    }
  }
  return { count, rows };
}

/** [HASHES]: the least of each hash over the runs of words. */
function signatureOf(words: readonly string[]): Uint32Array {
  const least = new Uint32Array(HASHES).fill(0xffffffff);
  const runs = Math.min(MOST_RUNS, words.length - RUN + 1);
  for (let from = 0; from < runs; from += 1) {
    let hash = murmur32(encoder.encode(words.slice(from, from + RUN).join(' ')));
    for (let at = 0; at < HASHES; at += 1) {
      // A permutation for each: xorshift of the run's own hash, each step the next one's seed (Marsaglia 2003).
      hash ^= hash << 13;
      hash ^= hash >>> 17;
      hash ^= hash << 5;
      if (hash >>> 0 < least[at]!) least[at] = hash >>> 0;
    }
  }
  return least;
}

function resemblance(a: Uint32Array, b: Uint32Array): number {
  let same = 0;
  for (let at = 0; at < HASHES; at += 1) if (a[at] === b[at]) same += 1;
  return same / HASHES;
}
