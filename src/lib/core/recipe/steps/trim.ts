// Texts in one spelling: white space, composed letters, case. What two people typed alike becomes alike.
import * as v from 'valibot';
import { ok } from '../../result.ts';
import { isMissing } from '../../data/missing.ts';
import { defineStep, noteNothing, pickColumns } from '../step.ts';
import { changeColumns, isText } from '../table.ts';

export const trim = defineStep({
  name: 'trim',
  title: 'Trim texts',
  description:
    'Removes white space at the ends, makes one space of several within, composes letters (Unicode NFC), and may fold case.',
  fields: {
    columns: { type: 'columns', title: 'Columns of texts', of: 'text' },
    case: { type: 'choice', title: 'Case', choices: ['keep', 'lower', 'upper'], default: 'keep' },
  },
  state: v.array(v.strictObject({ name: v.string() })),
  fit(settings, table) {
    const columns = pickColumns(table, settings.columns, isText, 'texts');
    if (!columns.ok) return columns;
    return ok({
      state: columns.value.map(({ name }) => ({ name })),
      notes: noteNothing(columns.value.length, 'texts'),
    });
  },
  apply: (settings, state, table) =>
    changeColumns(table, state, (column) =>
      column.type === 'text'
        ? [{ ...column, cells: column.cells.map((cell) => trimmed(cell, settings.case)) }]
        : [column],
    ),
});

function trimmed(cell: string, fold: 'keep' | 'lower' | 'upper'): string {
  if (isMissing(cell)) return '';
  const text = cell.normalize('NFC').replace(/\s+/gu, ' ').trim();
  return fold === 'keep' ? text : fold === 'lower' ? text.toLowerCase() : text.toUpperCase();
}
