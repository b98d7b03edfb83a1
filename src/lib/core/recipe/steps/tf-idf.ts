// Texts as the words that tell them apart: how often a word is in a text, times how rare it is among all (scikit-learn's
// TfidfVectorizer, smooth_idf and norm='l2': idf = ln((1 + n)/(1 + df)) + 1, each row then of length 1).
import * as v from 'valibot';
import { isMissing } from '../../data/missing.ts';
import { fail, ok } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { settled } from '../settled.ts';
import { defineStep } from '../step.ts';
import { changeColumns } from '../table.ts';
import { wordsOf } from '../words-of.ts';
import { proseColumns, termColumns, timesOf, tooManyWords } from './words.ts';

const State = v.array(
  v.pipe(
    v.strictObject({ name: v.string(), words: v.array(v.string()), idf: v.array(v.number()) }),
    v.check((one) => one.words.length === one.idf.length),
  ),
);

export const tfIdf = defineStep({
  name: 'tf-idf',
  title: 'Texts as rare words (TF-IDF)',
  description:
    'Times that a word is in a text × ln((1 + n)/(1 + rows that hold it)) + 1, each text then of length 1, as scikit-learn’s TfidfVectorizer.',
  fields: {
    columns: { type: 'columns', title: 'Columns of texts', of: 'text' },
    most: { type: 'number', title: 'Words at most', minimum: 1, maximum: 900, isWhole: true, default: 300 },
    rarest: {
      type: 'number',
      title: 'Rows that a word needs',
      minimum: 1,
      maximum: 1_000_000,
      isWhole: true,
      default: 2,
    },
    commonest: {
      type: 'number',
      title: 'Share of the rows that may hold it',
      minimum: 0,
      maximum: 1,
      default: 1,
    },
    sublinear: { type: 'flag', title: '1 + ln(times) in the place of times', default: false },
  },
  state: State,
  fit({ columns: names, most, rarest, commonest }, table) {
    const columns = proseColumns(table, names);
    if (!columns.ok) return columns;
    const state: v.InferOutput<typeof State> = [];
    for (const { name, cells } of columns.value) {
      const rows = new Map<string, number>();
      const times = new Map<string, number>();
      for (const cell of cells)
        for (const [term, count] of timesOf(termsOf(cell))) {
          rows.set(term, (rows.get(term) ?? 0) + 1);
          times.set(term, (times.get(term) ?? 0) + count);
        }
      const kept = [...rows]
        .filter(([term, count]) => term.length <= 30 && count >= rarest && count <= commonest * table.rows)
        // The most used, then in the order of the alphabet, as max_features of scikit-learn.
        .toSorted(([a], [b]) => (times.get(b) ?? 0) - (times.get(a) ?? 0) || (a < b ? -1 : 1))
        .slice(0, most)
        .toSorted(([a], [b]) => (a < b ? -1 : 1));
      if (kept.length === 0)
        return fail(`no word of ${quoted(name)} is in enough rows. Ask for fewer (“rarest”), or drop it.`);
      state.push({
        name,
        words: kept.map(([term]) => term),
        idf: kept.map(([, count]) => settled(Math.log((1 + table.rows) / (1 + count)) + 1)),
      });
    }
    const wide = tooManyWords(table, state);
    if (wide !== undefined) return fail(wide);
    return ok({
      state,
      notes:
        state.length === 0
          ? ['No column here holds prose, so that there is nothing to do.']
          : state.map((one) => `${quoted(one.name)} is taken as ${one.words.length} words.`),
    });
  },
  apply: ({ sublinear }, state, table) =>
    changeColumns(table, state, (column, own) => {
      if (column.type !== 'text') return [column];
      const idf = new Map(own.words.map((term, at) => [term, own.idf[at]!]));
      return termColumns(column, own.words, (text) => {
        const weights = new Map<string, number>();
        let squares = 0;
        // In the order of the words, so that the sum of squares is the same bits wherever a word stands.
        const times = timesOf(termsOf(text));
        for (const term of own.words) {
          const count = times.get(term);
          if (count === undefined) continue;
          const weight = (sublinear ? settled(1 + Math.log(count)) : count) * idf.get(term)!;
          weights.set(term, weight);
          squares += weight * weight;
        }
        const length = Math.sqrt(squares);
        for (const [term, weight] of weights) weights.set(term, weight / length);
        return weights;
      });
    }),
});

/** Of two letters and more, as scikit-learn's token pattern. */
const termsOf = (text: string): string[] =>
  isMissing(text) ? [] : wordsOf(text).filter((word) => word.length > 1);
