// Texts into a fixed number of features by the hash of each word: nothing is learnt, so that all devices encode alike without having
// agreed on words (Weinberger et al. 2009, "Feature Hashing"; scikit-learn's HashingVectorizer: MurmurHash3_x86_32 of seed 0, its sign
// the sign of the word, each row of length 1).
import * as v from 'valibot';
import { isMissing } from '../../data/missing.ts';
import { fail, ok } from '../../result.ts';
import { murmur32 } from '../murmur32.ts';
import { defineStep } from '../step.ts';
import { changeColumns, type NumberColumn, type TextColumn } from '../table.ts';
import { wordsOf } from '../words-of.ts';
import { proseColumns, tooWide } from './words.ts';

export const hashText = defineStep({
  name: 'hash-text',
  title: 'Texts by hashes of words',
  description:
    'Each word adds 1 or −1 to one of so many features, by its MurmurHash3, each text then of length 1, as scikit-learn’s HashingVectorizer.',
  fields: {
    columns: { type: 'columns', title: 'Columns of texts', of: 'text' },
    buckets: { type: 'number', title: 'Features', minimum: 2, maximum: 900, isWhole: true, default: 64 },
  },
  state: v.array(v.strictObject({ name: v.string() })),
  fit({ columns: names, buckets }, table) {
    const columns = proseColumns(table, names);
    if (!columns.ok) return columns;
    const wide = tooWide(table, columns.value.length * buckets);
    if (wide !== undefined) return fail(wide);
    return ok({
      state: columns.value.map(({ name }) => ({ name })),
      notes: columns.value.length > 0 ? [] : ['No column here holds prose, so that there is nothing to do.'],
    });
  },
  apply: ({ buckets }, state, table) =>
    changeColumns(table, state, (column) => (column.type === 'text' ? hashed(column, buckets) : [column])),
});

const encoder = new TextEncoder();

function hashed({ name, from, cells }: TextColumn, buckets: number): NumberColumn[] {
  const values = Array.from({ length: buckets }, () => new Float64Array(cells.length));
  const hashes = new Map<string, number>();
  for (const [row, cell] of cells.entries()) {
    const sums = new Float64Array(buckets);
    for (const word of isMissing(cell) ? [] : wordsOf(cell)) {
      if (word.length < 2) continue;
      let hash = hashes.get(word);
      if (hash === undefined) {
        hash = murmur32(encoder.encode(word));
        hashes.set(word, hash);
      }
      sums[Math.abs(hash) % buckets]! += hash >= 0 ? 1 : -1;
    }
    const length = Math.sqrt(sums.reduce((sum, one) => sum + one * one, 0));
    if (length > 0) for (let at = 0; at < buckets; at += 1) values[at]![row] = sums[at]! / length;
  }
  return values.map((own, at) => ({
    type: 'number',
    name: `${name}: hash ${at}`,
    from,
    values: own,
    scale: null,
    isWeight: true,
  }));
}
