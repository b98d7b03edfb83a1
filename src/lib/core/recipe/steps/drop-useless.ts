// Columns that teach nothing, or that would be learnt by heart: identifiers, names, what is the same or different in every row.
import * as v from 'valibot';
import { numericSpelling } from '../../data/cell-category.ts';
import { ok } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { defineStep } from '../step.ts';
import { changeColumns, presentTexts, type Column } from '../table.ts';
import { uselessReason } from '../worth.ts';

export const dropUseless = defineStep({
  name: 'drop-useless',
  title: 'Drop what teaches nothing',
  description:
    'Leaves out columns that are empty, the same in every row, identifiers by their name and values, or texts that are nearly all different.',
  fields: {},
  state: v.array(v.strictObject({ name: v.string() })),
  fit(_, table) {
    const dropped: string[] = [];
    const notes: string[] = [];
    for (const column of table.columns) {
      const { name, type } = column;
      if (type === 'terms' || type === 'hashed') continue;
      const areNumbers = type === 'number';
      const values = areNumbers ? undefined : distinctTexts(column, table.rows);
      const distinct = areNumbers ? distinctNumbers(column.values) : (values?.size ?? 0);
      let longest = 0;
      for (const value of values ?? []) longest = Math.max(longest, value.length);
      const reason = uselessReason({ name, distinct, areNumbers, longest }, table.rows);
      if (reason === undefined) continue;
      dropped.push(name);
      // A word or a part of a date that falls away is nothing that anybody has asked for.
      if (column.from.includes(name)) notes.push(`${quoted(name)} is left out: ${reason}`);
    }
    return ok({ state: dropped.map((name) => ({ name })), notes });
  },
  apply: (_, state, table) => changeColumns(table, state, () => []),
});

const distinctTexts = (column: Column, rows: number): Set<string> =>
  new Set(presentTexts(column, rows).map((text) => numericSpelling(text) ?? text));

const distinctNumbers = (values: Float64Array): number =>
  new Set(values.filter((value) => !Number.isNaN(value))).size;
