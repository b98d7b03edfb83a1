// Rows that are there twice, among those to learn from: the first stays.
import * as v from 'valibot';
import { ok } from '../../result.ts';
import { defineStep, isAny, pickColumns } from '../step.ts';
import { textAt, type Table } from '../table.ts';

export const dedupe = defineStep({
  name: 'dedupe',
  title: 'Drop rows that are there twice',
  description:
    'Of rows to learn from that are equal in these columns and in the target, the first stays. Rows to judge by and to predict are all answered.',
  fields: { columns: { type: 'columns', title: 'Equal in', of: 'any' } },
  state: v.null(),
  fit({ columns: names }, table) {
    const columns = pickColumns(table, names, isAny, 'a column');
    return columns.ok ? ok({ state: null, notes: [] }) : columns;
  },
  apply: (_, __, table) => table,
  keep({ columns: names }, table: Table) {
    const columns = table.columns.filter((column) => names === null || names.includes(column.name));
    const seen = new Set<string>();
    const kept: number[] = [];
    for (let row = 0; row < table.rows; row += 1) {
      const key = [...columns.map((column) => textAt(column, row)), table.targets?.[row] ?? ''].join(
        '\u001f',
      );
      if (seen.has(key)) continue;
      seen.add(key);
      kept.push(row);
    }
    return kept;
  },
});
