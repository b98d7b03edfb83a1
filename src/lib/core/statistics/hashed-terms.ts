// How many rows hold each bucket that the terms of a text are hashed into: what a recipe's weights of rare terms are made of
// (recipe/from-survey/texts.ts). No word is among the sums. A bucket is shared by all words of the same hash, and one of few rows is not told.
import * as v from 'valibot';
import { textColumns, type DataContract } from '../data/contract.ts';
import { LEAST_HELD, MOST_BUCKETS, rowsThatHold } from '../recipe/hashed-terms.ts';
import { SHORTEST_RUN } from '../recipe/terms-of.ts';
import type { Statistic } from './statistic.ts';

const whole = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(minimum), v.maxValue(maximum));
const finite = v.pipe(v.number(), v.finite());
const hashing = {
  of: v.picklist(['words', 'letters']),
  longest: whole(1, 8),
  buckets: whole(2, MOST_BUCKETS),
};

/** Buckets of each text that a row counts in under noise, which grows by their square root. */
export const MOST_UNDER_NOISE = 64 as const;

export const Asked = v.strictObject({
  statistic: v.literal('hashed-terms'),
  columns: v.pipe(v.array(v.pipe(v.string(), v.maxLength(80))), v.minLength(1), v.maxLength(10)),
  ...hashing,
  /** Buckets that a row counts in at most; absent: in all that it holds. One number, or the same counts could be asked for by many. */
  most: v.exactOptional(v.literal(MOST_UNDER_NOISE)),
});
export type Asked = v.InferOutput<typeof Asked>;

export const Figures = v.strictObject({
  statistic: v.literal('hashed-terms'),
  ...hashing,
  /** As it was asked. */
  most: v.exactOptional(v.literal(MOST_UNDER_NOISE)),
  /** With and without a text. */
  rows: finite,
  /** A bucket that fewer rows hold is told as held by none: they are too few to say, or the noise hides them. */
  least: finite,
  columns: v.array(v.strictObject({ name: v.string(), held: v.array(finite) })),
});
export type Figures = v.InferOutput<typeof Figures>;

/** Where a text may hold more buckets than it is counted in. */
export const countedWords = (most: number): string => `counting ${most} buckets of each text at most`;

/** "terms of 1,600 rows in 2,048 buckets: half of them are held by 12 rows or more, 301 by fewer than 5" */
export function heldWords(held: readonly number[], { rows, buckets, least, most }: Figures): string {
  const middle = held.toSorted((a, b) => a - b)[Math.floor(held.length / 2)] ?? 0;
  const few = held.filter((one) => one < least).length;
  const count = (value: number): string => value.toLocaleString('en');
  return `terms of ${count(rows)} rows in ${count(buckets)} buckets: half of these are held by ${
    middle < least ? `fewer than ${count(least)} rows` : `${count(middle)} rows or more`
  }${few === 0 ? '' : `, ${count(few)} by fewer than ${count(least)}`}${most === undefined ? '' : `, ${countedWords(most)}`}`;
}

function check({ columns, of, longest }: Asked, contract: DataContract): string | undefined {
  if (new Set(columns).size !== columns.length) return 'Name each column once.';
  const texts = textColumns(contract);
  const other = columns.find((name) => !texts.includes(name));
  if (other !== undefined) return `The data contract has no column of texts “${other}”.`;
  return of === 'letters' && longest < SHORTEST_RUN
    ? `Runs of letters have ${SHORTEST_RUN} letters or more.`
    : undefined;
}

export const statistic: Statistic<Asked, Figures> = {
  name: 'hashed-terms',
  title: 'Terms of texts, hashed',
  per: 'row',
  of: 'data',
  check,
  // A row is counted once, and once in each bucket that it holds.
  shape: ({ columns, buckets, most = buckets }) => ({
    counts: 1 + columns.length * buckets,
    sums: 0,
    reach: Math.sqrt(1 + columns.length * Math.min(most, buckets)),
  }),
  measure({ columns, most, ...how }, { contract, count, texts }) {
    const names = textColumns(contract);
    const values = new Float64Array(1 + columns.length * how.buckets);
    values[0] = count;
    for (const [at, name] of columns.entries()) {
      const cells = texts?.[names.indexOf(name)] ?? [];
      values.set(rowsThatHold(cells, how, most), 1 + at * how.buckets);
    }
    return values;
  },
  read({ columns, of, longest, buckets, most }, _, { values, deviation }) {
    const least = Math.max(LEAST_HELD, Math.ceil(2 * deviation));
    const told = (value: number): number => (value < least ? 0 : Math.round(value));
    return {
      statistic: 'hashed-terms',
      of,
      longest,
      buckets,
      ...(most === undefined ? {} : { most }),
      rows: told(values[0]!),
      least,
      columns: columns.map((name, at) => ({
        name,
        held: Array.from({ length: buckets }, (_one, bucket) => told(values[1 + at * buckets + bucket]!)),
      })),
    };
  },
};
