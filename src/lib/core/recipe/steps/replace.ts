// Cells mended by a rule: a whole cell, a part of it, or what a regular expression finds.
import * as v from 'valibot';
import { ok } from '../../result.ts';
import { defineStep, noteNothing, pickColumns } from '../step.ts';
import { changeColumns, isText } from '../table.ts';
import { whySlow } from './pattern-cost.ts';

/** A longer cell is left as it is: what an expression costs grows faster than the text (pattern-cost.ts). */
const LONGEST = 500;

export const replace = defineStep({
  name: 'replace',
  title: 'Replace in texts',
  description:
    'Writes one text for another: for whole cells, for parts, or for what a regular expression finds ($1 for its first group). An empty cell is missing.',
  fields: {
    columns: { type: 'columns', title: 'Columns of texts', of: 'text' },
    find: { type: 'text', title: 'Find', default: '' },
    how: { type: 'choice', title: 'As', choices: ['cell', 'part', 'pattern'], default: 'cell' },
    with: { type: 'text', title: 'Write instead', default: '' },
  },
  state: v.array(v.strictObject({ name: v.string() })),
  check({ find, how }) {
    if (find === '') return 'it has nothing to find. Fill in “find”.';
    if (how !== 'pattern') return undefined;
    try {
      void new RegExp(find, 'gu');
    } catch (error) {
      return `“${find}” is no regular expression: ${error instanceof Error ? error.message : String(error)}.`;
    }
    return whySlow(find);
  },
  fit(settings, table) {
    const columns = pickColumns(table, settings.columns, isText, 'texts');
    if (!columns.ok) return columns;
    const change = changer(settings);
    const changed = columns.value.reduce(
      (sum, { cells }) => sum + cells.filter((cell) => change(cell) !== cell).length,
      0,
    );
    const long =
      settings.how === 'pattern'
        ? columns.value.reduce((sum, { cells }) => sum + cells.filter(isTooLong).length, 0)
        : 0;
    return ok({
      state: columns.value.map(({ name }) => ({ name })),
      notes: [
        ...noteNothing(columns.value.length, 'texts'),
        ...(columns.value.length > 0 && changed === 0 ? ['No cell of the rows to learn from holds it.'] : []),
        ...(long > 0
          ? [`${long} cells have more than ${LONGEST} letters, where no pattern is looked for.`]
          : []),
      ],
    });
  },
  apply(settings, state, table) {
    const change = changer(settings);
    return changeColumns(table, state, (column) =>
      column.type === 'text' ? [{ ...column, cells: column.cells.map(change) }] : [column],
    );
  },
});

const isTooLong = (cell: string): boolean => cell.length > LONGEST;

function changer(settings: {
  readonly find: string;
  readonly how: 'cell' | 'part' | 'pattern';
  readonly with: string;
}): (cell: string) => string {
  const { find, how } = settings;
  const instead = settings.with;
  switch (how) {
    case 'cell':
      return (cell) => (cell === find ? instead : cell);
    case 'part':
      return (cell) => cell.replaceAll(find, () => instead).trim();
    case 'pattern': {
      const pattern = new RegExp(find, 'gu');
      return (cell) => (isTooLong(cell) ? cell : cell.replace(pattern, instead).trim());
    }
    default:
      return how satisfies never;
  }
}
