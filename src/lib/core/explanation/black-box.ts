// A model as explanations see it: rows in, one number a row out, and which encoded features belong to which column. What a person reads
// about are the columns of a table, not the one-hot features that they are encoded in.
import { encodedWidth, type TableContract } from '../data/contract.ts';

/** One number for each row: the share of a class, or the predicted number. `features` [count, F]. */
export type ScoreRows = (features: Float32Array, count: number) => Float64Array;

/** A column and where its encoded values lie in a row: [from, to). */
export interface ColumnPlace {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export function columnPlaces(contract: TableContract): ColumnPlace[] {
  let from = 0;
  return contract.columns.map((column) => {
    const place = { name: column.name, from, to: from + encodedWidth(column) };
    from = place.to;
    return place;
  });
}

/** F */
export const rowWidth = (columns: readonly ColumnPlace[]): number => columns.at(-1)?.to ?? 0;

/** How much each column moved a prediction away from the base: base + Σ effects = the score (to rounding). */
export interface Attribution {
  readonly base: number;
  readonly score: number;
  /** [columns] */
  readonly effects: Float64Array<ArrayBuffer>;
}
