// A linear model looked into: what each column, and each term of a text, adds to its margin. Exact, since the margin is their sum.
import { encodedWidth, type TableContract } from '../data/contract.ts';
import type { Attribution } from './black-box.ts';
import type { WordEffect } from './words-by-lime.ts';

export interface Line {
  /** [W] (core/learners/sparse-rows.ts). */
  readonly weights: Float64Array;
  readonly intercept: number;
}

export interface LineEffects extends Attribution {
  /** Of each column of terms, the largest first, whichever way it moves; they add up to the column's effect. */
  readonly words: readonly { readonly column: string; readonly words: readonly WordEffect[] }[];
}

/** From the mean row, and of texts from the empty one. `row`, `mean` [F]. */
export function lineEffects(
  { columns }: TableContract,
  { weights, intercept }: Line,
  row: Float32Array,
  mean: Float32Array,
): LineEffects {
  const effects = new Float64Array(columns.length);
  const words: LineEffects['words'][number][] = [];
  let base = intercept;
  let at = 0;
  let weight = 0;
  for (const [index, column] of columns.entries()) {
    const width = encodedWidth(column);
    if (column.type === 'terms') {
      const own: WordEffect[] = [];
      for (let slot = at; slot < at + width; slot += 2) {
        const [place, value] = [row[slot]!, row[slot + 1]!];
        if (value === 0) continue;
        const effect = weights[weight + place]! * value;
        effects[index]! += effect;
        own.push({ term: column.terms[place] ?? '', effect });
      }
      words.push({ column: column.name, words: largestFirst(own) });
      weight += column.terms.length;
    } else {
      for (let i = 0; i < width; i += 1) {
        base += weights[weight + i]! * mean[at + i]!;
        effects[index]! += weights[weight + i]! * (row[at + i]! - mean[at + i]!);
      }
      weight += width;
    }
    at += width;
  }
  return { base, score: base + effects.reduce((sum, one) => sum + one, 0), effects, words };
}

export const largestFirst = (words: readonly WordEffect[]): WordEffect[] =>
  words.toSorted((a, b) => Math.abs(b.effect) - Math.abs(a.effect) || (a.term < b.term ? -1 : 1));

/** What each term adds to a row of these, on average: those that add, the largest first. `features` [count, F]; sign −1: to the margin turned round. */
export function termsFor(
  { columns }: TableContract,
  { weights }: Line,
  features: Float32Array,
  count: number,
  sign: 1 | -1,
): LineEffects['words'] {
  const width = columns.reduce((sum, column) => sum + encodedWidth(column), 0);
  const found: LineEffects['words'][number][] = [];
  let at = 0;
  let weight = 0;
  for (const column of columns) {
    const own = encodedWidth(column);
    if (column.type === 'terms') {
      const sums = new Float64Array(column.terms.length);
      for (let row = 0; row < count; row += 1)
        for (let slot = row * width + at; slot < row * width + at + own; slot += 2)
          sums[features[slot]!]! += features[slot + 1]!;
      const words = column.terms.map((term, place) => ({
        term,
        effect: (sign * weights[weight + place]! * sums[place]!) / Math.max(1, count),
      }));
      found.push({ column: column.name, words: largestFirst(words.filter(({ effect }) => effect > 0)) });
      weight += column.terms.length;
    } else weight += own;
    at += own;
  }
  return found;
}
