// From encoded rows to cells: each column of the contract has bins for numbers or one cell a category, and a last cell for missing.
// Edges are a part of the model's state, so that every device bins alike; where they lie is bin-edges.ts.
import { encodedWidth, type TableColumn, type TableContract } from '../data/contract.ts';

interface Place {
  readonly name: string;
  /** First of the column's values in an encoded row. */
  readonly feature: number;
  /** Cells, the last for missing; `firstCell` counts over all columns. */
  readonly cells: number;
  readonly firstCell: number;
}

export type BinnedColumn =
  | (Place & {
      readonly type: 'number';
      readonly missingAllowed: boolean;
      readonly source: Extract<TableColumn, { type: 'number' }>;
      /** Among the columns of numbers. */
      readonly numberIndex: number;
    })
  | (Place & { readonly type: 'category'; readonly categories: readonly string[] });

export interface BinnedColumns {
  readonly columns: readonly BinnedColumn[];
  readonly numbers: readonly Extract<BinnedColumn, { type: 'number' }>[];
  /** Bins of a column of numbers, without the cell for missing. */
  readonly bins: number;
  /** Cells of all columns. */
  readonly cells: number;
  /** F: values of an encoded row. */
  readonly features: number;
}

export function binnedColumns(contract: TableContract, bins: number): BinnedColumns {
  const columns: BinnedColumn[] = [];
  const numbers: Extract<BinnedColumn, { type: 'number' }>[] = [];
  let feature = 0;
  let firstCell = 0;
  for (const column of contract.columns) {
    const { name } = column;
    if (column.type === 'number') {
      const { missingAllowed } = column;
      const cells = bins + 1;
      const numberIndex = numbers.length;
      const number = {
        type: 'number',
        name,
        feature,
        cells,
        firstCell,
        missingAllowed,
        source: column,
        numberIndex,
      } as const;
      numbers.push(number);
      columns.push(number);
    } else if (column.type === 'category') {
      const { categories } = column;
      columns.push({ type: 'category', name, feature, cells: categories.length + 1, firstCell, categories });
    } else {
      // A text has no cells.
      feature += encodedWidth(column);
      continue;
    }
    feature += encodedWidth(column);
    firstCell += columns.at(-1)?.cells ?? 0;
  }
  return { columns, numbers, bins, cells: firstCell, features: feature };
}

/** Whether an encoded column of numbers is missing at `at`: its indicator follows it. */
export const isMissingNumber = (
  column: { readonly missingAllowed: boolean },
  features: ArrayLike<number>,
  at: number,
): boolean => column.missingAllowed && features[at + 1]! > 0.5;

/** How many of `edges` [from, to), ascending, lie below `value`: with t edges below, value > edge t − 1 and ≤ edge t. */
export function edgesBelow(edges: Float32Array, from: number, to: number, value: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low - from;
}

/**
 * The cell of every row in every column, [count, columns], counted within the column. `edges` [numbers, bins − 1], in encoded
 * units; `features` [count, F].
 */
export function binRows(
  { columns, bins, features: width }: BinnedColumns,
  edges: Float32Array,
  features: ArrayLike<number>,
  count: number,
): Uint16Array<ArrayBuffer> {
  const binned = new Uint16Array(count * columns.length);
  for (const [index, column] of columns.entries()) {
    const missing = column.cells - 1;
    for (let row = 0; row < count; row += 1) {
      const at = row * width + column.feature;
      let cell = missing;
      if (column.type === 'number') {
        const from = column.numberIndex * (bins - 1);
        if (!isMissingNumber(column, features, at))
          cell = edgesBelow(edges, from, from + bins - 1, features[at]!);
      } else {
        for (let category = 0; category < missing; category += 1)
          if (features[at + category]! > 0.5) {
            cell = category;
            break;
          }
      }
      binned[row * columns.length + index] = cell;
    }
  }
  return binned;
}
