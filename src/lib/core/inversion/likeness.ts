// How like an example a guess is: for images the peak signal-to-noise ratio, dB; for rows the share of columns that are right.
import { encodedWidth, type DataContract, type TableColumn } from '../data/contract.ts';
import { exampleSize, type Examples } from '../data/examples.ts';

/** A number is right within so much of a standard deviation of its column, as the contract scales it. */
export const TOLERANCE = 0.1;
/** Beyond this a picture is the same to any eye. */
export const HIGHEST_PSNR = 100;

/** [exampleShape], as the model sees an example. */
export type Encoded = ArrayLike<number>;
/** Higher is more alike. dB, at most HIGHEST_PSNR; or 0 … 1. */
export type Likeness = (guess: Encoded, example: Encoded) => number;

export const likenessOf = (contract: DataContract): Likeness =>
  contract.kind === 'table' ? (guess, example) => columnsRight(contract.columns, guess, example) : psnr;

/** 10·log₁₀(1/MSE) of pixels in 0 … 1; what leaves that range in a guess is set to its border, as whoever looks at it would. */
function psnr(guess: Encoded, example: Encoded): number {
  let squares = 0;
  for (let i = 0; i < example.length; i += 1) {
    const error = Math.min(1, Math.max(0, guess[i]!)) - example[i]!;
    squares += error * error;
  }
  return squares === 0 ? HIGHEST_PSNR : Math.min(HIGHEST_PSNR, -10 * Math.log10(squares / example.length));
}

/** What one column of an encoded row says: a scaled number, or the place of a category; undefined where the cell is empty. */
export function cellOf(column: TableColumn, row: Encoded, at: number): number | undefined {
  if (column.type === 'number') return column.missingAllowed && row[at + 1]! > 0.5 ? undefined : row[at]!;
  if (column.type !== 'category') return undefined;
  let best = 0;
  for (let i = 1; i < column.categories.length; i += 1) if (row[at + i]! > row[at + best]!) best = i;
  return row[at + best]! > 0.5 || !column.missingAllowed ? best : undefined;
}

function isRight(column: TableColumn, guess: Encoded, example: Encoded, at: number): boolean {
  const [guessed, is] = [cellOf(column, guess, at), cellOf(column, example, at)];
  if (guessed === undefined || is === undefined || column.type === 'category') return guessed === is;
  return Math.abs(guessed - is) <= TOLERANCE;
}

/** By column, in the contract's order. */
export function rightColumns(columns: readonly TableColumn[], guess: Encoded, example: Encoded): boolean[] {
  let at = 0;
  return columns.map((column) => {
    const right = isRight(column, guess, example, at);
    at += encodedWidth(column);
    return right;
  });
}

const columnsRight = (columns: readonly TableColumn[], guess: Encoded, example: Encoded): number =>
  rightColumns(columns, guess, example).filter(Boolean).length / columns.length;

export interface Closest {
  readonly guess: number;
  readonly row: number;
  readonly likeness: number;
}

/** Which guess comes closest to which row; undefined where there are none of either. */
export function closestOf(
  guesses: readonly Encoded[],
  rows: readonly Encoded[],
  likeness: Likeness,
): Closest | undefined {
  let best: Closest | undefined;
  for (const [guess, values] of guesses.entries())
    for (const [row, example] of rows.entries()) {
      const value = likeness(values, example);
      if (best === undefined || value > best.likeness) best = { guess, row, likeness: value };
    }
  return best;
}

/** [rows][exampleSize], bytes as value / 255. */
export function encodedRows(rows: Pick<Examples, 'count' | 'features'>): Float32Array<ArrayBuffer>[] {
  const { count, features } = rows;
  const size = exampleSize(rows);
  const scale = features instanceof Uint8Array ? 1 / 255 : 1;
  return Array.from({ length: count }, (_, row) =>
    Float32Array.from(features.subarray(row * size, (row + 1) * size), (value) => value * scale),
  );
}

/** The mean of rows [exampleSize]: the guess of somebody who knows what such rows are like, and has seen no update. */
export function meanOf(rows: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const mean = new Float32Array(rows[0]?.length ?? 0);
  for (const row of rows) for (let i = 0; i < mean.length; i += 1) mean[i]! += row[i]! / rows.length;
  return mean;
}
