// Rows to learn from that lack too much: only whole ones teach.
import * as v from 'valibot';
import { fail, ok } from '../../result.ts';
import { defineStep, isAny, pickColumns } from '../step.ts';
import { isMissingAt, type Table } from '../table.ts';

export const dropRows = defineStep({
  name: 'drop-rows',
  title: 'Drop rows with gaps',
  description:
    'Leaves out rows to learn from that lack a value in any of these columns. Rows to judge by and to predict are all answered.',
  fields: { columns: { type: 'columns', title: 'Must be there', of: 'any' } },
  state: v.null(),
  fit({ columns: names }, table) {
    const columns = pickColumns(table, names, isAny, 'a column');
    if (!columns.ok) return columns;
    return whole(names, table).length > 0
      ? ok({ state: null, notes: [] })
      : fail('every row lacks a value in one of these columns. Name fewer columns.');
  },
  apply: (_, __, table) => table,
  keep: ({ columns: names }, table) => whole(names, table),
});

function whole(names: readonly string[] | null, table: Table): number[] {
  const columns = table.columns.filter((column) => names === null || names.includes(column.name));
  return Array.from({ length: table.rows }, (_, row) => row).filter((row) =>
    columns.every((column) => !isMissingAt(column, row)),
  );
}
