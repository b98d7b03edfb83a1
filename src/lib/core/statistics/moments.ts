// Means, standard deviations and correlations of columns of numbers: n, Σx, Σx² of the rows that have the value, and Σxy of the rows that
// have all of them; x scaled to ±1 over the contract's range, so that no row weighs more than another.
import * as v from 'valibot';
import { checkColumns, columnsOf, numberAt, rangeIn, scaledTo, type Range } from './columns.ts';
import type { Statistic } from './statistic.ts';

const finite = v.pipe(v.number(), v.finite());

export const Asked = v.strictObject({
  statistic: v.literal('moments'),
  columns: v.pipe(v.array(v.pipe(v.string(), v.maxLength(80))), v.minLength(1), v.maxLength(40)),
});
export type Asked = v.InferOutput<typeof Asked>;

export const Figures = v.strictObject({
  statistic: v.literal('moments'),
  columns: v.array(
    v.strictObject({
      name: v.string(),
      /** Rows that have the value. */
      count: finite,
      /** null: no row has it, or the noise leaves nothing of it. */
      mean: v.nullable(finite),
      standardDeviation: v.nullable(finite),
    }),
  ),
  /** [d · d], Pearson's, over the rows that have all columns; null: cannot be had. */
  correlations: v.array(v.nullable(finite)),
  /** Those rows. */
  complete: finite,
});
export type Figures = v.InferOutput<typeof Figures>;

/** Entries of the upper triangle. */
const pairs = (d: number): number => (d * (d + 1)) / 2;
const pairAt = (d: number, a: number, b: number): number => a * d - (a * (a - 1)) / 2 + (b - a);

const ofScaled = (value: number, { minimum, maximum }: Range): number =>
  minimum + ((value + 1) / 2) * (maximum - minimum);

export const statistic: Statistic<Asked, Figures> = {
  name: 'moments',
  title: 'Means, deviations and correlations',
  per: 'row',
  of: 'data',
  check: ({ columns }, contract) => checkColumns(contract, columns, 'number'),
  shape({ columns: { length: d } }) {
    // counts: n of each, n of complete rows. sums: Σx, Σx² of each; of complete rows Σx and Σxy. Every one is within ±1 of a row.
    const counts = d + 1;
    const sums = 3 * d + pairs(d);
    return { counts, sums, reach: Math.sqrt(counts + sums) };
  },
  measure({ columns }, measured) {
    const found = columnsOf(measured.contract, columns);
    const d = found.length;
    const counts = new Float64Array(d + 1);
    const [sum, squares, ofComplete] = [new Float64Array(d), new Float64Array(d), new Float64Array(d)];
    const products = new Float64Array(pairs(d));
    const ranges = found.map(rangeIn);
    const row = new Float64Array(d);
    for (let at = 0; at < measured.count; at += 1) {
      let isComplete = true;
      for (const [a, one] of found.entries()) {
        const value = numberAt(measured, at, one);
        if (Number.isNaN(value)) {
          isComplete = false;
          continue;
        }
        const x = (row[a] = scaledTo(value, ranges[a]!));
        counts[a]! += 1;
        sum[a]! += x;
        squares[a]! += x * x;
      }
      if (!isComplete) continue;
      counts[d]! += 1;
      for (let a = 0; a < d; a += 1) {
        ofComplete[a]! += row[a]!;
        for (let b = a; b < d; b += 1) products[pairAt(d, a, b)]! += row[a]! * row[b]!;
      }
    }
    return Float64Array.of(...counts, ...sum, ...squares, ...ofComplete, ...products);
  },
  read({ columns: names }, contract, { values, deviation }) {
    const found = columnsOf(contract, names);
    const d = found.length;
    const all = Array.from(values);
    const part = (from: number, length: number): number[] => all.slice(from, from + length);
    const counts = part(0, d + 1);
    const sum = part(d + 1, d);
    const squares = part(2 * d + 1, d);
    const ofComplete = part(3 * d + 1, d);
    const products = part(4 * d + 1, pairs(d));
    // Fewer rows than the noise hides are none.
    const least = Math.max(0.5, 2 * deviation);
    const columns = found.map((one, a) => {
      const { column } = one;
      const range = rangeIn(one);
      const count = counts[a]!;
      if (count < least) return { name: column.name, count, mean: null, standardDeviation: null };
      const mean = sum[a]! / count;
      const variance = squares[a]! / count - mean * mean;
      return {
        name: column.name,
        count,
        mean: ofScaled(Math.min(1, Math.max(-1, mean)), range),
        standardDeviation: (Math.sqrt(Math.max(0, variance)) / 2) * (range.maximum - range.minimum),
      };
    });
    const complete = counts[d]!;
    const covariance = (a: number, b: number): number =>
      products[pairAt(d, Math.min(a, b), Math.max(a, b))]! / complete -
      (ofComplete[a]! / complete) * (ofComplete[b]! / complete);
    const correlations = Array.from({ length: d * d }, (_, place) => {
      const [a, b] = [Math.floor(place / d), place % d];
      if (complete < least) return null;
      const scale = covariance(a, a) * covariance(b, b);
      return scale > 0 ? Math.min(1, Math.max(-1, covariance(a, b) / Math.sqrt(scale))) : null;
    });
    return { statistic: 'moments', columns, correlations, complete };
  },
};
