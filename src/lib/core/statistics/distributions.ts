// How columns are distributed: of numbers a histogram over the contract's range with quantiles, of categories the rows of each that the
// contract names, and how many rows lack the value.
import * as v from 'valibot';
import type { TableColumn } from '../data/contract.ts';
import {
  binOf,
  categoryAt,
  checkColumns,
  columnsOf,
  numberAt,
  rangeOf,
  type FoundColumn,
} from './columns.ts';
import { Histogram, histogramOf } from './histogram.ts';
import type { Statistic } from './statistic.ts';

const finite = v.pipe(v.number(), v.finite());

export const Asked = v.strictObject({
  statistic: v.literal('distributions'),
  columns: v.pipe(v.array(v.pipe(v.string(), v.maxLength(80))), v.minLength(1), v.maxLength(100)),
  /** Of columns of numbers. */
  bins: v.picklist([8, 16, 32, 64]),
});
export type Asked = v.InferOutput<typeof Asked>;

export const Figures = v.strictObject({
  statistic: v.literal('distributions'),
  columns: v.array(
    v.variant('type', [
      v.strictObject({ type: v.literal('number'), name: v.string(), missing: finite, histogram: Histogram }),
      v.strictObject({
        type: v.literal('category'),
        name: v.string(),
        missing: finite,
        categories: v.array(v.strictObject({ label: v.string(), count: finite })),
      }),
    ]),
  ),
});
export type Figures = v.InferOutput<typeof Figures>;

/** With one for rows that lack the value. */
const cellsOf = (column: Counted, { bins }: Asked): number =>
  (column.type === 'number' ? bins : column.categories.length) + 1;

type Counted = Extract<TableColumn, { type: 'number' | 'category' }>;
/** What was checked has no others: a federation's contract holds no texts. */
function countedColumns(...of: Parameters<typeof columnsOf>): (FoundColumn & { readonly column: Counted })[] {
  return columnsOf(...of).map((one) => {
    const { column } = one;
    if (column.type !== 'number' && column.type !== 'category')
      throw new Error(`Column “${column.name}” holds texts.`);
    return { ...one, column };
  });
}

export const statistic: Statistic<Asked, Figures> = {
  name: 'distributions',
  title: 'Distributions of columns',
  per: 'row',
  of: 'data',
  check: ({ columns }, contract) => checkColumns(contract, columns, 'any'),
  shape: (asked, contract) => ({
    counts: countedColumns(contract, asked.columns).reduce(
      (sum, { column }) => sum + cellsOf(column, asked),
      0,
    ),
    sums: 0,
    // One cell of each column.
    reach: Math.sqrt(asked.columns.length),
  }),
  measure(asked, measured) {
    const found = countedColumns(measured.contract, asked.columns);
    const parts = found.map((one) => {
      const { column } = one;
      const cells = cellsOf(column, asked);
      const counts = new Float64Array(cells);
      for (let row = 0; row < measured.count; row += 1) {
        let cell = cells - 1;
        if (column.type === 'category') {
          const category = categoryAt(measured, row, one);
          if (category >= 0) cell = category;
        } else {
          const value = numberAt(measured, row, one);
          if (!Number.isNaN(value)) cell = binOf(value, rangeOf(column), asked.bins);
        }
        counts[cell]! += 1;
      }
      return counts;
    });
    return Float64Array.from(parts.flatMap((counts) => [...counts]));
  },
  read(asked, contract, { values }) {
    let from = 0;
    const columns = countedColumns(contract, asked.columns).map(({ column }) => {
      const cells = cellsOf(column, asked);
      const counts = Array.from({ length: cells }, (_, cell) => values[from + cell]!);
      from += cells;
      const missing = counts.pop()!;
      const { name } = column;
      return column.type === 'number'
        ? ({ type: 'number', name, missing, histogram: histogramOf(rangeOf(column), counts) } as const)
        : ({
            type: 'category',
            name,
            missing,
            categories: column.categories.map((label, index) => ({ label, count: counts[index]! })),
          } as const);
    });
    return { statistic: 'distributions', columns };
  },
};
