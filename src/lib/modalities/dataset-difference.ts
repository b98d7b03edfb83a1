// What two states of a dataset differ in, for the eye: which rows came and went, and which cells of the others changed.
import { differenceOf } from '../core/data/row-change.ts';
import { classLabels } from '../core/data/contract.ts';
import type { OpenedDataset } from './explore-dataset.ts';
import { cellTexts } from './table/decoded-columns.ts';

export interface DatasetDifference {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** Of changed rows, the first two hundred; rows from 0. */
  readonly cells: readonly ChangedCell[];
  /** Rows that went and came, as texts, the first twenty of each. */
  readonly gone: readonly DifferentRow[];
  readonly come: readonly DifferentRow[];
}
export interface ChangedCell {
  readonly row: number;
  readonly column: string;
  readonly before: string;
  readonly after: string;
}
export interface DifferentRow {
  readonly row: number;
  readonly cells: readonly string[];
}

const LISTED_CELLS = 200;
const LISTED_ROWS = 20;

/** Both must be of one contract. */
export function differenceBetween(before: OpenedDataset, after: OpenedDataset): DatasetDifference {
  const { added, removed, changed } = differenceOf(before.examples.hashes, after.examples.hashes);
  const cells: ChangedCell[] = [];
  for (const row of changed) {
    if (cells.length >= LISTED_CELLS) break;
    const [from, to] = [textsOf(before, row), textsOf(after, row)];
    for (const [index, column] of namesOf(before).entries())
      if (from[index] !== to[index])
        cells.push({ row, column, before: from[index] ?? '', after: to[index] ?? '' });
  }
  const listed = (dataset: OpenedDataset, rows: readonly number[]): DifferentRow[] =>
    rows.slice(0, LISTED_ROWS).map((row) => ({ row, cells: textsOf(dataset, row) }));
  return {
    added: added.length,
    removed: removed.length,
    changed: changed.length,
    cells,
    gone: listed(before, removed),
    come: listed(after, added),
  };
}

/** Of what `textsOf` gives. */
export const namesOf = ({ table }: OpenedDataset): readonly string[] =>
  table === undefined ? ['label'] : table.columns.map((column) => column.name);

/** A row for the eye: its cells, or a picture’s label. */
export const textsOf = ({ contract, examples, table }: OpenedDataset, row: number): readonly string[] =>
  table === undefined
    ? [classLabels(contract)?.[examples.targets[row]!] ?? '']
    : (cellTexts(table, row, row + 1)[0] ?? []);
