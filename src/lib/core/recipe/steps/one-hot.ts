// Categories: each value that rows to learn from hold becomes a feature of its own (scikit-learn's OneHotEncoder).
import * as v from 'valibot';
import { categoryOf, categorySpellings, numericSpelling, UNKNOWN } from '../../data/cell-category.ts';
import { fail, ok, type Result } from '../../result.ts';
import { listOf, quoted } from '../../spoken-list.ts';
import { defineStep, pickColumns } from '../step.ts';
import { looksCoded } from '../worth.ts';
import {
  changeColumns,
  textAt,
  type Column,
  type NumberColumn,
  type Table,
  type TextColumn,
} from '../table.ts';

export const OneHotState = v.array(
  v.strictObject({
    name: v.string(),
    labels: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(1000)),
    /** Where what is rare, or was never seen, is put; null: it reads as missing. */
    other: v.nullable(v.number()),
  }),
);
type Categories = v.InferOutput<typeof OneHotState>[number];

export const oneHot = defineStep({
  name: 'one-hot',
  title: 'Categories',
  description:
    'Each value becomes a feature of its own; what training rows do not hold reads as missing. Where no columns are named: all texts, and whole numbers of few values.',
  fields: {
    columns: { type: 'columns', title: 'Columns', of: 'any' },
    rarest: {
      type: 'number',
      title: 'Rows that a value needs; rarer ones are “other”',
      minimum: 1,
      maximum: 1_000_000,
      isWhole: true,
      default: 1,
    },
  },
  state: OneHotState,
  fit({ columns: names, rarest }, table) {
    const isSuited = (column: Column): column is TextColumn | NumberColumn =>
      column.type === 'text' || (column.type === 'number' && (names !== null || isCoded(column, table.rows)));
    const columns = pickColumns(table, names, isSuited, 'texts or numbers');
    if (!columns.ok) return columns;
    const state: Categories[] = [];
    const notes: string[] = [];
    for (const column of columns.value) {
      const found = categoriesOf(column, table, rarest);
      if (!found.ok) return found;
      state.push(found.value);
      if (names === null && column.type === 'number' && column.from.includes(column.name))
        notes.push(
          `${quoted(column.name)} has only the values ${listOf(found.value.labels, 8)} and is taken as a category. Make it a number where it counts or measures.`,
        );
    }
    return ok({ state, notes });
  },
  apply(_, state, table) {
    let unseen = 0;
    const changed = changeColumns(table, state, (column, categories) => {
      const { name, from } = column;
      const { labels, other } = categories;
      const codeOf = coder(categories);
      const codes = Int32Array.from({ length: table.rows }, (__, row) => {
        const code = codeOf(textAt(column, row));
        if (code !== UNKNOWN) return code;
        if (other !== null) return other;
        unseen += 1;
        return -1;
      });
      return [{ type: 'category', name, from, codes, labels }];
    });
    return { ...changed, unseen: table.unseen + unseen };
  },
});

function isCoded({ values, isTime, isWeight }: NumberColumn, rows: number): boolean {
  if (isTime === true || isWeight === true) return false;
  const distinct = new Set<number>();
  let maximum = -Infinity;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (!Number.isInteger(value)) return false;
    if (distinct.add(value).size > 8) return false;
    maximum = Math.max(maximum, value);
  }
  return distinct.size > 0 && looksCoded({ areWhole: true, distinct: distinct.size, maximum }, rows);
}

function categoriesOf(
  column: TextColumn | NumberColumn,
  table: Table,
  rarest: number,
): Result<Categories, string> {
  const { name } = column;
  const counts = new Map<string, number>();
  for (let row = 0; row < table.rows; row += 1) {
    const text = textAt(column, row);
    if (text === '') continue;
    const label = numericSpelling(text) ?? text;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const kept = [...counts].filter(([, count]) => count >= rarest).map(([label]) => label);
  const labels = column.type === 'number' ? kept.toSorted((a, b) => Number(a) - Number(b)) : kept.toSorted();
  if (counts.size === 0) return fail(`${quoted(name)} is empty in every row to learn from. Drop it.`);
  if (labels.length >= 1000)
    return fail(
      `${quoted(name)} has ${labels.length} different values, and at most 999 are told apart. Drop it, take it as words, or ask for more rows a value (“rarest”).`,
    );
  const long = labels.find((label) => label.length > 80);
  if (long !== undefined)
    return fail(
      `${quoted(name)} holds texts of more than 80 letters. Drop it, or take it apart (words, tf-idf, hash-text).`,
    );
  return ok(withOther(name, labels, kept.length < counts.size));
}

/** `labels` that are told apart; `hasOther`: there are rarer ones. */
export function withOther(name: string, labels: readonly string[], hasOther: boolean): Categories {
  if (!hasOther) return { name, labels: [...labels], other: null };
  const other = ['other', 'other values', '(other)'].find((label) => !labels.includes(label)) ?? 'rare';
  return { name, labels: [...labels, other], other: labels.length };
}

/** Each spelling goes through the rules once. */
function coder({ labels, other }: Categories): (text: string) => number {
  const spellings = categorySpellings(labels.filter((_, at) => at !== other).map((label) => [label]));
  const known = new Map<string, number>();
  return (text) => {
    let code = known.get(text);
    if (code === undefined) {
      code = categoryOf(spellings, text);
      known.set(text, code);
    }
    return code;
  };
}
