// Rows that repeat a row before them in every column.
import { hashCounts } from '../data/hash-counts.ts';
import type { ColumnTable } from './columns.ts';

export interface Duplicates {
  readonly count: number;
  /** Rows, from 0, that repeat an earlier one; the first hundred. */
  readonly rows: readonly number[];
}

const LISTED_ROWS = 100;

/** Two columns of 32 bits a row, mixed as MurmurHash3 mixes its words: a million rows collide with probability 3e-8. */
export function duplicateRows({ rows, columns }: ColumnTable): Duplicates {
  const first = new Uint32Array(rows);
  const second = new Uint32Array(rows).fill(0x9e3779b9);
  const number = new Float64Array(1);
  const words = new Uint32Array(number.buffer);
  for (const column of columns)
    for (let row = 0; row < rows; row += 1) {
      if (column.type === 'category') {
        words[0] = column.codes[row]!;
        words[1] = 0x5bd1e995;
      } else {
        // One NaN for all, and no difference between 0 and −0.
        const value = column.values[row]!;
        number[0] = Number.isNaN(value) ? NaN : value + 0;
      }
      first[row] = mix(first[row]!, words[0]!, words[1]!);
      second[row] = mix(second[row]!, words[1]!, words[0]!);
    }
  const seen = hashCounts(rows);
  const found: number[] = [];
  let count = 0;
  for (let row = 0; row < rows; row += 1)
    if (seen.add(first[row]!, second[row]!) > 0) {
      count += 1;
      if (found.length < LISTED_ROWS) found.push(row);
    }
  return { count, rows: found };
}

function mix(hash: number, low: number, high: number): number {
  let h = hash;
  for (const word of [low, high]) {
    let k = Math.imul(word, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}
