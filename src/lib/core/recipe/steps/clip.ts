// Numbers held within bounds: what lies beyond is moved to the bound, so that one odd value bends no line (winsorising).
import * as v from 'valibot';
import { quantile } from '../../metrics/quantile.ts';
import { ok } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { defineStep, noteNothing, pickColumns } from '../step.ts';
import { changeColumns, isNumber } from '../table.ts';

const State = v.array(v.strictObject({ name: v.string(), low: v.number(), high: v.number() }));

export const clip = defineStep({
  name: 'clip',
  title: 'Clip numbers',
  description:
    'To quantiles of the rows to learn from (linear between neighbours), to values of your own, or to so many interquartile ranges beyond the quartiles (Tukey 1977).',
  fields: {
    columns: { type: 'columns', title: 'Columns of numbers', of: 'number' },
    by: { type: 'choice', title: 'To', choices: ['quantiles', 'values', 'quartiles'], default: 'quantiles' },
    low: { type: 'number', title: 'Lowest', minimum: -1e15, maximum: 1e15, default: 0.01 },
    high: { type: 'number', title: 'Highest', minimum: -1e15, maximum: 1e15, default: 0.99 },
    reach: { type: 'number', title: 'Interquartile ranges', minimum: 0, maximum: 100, default: 1.5 },
  },
  state: State,
  check({ by, low, high }) {
    if (by === 'quartiles') return undefined;
    if (low > high) return `the lowest (${low}) lies above the highest (${high}). Turn them round.`;
    return by === 'quantiles' && (low < 0 || high > 1)
      ? 'quantiles lie between 0 and 1. Write 0.01 for one in a hundred.'
      : undefined;
  },
  fit({ columns: names, by, low, high, reach }, table) {
    const found = pickColumns(table, names, isNumber, 'numbers');
    if (!found.ok) return found;
    // Weights of words are 0 in most rows: what is not is no odd value.
    const columns = names === null ? found.value.filter(({ isWeight }) => isWeight !== true) : found.value;
    const state: v.InferOutput<typeof State> = [];
    const notes = noteNothing(columns.length, 'numbers');
    for (const { name, values } of columns) {
      const sorted = values.filter((value) => !Number.isNaN(value)).sort();
      if (sorted.length === 0) continue;
      const [first, third] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
      const bounds =
        by === 'values'
          ? { low, high }
          : by === 'quantiles'
            ? { low: quantile(sorted, low), high: quantile(sorted, high) }
            : { low: first - reach * (third - first), high: third + reach * (third - first) };
      if (by !== 'values' && bounds.low === bounds.high) {
        notes.push(`${quoted(name)} is ${bounds.low} in nearly all rows, and is left as it is.`);
        continue;
      }
      state.push({ name, ...bounds });
      const beyond = sorted.filter((value) => value < bounds.low || value > bounds.high).length;
      if (beyond > 0) notes.push(`${beyond} values of ${quoted(name)} are moved to a bound.`);
    }
    return ok({ state, notes });
  },
  apply: (_, state, table) =>
    changeColumns(table, state, (column, { low, high }) =>
      column.type === 'number'
        ? [{ ...column, values: column.values.map((value) => Math.min(high, Math.max(low, value))) }]
        : [column],
    ),
});
