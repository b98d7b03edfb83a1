// Prose as thousands of terms: words and words in a row, or runs of letters, each weighed by how often it is in the text and how rare among
// all (TF-IDF, Salton & Buckley 1988; idf smoothed as scikit-learn's TfidfVectorizer). Held as pairs of a term and its weight, since a text
// holds few of them. Which terms those are, and how rare, is learnt from rows to learn from alone.
import * as v from 'valibot';
import { isMissing } from '../../data/missing.ts';
import { fail, ok } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { settled } from '../settled.ts';
import { defineStep } from '../step.ts';
import { changeColumns, type TermsColumn, type TextColumn } from '../table.ts';
import { splitterOf, type Split } from '../terms-of.ts';
import { COMMON, forgetRare } from '../words-of.ts';
import { cutProblem, longestField, weightFields } from './term-fields.ts';
import { proseColumns, timesOf } from './words.ts';

const State = v.array(
  v.pipe(
    v.strictObject({
      name: v.string(),
      terms: v.pipe(v.array(v.string()), v.minLength(1)),
      idf: v.array(v.number()),
      slots: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    }),
    v.check((one) => one.terms.length === one.idf.length),
  ),
);
type Learnt = v.InferOutput<typeof State>[number];

/** Values of all pairs together: 40 million take 160 MB. A million rows have twenty terms each, the weightiest. */
const MOST_VALUES = 40_000_000;
/** Terms that are counted at a time. Beyond, those met once are forgotten (lossy counting, Manku & Motwani 2002). */
const MOST_COUNTED = 1_000_000;
const LONGEST_TERM = 80;

export const terms = defineStep({
  name: 'terms',
  title: 'Texts as terms (TF-IDF)',
  description:
    'Columns of prose become the terms that they hold in their first 200,000 letters, thousands of them in one column: times × ln((1 + n)/(1 + rows that hold it)) + 1, as scikit-learn’s TfidfVectorizer, each text then of equal length.',
  fields: {
    columns: { type: 'columns', title: 'Columns of texts', of: 'text' },
    of: { type: 'choice', title: 'Terms are', choices: ['words', 'letters'], default: 'words' },
    longest: longestField(2),
    most: {
      type: 'number',
      title: 'Terms at most',
      minimum: 1,
      maximum: 50_000,
      isWhole: true,
      default: 30_000,
    },
    rarest: {
      type: 'number',
      title: 'Rows that a term needs',
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
    ...weightFields,
  },
  state: State,
  check: cutProblem,
  fit({ columns: names, of, longest, most, rarest, commonest }, table) {
    const columns = proseColumns(table, names);
    if (!columns.ok) return columns;
    const split = splitterOf(of, longest);
    const widest = Math.floor(
      MOST_VALUES / (2 * Math.max(1, table.rows) * Math.max(1, columns.value.length)),
    );
    const state: Learnt[] = [];
    const notes: string[] = [];
    for (const { name, cells } of columns.value) {
      const counts = rowsThatHold(cells, split);
      const common = COMMON * table.rows;
      const kept = [...counts]
        .filter(
          ([term, count]) =>
            term.length <= LONGEST_TERM && count >= rarest && count <= commonest * table.rows,
        )
        // What nearly all hold tells few of them apart, and comes last.
        .toSorted(([a, x], [b, y]) => Number(x > common) - Number(y > common) || y - x || (a < b ? -1 : 1))
        .slice(0, most);
      if (kept.length === 0)
        return fail(`no term of ${quoted(name)} is in enough rows. Ask for fewer (“rarest”), or drop it.`);
      const places = new Map(kept.map(([term], at) => [term, at]));
      let slots = 1;
      for (const cell of cells) slots = Math.max(slots, heldIn(cell, split, places));
      if (slots > widest) {
        if (widest < 1)
          return fail(`${table.rows} rows of texts are more than is held in memory here. Take a sample.`);
        notes.push(
          `Of each text in ${quoted(name)}, the ${widest} weightiest terms are kept: more would not fit in memory.`,
        );
        slots = widest;
      }
      state.push({
        name,
        terms: kept.map(([term]) => term),
        idf: kept.map(([, count]) => settled(Math.log((1 + table.rows) / (1 + count)) + 1)),
        slots,
      });
      notes.push(`${quoted(name)} holds texts, and is taken as ${kept.length.toLocaleString('en')} terms.`);
    }
    return ok({ state, notes });
  },
  apply: ({ of, longest, sublinear, length }, state, table) => {
    const split = splitterOf(of, longest);
    return changeColumns(table, state, (column, own) =>
      column.type === 'text' ? [termsOf(column, own, split, { sublinear, length })] : [column],
    );
  },
});

function rowsThatHold(cells: readonly string[], split: Split): Map<string, number> {
  const counts = new Map<string, number>();
  for (const cell of cells) {
    if (isMissing(cell)) continue;
    for (const term of new Set(split(cell))) counts.set(term, (counts.get(term) ?? 0) + 1);
    if (counts.size > MOST_COUNTED) forgetRare(counts, MOST_COUNTED);
  }
  return counts;
}

function heldIn(cell: string, split: Split, places: ReadonlyMap<string, number>): number {
  if (isMissing(cell)) return 0;
  let held = 0;
  for (const term of new Set(split(cell))) if (places.has(term)) held += 1;
  return held;
}

function termsOf(
  { name, from, cells }: TextColumn,
  { terms: list, idf, slots }: Learnt,
  split: Split,
  { sublinear, length }: { readonly sublinear: boolean; readonly length: number },
): TermsColumn {
  const places = new Map(list.map((term, at) => [term, at]));
  const pairs = new Float32Array(2 * slots * cells.length);
  for (const [row, cell] of cells.entries()) {
    if (isMissing(cell)) continue;
    const held: { readonly place: number; readonly weight: number }[] = [];
    for (const [term, times] of timesOf(split(cell))) {
      const place = places.get(term);
      if (place === undefined) continue;
      held.push({ place, weight: (sublinear ? settled(1 + Math.log(times)) : times) * idf[place]! });
    }
    const kept =
      held.length <= slots
        ? held
        : held.toSorted((a, b) => b.weight - a.weight || a.place - b.place).slice(0, slots);
    // In the order of places, so that the sum of squares is the same bits wherever a word stands.
    kept.sort((a, b) => a.place - b.place);
    let squares = 0;
    for (const { weight } of kept) squares += weight * weight;
    const factor = length / Math.sqrt(squares);
    for (const [slot, { place, weight }] of kept.entries()) {
      const at = 2 * (row * slots + slot);
      pairs[at] = place;
      pairs[at + 1] = weight * factor;
    }
  }
  return { type: 'terms', name, from, terms: list, slots, pairs };
}
