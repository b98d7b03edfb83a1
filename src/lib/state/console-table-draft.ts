// Columns of a table while they are typed: as a sentence, from a contract that was read out of an example file, and the
// column that becomes the target.
import type { TableContract } from '#lib/core/data/contract.ts';
import { contractDraft, emptyColumn, type Draft, type DraftColumn } from './console-draft.ts';
import { number } from './format.ts';

export const nextKey = (items: readonly { readonly key: number }[]): number =>
  Math.max(0, ...items.map((item) => item.key)) + 1;

/** "number, 29 to 77, scaled by mean 54.4 and deviation 9.04" */
export function columnSentence(column: DraftColumn): string {
  const missing = column.missingAllowed ? ', may be missing' : '';
  if (column.type === 'text') return `text, which a recipe hashes the terms of${missing}`;
  if (column.type === 'category') {
    const names = column.categories.filter((name) => name.trim() !== '');
    return `category: ${names.length === 0 ? 'none yet' : `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`}${missing}`;
  }
  if (column.reads === 'time') return `date or time${missing}`;
  const { minimum, maximum, mean, standardDeviation } = column;
  const range =
    minimum !== null && maximum !== null
      ? `, ${number(minimum)} to ${number(maximum)}`
      : minimum !== null
        ? `, from ${number(minimum)}`
        : maximum !== null
          ? `, up to ${number(maximum)}`
          : '';
  const scaling =
    mean === null || standardDeviation === null
      ? ''
      : mean === 0 && standardDeviation === 1
        ? ', not scaled'
        : `, scaled by mean ${number(mean)} and deviation ${number(standardDeviation)}`;
  return `number${range}${scaling}${missing}`;
}

/** The column at `at` becomes the target, and the former target, when it has a name, becomes a column in its place. */
export function columnToTarget(table: Draft['table'], at: number): Draft['table'] {
  const column = table.columns[at];
  if (column === undefined) return table;
  const { target } = table;
  const columns = table.columns.filter((_, index) => index !== at);
  if (target.name.trim() !== '')
    columns.splice(at, 0, {
      ...emptyColumn(nextKey(table.columns)),
      type: target.type === 'classes' ? 'category' : 'number',
      name: target.name,
      categories:
        target.type === 'classes'
          ? target.classes.flatMap((one) => (one.values.length === 0 ? [one.label] : one.values))
          : [],
      mean: target.mean,
      standardDeviation: target.standardDeviation,
    });
  return {
    rules: table.rules,
    columns: columns.length === 0 ? [emptyColumn(nextKey(table.columns))] : columns,
    target: {
      type: column.type === 'category' ? 'classes' : 'number',
      name: column.name,
      classes:
        column.type === 'category' && column.categories.length > 0
          ? column.categories.map((name, index) => ({ key: index + 1, label: name, values: [name] }))
          : target.classes,
      mean: column.mean,
      standardDeviation: column.standardDeviation,
    },
  };
}

/** A contract that was read out of an example file, to be looked through and changed. */
export const tableDraft = (contract: TableContract): Draft['table'] => contractDraft(contract).table;
