// A value for cells that have none, learnt from the rows that have one (scikit-learn's SimpleImputer).
import * as v from 'valibot';
import { momentsOf } from '../../exploration/number-summary.ts';
import { quantile } from '../../metrics/quantile.ts';
import { fail, ok } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { defineStep, noteNothing, pickColumns } from '../step.ts';
import {
  changeColumns,
  isMissingAt,
  presentTexts,
  type Column,
  type NumberColumn,
  type Table,
} from '../table.ts';
import { numberOf } from './cast.ts';

export const ImputeState = v.array(
  v.strictObject({ name: v.string(), fill: v.union([v.number(), v.string()]) }),
);

export const impute = defineStep({
  name: 'impute',
  title: 'Fill in missing values',
  description:
    'With the mean or the median of a column of numbers, its most frequent value (of several the smallest), or a value of your own; and may keep a column that says where.',
  fields: {
    columns: { type: 'columns', title: 'Columns', of: 'any' },
    method: {
      type: 'choice',
      title: 'With',
      choices: ['mean', 'median', 'most-frequent', 'constant'],
      default: 'median',
    },
    value: { type: 'text', title: 'The constant', default: '' },
    indicator: { type: 'flag', title: 'A column that says where', default: false },
  },
  state: ImputeState,
  check: ({ method, value }) =>
    method === 'constant' && value === '' ? 'it has no constant. Fill in “value”.' : undefined,
  fit({ columns: names, method, value }, table) {
    const isOfNumbers = method === 'mean' || method === 'median';
    const isSuited = (column: Column): column is Column =>
      column.type === 'number' || (!isOfNumbers && column.type === 'text');
    const wanted = isOfNumbers ? 'numbers' : 'numbers or texts';
    const columns = pickColumns(table, names, isSuited, wanted);
    if (!columns.ok) return columns;
    const state: v.InferOutput<typeof ImputeState> = [];
    for (const column of columns.value) {
      const { name } = column;
      const fill = method === 'constant' ? constant(column, value) : learnt(column, method, table);
      if (fill !== undefined) state.push({ name, fill });
      else if (method === 'constant')
        return fail(`${quoted(name)} holds numbers, and ${quoted(value)} is none. Give a number as “value”.`);
      else if (names !== null)
        return fail(`${quoted(name)} is empty in every row to learn from. Drop it, or give a constant.`);
    }
    return ok({ state, notes: noteNothing(columns.value.length, wanted) });
  },
  apply: ({ indicator }, state, table) =>
    changeColumns(table, state, (column, { fill }) => {
      const filled = filledColumn(column, fill);
      return indicator ? [filled, indicatorOf(column, table.rows)] : [filled];
    }),
});

const constant = (column: Column, value: string): number | string | undefined => {
  if (column.type !== 'number') return value;
  const number = numberOf(value);
  return Number.isNaN(number) ? undefined : number;
};

function learnt(
  column: Column,
  method: 'mean' | 'median' | 'most-frequent',
  table: Table,
): number | string | undefined {
  if (column.type !== 'number')
    return mostFrequent(presentTexts(column, table.rows), (a, b) => (a < b ? -1 : 1));
  const present = column.values.filter((value) => !Number.isNaN(value));
  if (present.length === 0) return undefined;
  if (method === 'mean') return momentsOf(present).mean;
  if (method === 'median') return quantile(present.toSorted(), 0.5);
  return mostFrequent(present, (a, b) => a - b);
}

function mostFrequent<T>(values: Iterable<T>, order: (a: T, b: T) => number): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([a, x], [b, y]) => y - x || order(a, b))[0]?.[0];
}

function filledColumn(column: Column, fill: number | string): Column {
  if (column.type === 'number' && typeof fill === 'number')
    return { ...column, values: column.values.map((value) => (Number.isNaN(value) ? fill : value)) };
  if (column.type === 'text' && typeof fill === 'string')
    return { ...column, cells: column.cells.map((cell, row) => (isMissingAt(column, row) ? fill : cell)) };
  return column;
}

const indicatorOf = (column: Column, rows: number): NumberColumn => ({
  type: 'number',
  name: `${column.name} (missing)`,
  from: column.from,
  values: Float64Array.from({ length: rows }, (_, row) => (isMissingAt(column, row) ? 1 : 0)),
  scale: null,
});
