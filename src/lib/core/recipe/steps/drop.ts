// Columns that no model should see, by name.
import * as v from 'valibot';
import { ok } from '../../result.ts';
import { defineStep, isAny, pickColumns } from '../step.ts';
import { changeColumns } from '../table.ts';

export const drop = defineStep({
  name: 'drop',
  title: 'Drop columns',
  description: 'Leaves the named columns out. Rows that differ in them alone stay on one side of the split.',
  fields: { columns: { type: 'columns', title: 'Columns', of: 'any', least: 1 } },
  state: v.array(v.strictObject({ name: v.string() })),
  fit({ columns: names }, table) {
    const columns = pickColumns(table, names, isAny, 'a column');
    return columns.ok ? ok({ state: columns.value.map(({ name }) => ({ name })), notes: [] }) : columns;
  },
  apply: (_, state, table) => changeColumns(table, state, () => []),
});
