// The parts that one column cuts rows into: its categories; numbers by how far from the contract's mean; what is missing. The contract alone
// fixes them, so that nobody can ask after a narrow one, which would be a question about a person.
import type { ModelRows } from '../aggregation/summed-model.ts';
import type { TableColumn } from '../data/contract.ts';
import { spokenNumber } from '../data/spoken-number.ts';
import { categoryAt, type FoundColumn } from './columns.ts';

/** Numbers are cut so many standard deviations from the contract's mean. */
const CUTS = [-1, 0, 1] as const;
/** Texts are cut by no fixed rule. */
type CutColumn = Extract<TableColumn, { type: 'number' | 'category' }>;
export const isCut = (column: TableColumn): column is CutColumn =>
  column.type === 'number' || column.type === 'category';

/** The parts of a column, in words. Which a row is in: `partOf`. */
export function partsOf(column: TableColumn): string[] {
  if (!isCut(column)) return [];
  const missing = column.missingAllowed ? ['is missing'] : [];
  if (column.type === 'category') return [...column.categories.map((one) => `is ${one}`), ...missing];
  const spoken = CUTS.map((cut) => spokenNumber(column, cut));
  return [
    `is at most ${spoken[0]}`,
    ...CUTS.slice(1).map((_, at) => `is above ${spoken[at]} and at most ${spoken[at + 1]}`),
    `is above ${spoken.at(-1)}`,
    ...missing,
  ];
}

/** Which of `partsOf` a row is in; as many as there are: what the contract does not know as missing is in none. */
export function partOf(rows: ModelRows, row: number, found: FoundColumn): number {
  const { column, feature } = found;
  if (!isCut(column)) throw new Error(`Column “${column.name}” is not cut.`);
  if (column.type === 'category') {
    const category = categoryAt(rows, row, found);
    return category < 0 ? column.categories.length : category;
  }
  const at = row * (rows.features.length / rows.count) + feature;
  if (column.missingAllowed && rows.features[at + 1] === 1) return CUTS.length + 1;
  const part = CUTS.findIndex((cut) => rows.features[at]! <= cut);
  return part < 0 ? CUTS.length : part;
}
