// Encoded rows whose texts are pairs of a term and its weight, as a linear model takes them: one weight for each number and for each term
// of the list, and of each row only what is not zero.
import type { DataContract } from '../data/contract.ts';
import { encodedWidth, exampleShape } from '../data/contract.ts';

/** Compressed rows: those of row r lie at [starts[r], starts[r + 1]). */
export interface SparseRows {
  readonly count: number;
  readonly starts: Uint32Array;
  /** Which weight of the model each value meets. */
  readonly places: Uint32Array;
  readonly values: Float32Array;
}

export const hasTerms = (contract: DataContract): boolean =>
  contract.kind === 'table' && contract.columns.some((column) => column.type === 'terms');

/** W: the weights of a line over rows of this contract: as many as numbers are encoded, and one a term in the place of its pairs. */
export function lineSize(contract: DataContract): number {
  if (contract.kind !== 'table') return exampleShape(contract).reduce((size, side) => size * side);
  return contract.columns.reduce(
    (size, column) => size + (column.type === 'terms' ? column.terms.length : encodedWidth(column)),
    0,
  );
}

/** `features` [count, F] as they are encoded; zeros are left out, the pairs of padding too. */
export function sparseRows(contract: DataContract, features: ArrayLike<number>, count: number): SparseRows {
  const columns = contract.kind === 'table' ? contract.columns : [];
  const width = columns.reduce((sum, column) => sum + encodedWidth(column), 0);
  const starts = new Uint32Array(count + 1);
  // A pair is one value, so that this is room enough.
  const places = new Uint32Array(count * width);
  const values = new Float32Array(count * width);
  let filled = 0;
  for (let row = 0; row < count; row += 1) {
    let at = row * width;
    let weight = 0;
    for (const column of columns) {
      const own = encodedWidth(column);
      if (column.type === 'terms') {
        for (let slot = 0; slot < column.slots; slot += 1) {
          const value = features[at + 2 * slot + 1]!;
          if (value === 0) continue;
          places[filled] = weight + features[at + 2 * slot]!;
          values[filled] = value;
          filled += 1;
        }
        weight += column.terms.length;
      } else {
        for (let i = 0; i < own; i += 1) {
          const value = features[at + i]!;
          if (value === 0) continue;
          places[filled] = weight + i;
          values[filled] = value;
          filled += 1;
        }
        weight += own;
      }
      at += own;
    }
    starts[row + 1] = filled;
  }
  return { count, starts, places: places.slice(0, filled), values: values.slice(0, filled) };
}

/** Σ weights[from + place] · value over what a row holds. */
export function sparseDot(
  { starts, places, values }: SparseRows,
  row: number,
  weights: Float64Array,
  from: number,
): number {
  let sum = 0;
  const end = starts[row + 1]!;
  for (let at = starts[row]!; at < end; at += 1) sum += weights[from + places[at]!]! * values[at]!;
  return sum;
}

/** into[from + place] += factor · value for what a row holds. */
export function addSparse(
  { starts, places, values }: SparseRows,
  row: number,
  factor: number,
  into: Float64Array,
  from: number,
): void {
  const end = starts[row + 1]!;
  for (let at = starts[row]!; at < end; at += 1) into[from + places[at]!]! += factor * values[at]!;
}
