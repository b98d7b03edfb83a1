// Prose as hashed terms: words, words in a row or runs of letters, each counted in one of a fixed number of buckets and weighed by how
// rare the bucket is (TF-IDF, Salton & Buckley 1988; scikit-learn's HashingVectorizer, then its TfidfTransformer). It learns no word: how
// many rows hold each bucket is a sum, so that all devices of a federation can fit it together (from-survey/texts.ts).
import * as v from 'valibot';
import { isMissing } from '../../data/missing.ts';
import { fail, ok } from '../../result.ts';
import { tooLarge } from '../encode.ts';
import {
  bucketsOf,
  idfOfCounts,
  LEAST_HELD,
  MOST_BUCKETS,
  readIdf,
  rowsThatHold,
  timesOfBuckets,
  usualHashing,
  writtenIdf,
} from '../hashed-terms.ts';
import { settled } from '../settled.ts';
import { defineStep } from '../step.ts';
import { changeColumns, type HashedColumn, type TextColumn } from '../table.ts';
import { splitterOf, type Split } from '../terms-of.ts';
import { cutProblem, longestField, weightFields } from './term-fields.ts';
import { proseColumns } from './words.ts';

const State = v.array(
  v.strictObject({
    name: v.string(),
    /** By bucket, as hashed-terms.ts writes it; null: all weigh the same. */
    idf: v.nullable(v.string()),
  }),
);

export const hashedTerms = defineStep({
  name: 'hashed-terms',
  title: 'Texts as hashed terms (TF-IDF)',
  description:
    'Each term of a text, of its first 200,000 letters, counts in one of so many buckets by its MurmurHash3, × ln((1 + n)/(1 + rows that hold the bucket)) + 1, as scikit-learn’s HashingVectorizer and TfidfTransformer, each text then of equal length. No word is learnt: devices can share it.',
  fields: {
    columns: { type: 'columns', title: 'Columns of texts', of: 'text' },
    of: { type: 'choice', title: 'Terms are', choices: ['words', 'letters'], default: usualHashing.of },
    longest: longestField(usualHashing.longest),
    buckets: {
      type: 'number',
      title: 'Buckets',
      minimum: 2,
      maximum: MOST_BUCKETS,
      isWhole: true,
      default: usualHashing.buckets,
    },
    idf: { type: 'flag', title: 'Rare buckets weigh more', default: true },
    least: {
      type: 'number',
      title: 'Rows below which a bucket weighs as one that so many hold',
      minimum: 1,
      maximum: 1_000_000,
      isWhole: true,
      default: LEAST_HELD,
    },
    ...weightFields,
  },
  state: State,
  check: cutProblem,
  fit({ columns: names, of, longest, buckets, idf, least }, table) {
    const columns = proseColumns(table, names);
    if (!columns.ok) return columns;
    const large = tooLarge(
      table.rows,
      columns.value.map(({ name }) => ({ type: 'hashed', name, buckets })),
    );
    if (large !== undefined) return fail(large);
    const counted = (cells: readonly string[]): string =>
      writtenIdf(idfOfCounts(cells.length, rowsThatHold(cells, { of, longest, buckets }), least));
    return ok({
      state: columns.value.map(({ name, cells }) => ({ name, idf: idf ? counted(cells) : null })),
      notes: columns.value.length > 0 ? [] : ['No column here holds prose, so that there is nothing to do.'],
    });
  },
  apply: ({ of, longest, buckets, sublinear, length }, state, table) => {
    const split = splitterOf(of, longest);
    const bucketOf = bucketsOf(buckets);
    const weights = new Map<string, Float64Array>();
    for (const { name, idf } of state) {
      const own = idf === null ? new Float64Array(buckets).fill(1) : readIdf(idf, buckets);
      if (own === undefined) return undefined;
      weights.set(name, own);
    }
    return changeColumns(table, state, (column, { name }) =>
      column.type === 'text'
        ? [hashed(column, split, bucketOf, { idf: weights.get(name)!, sublinear, length })]
        : [column],
    );
  },
});

function hashed(
  { name, from, cells }: TextColumn,
  split: Split,
  bucketOf: (term: string) => number,
  {
    idf,
    sublinear,
    length,
  }: { readonly idf: Float64Array; readonly sublinear: boolean; readonly length: number },
): HashedColumn {
  const buckets = idf.length;
  const values = new Float32Array(buckets * cells.length);
  const own = new Float64Array(buckets);
  for (const [row, cell] of cells.entries()) {
    if (isMissing(cell)) continue;
    own.fill(0);
    for (const [bucket, times] of timesOfBuckets(split(cell), bucketOf))
      own[bucket] = (sublinear ? settled(1 + Math.log(times)) : times) * idf[bucket]!;
    // In the order of buckets, so that the sum of squares is the same bits wherever a word stands.
    let squares = 0;
    for (const weight of own) squares += weight * weight;
    if (squares === 0) continue;
    const factor = length / Math.sqrt(squares);
    for (let at = 0; at < buckets; at += 1) values[row * buckets + at] = own[at]! * factor;
  }
  return { type: 'hashed', name, from, buckets, values };
}
