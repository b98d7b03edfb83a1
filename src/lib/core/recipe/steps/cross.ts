// Two columns as one: what only both together tell (a town and a month), which a model of straight lines cannot find by itself.
import * as v from 'valibot';
import { fail, ok } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { defineStep, isAny, pickColumns } from '../step.ts';
import { textAt, type Column } from '../table.ts';

/** Between the names of columns, and between what they hold. */
export const CROSSED = ' × ';
/** Letters of a column's name. */
export const LONGEST_NAME = 80;

export const cross = defineStep({
  name: 'cross',
  title: 'Cross columns',
  description:
    'A new column of texts whose value is that of all the named ones together, missing where one is; make it categories afterwards. Bin numbers first.',
  fields: { columns: { type: 'columns', title: 'Columns', of: 'any', least: 2 } },
  state: v.strictObject({ name: v.string() }),
  fit({ columns: names }, table) {
    const columns = pickColumns(table, names, isAny, 'a column');
    if (!columns.ok) return columns;
    const name = names.join(CROSSED);
    return name.length > LONGEST_NAME
      ? fail(
          `${quoted(name)} is longer than the ${LONGEST_NAME} letters that a column’s name may have. Cross fewer.`,
        )
      : ok({ state: { name }, notes: [] });
  },
  apply({ columns: names }, { name }, table) {
    const columns = names.flatMap((one) => table.columns.find((column) => column.name === one) ?? []);
    if (columns.length < names.length) return table;
    const cells = Array.from({ length: table.rows }, (_, row) => {
      const texts = columns.map((column) => textAt(column, row));
      return texts.includes('') ? '' : texts.join(CROSSED);
    });
    const from = [...new Set(columns.flatMap((column) => column.from))];
    const crossed: Column = { type: 'text', name, from, cells };
    return { ...table, columns: [...table.columns, crossed] };
  },
});
