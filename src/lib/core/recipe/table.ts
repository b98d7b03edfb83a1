// A table as a recipe works on it: by columns, each of texts, numbers or categories. Files are read as texts alone; what is a number is
// a step's doing (cast), so that every device, and every later row, is read by the same rule.
import { isMissing } from '../data/missing.ts';

export type Column = TextColumn | NumberColumn | CategoryColumn | TermsColumn | HashedColumn;

interface Named {
  readonly name: string;
  /** The columns of the file that it was made of. */
  readonly from: readonly string[];
}
export interface TextColumn extends Named {
  readonly type: 'text';
  /** [rows], white space around them removed; missing as `isMissing` knows it. */
  readonly cells: readonly string[];
}
export interface NumberColumn extends Named {
  readonly type: 'number';
  /** [rows] in their own units, NaN where missing. */
  readonly values: Float64Array;
  /** How the encoding scales them; null: not at all. */
  readonly scale: Scale | null;
  /** They are days since 1970 in UTC. */
  readonly isTime?: true;
  /** They weigh a word: few values of it are no codes, and a text yet to come may have others. */
  readonly isWeight?: true;
}
export interface CategoryColumn extends Named {
  readonly type: 'category';
  /** [rows], places in `labels`; −1 where missing. */
  readonly codes: Int32Array;
  readonly labels: readonly string[];
}

/** Texts as their terms, of a list too long for a column each. */
export interface TermsColumn extends Named {
  readonly type: 'terms';
  readonly terms: readonly string[];
  /** Pairs of a row. */
  readonly slots: number;
  /** [rows, slots, 2]: the place of a term and its weight, places ascending; then (0, 0). */
  readonly pairs: Float32Array;
}

/** Texts as a weight for each bucket that their terms are hashed into. */
export interface HashedColumn extends Named {
  readonly type: 'hashed';
  readonly buckets: number;
  /** [rows, buckets] */
  readonly values: Float32Array;
}

/** (value − shift) / factor */
export interface Scale {
  readonly shift: number;
  readonly factor: number;
}

export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
  /** [rows]: which row of the table that it was taken from each is. */
  readonly origins: Uint32Array;
  /** [rows]: what is to be foretold, as it was written. Only whether two rows are the same may be told by it; absent of rows to predict. */
  readonly targets?: readonly string[] | undefined;
  /** Cells that no row to learn from is like, and that were read as missing. */
  readonly unseen: number;
}

export interface TableCounts {
  readonly rows: number;
  readonly columns: number;
  /** Cells without a value. */
  readonly missing: number;
}

/** Rows of cells as texts. Columns without a name cannot be spoken of, and are left out. */
export function tableOf(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  origins: ArrayLike<number>,
  targets?: readonly string[],
): Table {
  return {
    rows: origins.length,
    columns: header.flatMap((name, field): TextColumn[] =>
      name === ''
        ? []
        : [
            {
              type: 'text',
              name,
              from: [name],
              cells: Array.from(origins, (row) => rows[row]?.[field] ?? ''),
            },
          ],
    ),
    origins: Uint32Array.from(origins),
    targets: targets === undefined ? undefined : Array.from(origins, (row) => targets[row] ?? ''),
    unseen: 0,
  };
}

export function isMissingAt(column: Column, row: number): boolean {
  switch (column.type) {
    case 'text':
      return isMissing(column.cells[row] ?? '');
    case 'number':
      return Number.isNaN(column.values[row]!);
    case 'category':
      return column.codes[row]! < 0;
    case 'terms':
    case 'hashed':
      // An empty text is one that holds no term.
      return false;
    default:
      return column satisfies never;
  }
}

/** A cell as a person would write it; empty where it is missing. */
export function textAt(column: Column, row: number): string {
  if (isMissingAt(column, row)) return '';
  switch (column.type) {
    case 'text':
      return column.cells[row] ?? '';
    case 'number':
      return String(column.values[row]);
    case 'category':
      return column.labels[column.codes[row]!] ?? '';
    case 'terms':
      return termsAt(column, row)
        .map(({ term }) => term)
        .join(' ');
    case 'hashed':
      // Which words there were, nothing tells.
      return '';
    default:
      return column satisfies never;
  }
}

/** What of a column the rows do not lack. */
export const presentTexts = (column: Column, rows: number): string[] =>
  Array.from({ length: rows }, (_, row) => textAt(column, row)).filter((text) => text !== '');

/** `known`: what was counted of columns before; steps leave most of them as they are. */
export function countsOf({ rows, columns }: Table, known = new Map<Column, number>()): TableCounts {
  let missing = 0;
  for (const column of columns) {
    let own = known.get(column);
    if (own === undefined) {
      own = 0;
      for (let row = 0; row < rows; row += 1) if (isMissingAt(column, row)) own += 1;
      known.set(column, own);
    }
    missing += own;
  }
  return { rows, columns: columns.length, missing };
}

/** Rows at these places, in that order. */
export function rowsAt(table: Table, places: ArrayLike<number>): Table {
  const { targets } = table;
  return {
    rows: places.length,
    columns: table.columns.map((column): Column => {
      switch (column.type) {
        case 'text':
          return { ...column, cells: Array.from(places, (row) => column.cells[row] ?? '') };
        case 'number':
          return { ...column, values: Float64Array.from(places, (row) => column.values[row]!) };
        case 'category':
          return { ...column, codes: Int32Array.from(places, (row) => column.codes[row]!) };
        case 'terms': {
          const width = 2 * column.slots;
          const pairs = new Float32Array(width * places.length);
          for (let row = 0; row < places.length; row += 1)
            pairs.set(column.pairs.subarray(places[row]! * width, (places[row]! + 1) * width), row * width);
          return { ...column, pairs };
        }
        case 'hashed': {
          const { buckets } = column;
          const values = new Float32Array(buckets * places.length);
          for (let row = 0; row < places.length; row += 1)
            values.set(
              column.values.subarray(places[row]! * buckets, (places[row]! + 1) * buckets),
              row * buckets,
            );
          return { ...column, values };
        }
        default:
          return column satisfies never;
      }
    }),
    origins: Uint32Array.from(places, (row) => table.origins[row]!),
    targets: targets === undefined ? undefined : Array.from(places, (row) => targets[row] ?? ''),
    unseen: table.unseen,
  };
}

/** Each column that `states` knows by name gives way to what `change` makes of it; the others stay. */
export function changeColumns<State extends { readonly name: string }>(
  table: Table,
  states: readonly State[],
  change: (column: Column, state: State) => readonly Column[],
): Table {
  const known = new Map(states.map((state) => [state.name, state]));
  return {
    ...table,
    columns: table.columns.flatMap((column) => {
      const state = known.get(column.name);
      return state === undefined ? [column] : change(column, state);
    }),
  };
}

/** The terms that a row holds, with their weights. */
export function termsAt(
  { terms, slots, pairs }: Pick<TermsColumn, 'terms' | 'slots' | 'pairs'>,
  row: number,
): { readonly term: string; readonly weight: number }[] {
  const held: { readonly term: string; readonly weight: number }[] = [];
  for (let slot = 0; slot < slots; slot += 1) {
    const at = 2 * (row * slots + slot);
    const weight = pairs[at + 1]!;
    if (weight !== 0) held.push({ term: terms[pairs[at]!] ?? '', weight });
  }
  return held;
}

export const isNumber = (column: Column): column is NumberColumn => column.type === 'number';
export const isText = (column: Column): column is TextColumn => column.type === 'text';
