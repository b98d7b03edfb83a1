// What one statistic is: a fixed number of sums over a device's rows, which add up over devices, and the finished figures that are made of
// the total, once. No value of a row, no smallest or largest, and no finished ratio is among the sums. Bins, columns and ranges come of the
// data contract and of the question, never of anybody's rows.
import type { ModelRows } from '../aggregation/summed-model.ts';
import type { DataContract } from '../data/contract.ts';
import type { Examples } from '../data/examples.ts';

/** How long a statistic's part of the vector is, and what of it is what. */
export interface Shape {
  /** Whole numbers ≥ 0, first: so many rows, or devices. */
  readonly counts: number;
  /** After them, sums over rows of values within ±1. */
  readonly sums: number;
  /** ‖·‖₂ that one row, or where it is `per` device the device, can change all of this by. */
  readonly reach: number;
}

/** What is measured. */
export interface Measured extends ModelRows {
  readonly contract: DataContract;
  /** [columns of texts][count], as of examples. */
  readonly texts?: Examples['texts'];
  /** [count, K]: what the version that is asked about says of each row; absent where the statistic is of data alone. */
  readonly outputs?: Float32Array;
  /** The same of any encoded rows [count, F]; absent as above. */
  readonly predict?: (features: Float32Array, count: number) => Float32Array;
  /** What the import of these rows found of the data contract; absent where nothing was checked, or it was told with other rows. */
  readonly checked?: Checked;
}

export interface Checked {
  /** Rows that were not taken. */
  readonly refused: number;
  readonly broken: readonly { readonly kind: string; readonly column: string | null }[];
}

/** The sums of all devices together. */
export interface Total {
  /** [counts + sums], in the order of the shape. */
  readonly values: ArrayLike<number>;
  readonly devices: number;
  /** Standard deviation of the noise on each value; 0: they are exact. */
  readonly deviation: number;
}

export interface Statistic<Asked, Figures> {
  readonly name: string;
  /** What a person reads: "Class counts". */
  readonly title: string;
  /** device: each counts once, however many rows it has. */
  readonly per: 'row' | 'device';
  /** version: of held-out rows, with what a version says of them. Else of all rows of the device. */
  readonly of: 'data' | 'version';
  /** What is wrong with the question, in a sentence that says what to do; undefined: nothing. */
  check(asked: Asked, contract: DataContract): string | undefined;
  /** Of a question that was checked. */
  shape(asked: Asked, contract: DataContract): Shape;
  /** [counts + sums] of one device. */
  measure(asked: Asked, measured: Measured): Float64Array<ArrayBuffer>;
  read(asked: Asked, contract: DataContract, total: Total): Figures;
}
