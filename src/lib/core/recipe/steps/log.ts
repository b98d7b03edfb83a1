// Numbers whose size matters by its order: incomes, counts, doses.
import * as v from 'valibot';
import { ok } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { settled } from '../settled.ts';
import { defineStep, pickColumns } from '../step.ts';
import { changeColumns, isNumber } from '../table.ts';

export const log = defineStep({
  name: 'log',
  title: 'Logarithms',
  description: 'ln(1 + x), and −ln(1 − x) below zero: what is skewed becomes even, and zero stays zero.',
  fields: { columns: { type: 'columns', title: 'Columns of numbers', of: 'number', least: 1 } },
  state: v.array(v.strictObject({ name: v.string() })),
  fit({ columns: names }, table) {
    const columns = pickColumns(table, names, isNumber, 'numbers');
    if (!columns.ok) return columns;
    const notes = columns.value
      .filter(({ scale }) => scale !== null)
      .map(
        ({ name }) =>
          `${quoted(name)} was scaled as it was before, and is not any more. Scale it after this.`,
      );
    return ok({ state: columns.value.map(({ name }) => ({ name })), notes });
  },
  apply: (_, state, table) =>
    changeColumns(table, state, (column) =>
      column.type === 'number'
        ? [
            {
              type: 'number',
              name: column.name,
              from: column.from,
              values: column.values.map((value) => settled(Math.sign(value) * Math.log1p(Math.abs(value)))),
              // Neither a scale of the numbers before nor a time is one of their logarithms.
              scale: null,
              ...(column.isWeight === true ? { isWeight: true as const } : {}),
            },
          ]
        : [column],
    ),
});
