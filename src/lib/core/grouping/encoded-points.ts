// Encoded rows of a table as points: what a data contract's columns make of a row, but for the features that say that a number is
// missing. Its mean stands in for it, and no group is made of what rows lack alone.
import { encodedWidth, type TableContract } from '../data/contract.ts';
import { unfolded } from '../learners/terms-as-columns.ts';
import type { Block } from './chance.ts';
import type { GroupPoints } from './grouper.ts';

/** A column that the points have. */
export interface PointColumn extends Block {
  readonly name: string;
  readonly of:
    | { readonly type: 'number'; readonly mean: number; readonly standardDeviation: number }
    | { readonly type: 'category'; readonly categories: readonly string[] };
}

/** Texts are the columns of their commonest terms. */
export function pointColumns(contract: TableContract): readonly PointColumn[] {
  let at = 0;
  return columnsOf(contract).map((column): PointColumn => {
    const width = column.type === 'category' ? column.categories.length : 1;
    const own = { name: column.name, at, width };
    at += width;
    return { ...own, of: column };
  });
}

function columnsOf(contract: TableContract) {
  const plain = unfolded(contract)?.contract ?? contract;
  if (plain.kind !== 'table') throw new Error('Only rows of a table have columns.');
  return plain.columns.map((column) => {
    if (column.type === 'number' || column.type === 'category') return column;
    throw new Error(`“${column.name}” holds texts, which a recipe makes terms of first.`);
  });
}

export interface EncodedPoints extends GroupPoints {
  /** Whether the mean stands in for the number of this column, by its place among `pointColumns`. */
  isMissing(row: number, column: number): boolean;
}

/** `features` [count, F] as they were encoded by the contract. */
export function encodedPoints(
  contract: TableContract,
  features: Uint8Array | Float32Array,
  count: number,
): EncodedPoints {
  const values = unfolded(contract)?.rows(features, count) ?? features;
  const kept: number[] = [];
  /** [columns]: the feature that says that it is missing; −1: none does. */
  const indicators: number[] = [];
  let width = 0;
  for (const column of columnsOf(contract)) {
    const own = column.type === 'category' ? column.categories.length : 1;
    for (let i = 0; i < own; i += 1) kept.push(width + i);
    width += encodedWidth(column);
    indicators.push(column.type === 'number' && column.missingAllowed ? width - 1 : -1);
  }
  const points = new Float32Array(count * kept.length);
  for (let row = 0; row < count; row += 1)
    for (let i = 0; i < kept.length; i += 1) points[row * kept.length + i] = values[row * width + kept[i]!]!;
  return {
    count,
    size: kept.length,
    values: points,
    isMissing(row, column) {
      const at = indicators[column] ?? -1;
      return at >= 0 && values[row * width + at] === 1;
    },
  };
}
