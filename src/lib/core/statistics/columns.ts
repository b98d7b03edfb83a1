// Cells of encoded rows, as a statistic takes them: the number of a column, clipped to the range that the contract gives it, or the place of
// its category. modalities/table/row-encoder.ts is what wrote them.
import { encodedWidth, type DataContract, type TableColumn } from '../data/contract.ts';
import type { ModelRows } from '../aggregation/summed-model.ts';

/** Where the contract sets no bound, the range is so many standard deviations around its mean. */
const DEVIATIONS = 4;

export interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

type NumberColumn = Extract<TableColumn, { type: 'number' }>;
type Scaled = Pick<NumberColumn, 'mean' | 'standardDeviation'>;

export function rangeOf(column: Scaled & Partial<Pick<NumberColumn, 'minimum' | 'maximum'>>): Range {
  const { mean, standardDeviation } = column;
  const minimum = column.minimum ?? mean - DEVIATIONS * standardDeviation;
  const maximum = column.maximum ?? mean + DEVIATIONS * standardDeviation;
  // A contract may allow one value alone, or bound one side beyond where the other would lie.
  return maximum > minimum ? { minimum, maximum } : { minimum, maximum: minimum + standardDeviation };
}

export interface FoundColumn {
  readonly column: TableColumn;
  /** First of its values in an encoded row. */
  readonly feature: number;
}

export function findColumn(contract: DataContract, name: string): FoundColumn | undefined {
  if (contract.kind !== 'table') return undefined;
  let feature = 0;
  for (const column of contract.columns) {
    if (column.name === name) return { column, feature };
    feature += encodedWidth(column);
  }
  return undefined;
}

/** Columns of a question that was checked. */
export const columnsOf = (contract: DataContract, names: readonly string[]): FoundColumn[] =>
  names.map((name) => {
    const found = findColumn(contract, name);
    if (found === undefined) throw new Error(`The data contract has no column “${name}”.`);
    return found;
  });

/** What is wrong with columns that are asked about; undefined: nothing. */
export function checkColumns(
  contract: DataContract,
  names: readonly string[],
  type: 'number' | 'category' | 'any',
): string | undefined {
  if (new Set(names).size !== names.length) return 'Name each column once.';
  for (const name of names) {
    const found = findColumn(contract, name);
    if (found === undefined) return `The data contract has no column “${name}”.`;
    if (type === 'any' && found.column.type !== 'number' && found.column.type !== 'category')
      return `Column “${name}” holds texts, which this is not asked of.`;
    if (type !== 'any' && found.column.type !== type)
      return `Column “${name}” holds a ${found.column.type}, and this is asked of columns that hold a ${type}.`;
  }
  return undefined;
}

/** Of a column that holds numbers. */
export function rangeIn({ column }: FoundColumn): Range {
  if (column.type !== 'number') throw new Error(`Column “${column.name}” holds no numbers.`);
  return rangeOf(column);
}

/** The value of row `row`, within the range; NaN: it is missing. */
export function numberAt(rows: ModelRows, row: number, { column, feature }: FoundColumn): number {
  if (column.type !== 'number') throw new Error(`Column “${column.name}” holds no numbers.`);
  const at = row * (rows.features.length / rows.count) + feature;
  if (column.missingAllowed && rows.features[at + 1] === 1) return Number.NaN;
  const { minimum, maximum } = rangeOf(column);
  return clipped(rows.features[at]! * column.standardDeviation + column.mean, { minimum, maximum });
}

/** The index of the category of row `row`; −1: it is missing. */
export function categoryAt(rows: ModelRows, row: number, { column, feature }: FoundColumn): number {
  if (column.type !== 'category') throw new Error(`Column “${column.name}” holds no categories.`);
  const at = row * (rows.features.length / rows.count) + feature;
  for (let i = 0; i < column.categories.length; i += 1) if (rows.features[at + i] === 1) return i;
  return -1;
}

export const clipped = (value: number, { minimum, maximum }: Range): number =>
  Math.min(maximum, Math.max(minimum, value));

/** [minimum, maximum] → [−1, 1]. */
export const scaledTo = (value: number, { minimum, maximum }: Range): number =>
  (2 * (clipped(value, { minimum, maximum }) - minimum)) / (maximum - minimum) - 1;

/** Which of `bins` equal parts of the range a value lies in; its end belongs to the last. */
export const binOf = (value: number, { minimum, maximum }: Range, bins: number): number =>
  Math.min(bins - 1, Math.max(0, Math.floor((bins * (value - minimum)) / (maximum - minimum))));
