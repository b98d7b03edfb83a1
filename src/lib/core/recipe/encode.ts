// The end of a recipe: prepared columns as the features that a model takes, by the columns of a data contract. A number is scaled, with
// an indicator where rows to learn from lack it; a category is one-hot. One code path for rows to learn from, to judge by and to predict.
import { encodedWidth, type TableColumn } from '../data/contract.ts';
import { fail, ok, type Result } from '../result.ts';
import { quoted } from '../spoken-list.ts';
import type { Table } from './table.ts';

/** 128 million values are half a gigabyte. */
export const MOST_VALUES = 128_000_000;
/** In standard deviations: beyond, a 32-bit float holds it no longer. */
const FARTHEST = 1e37;

/** How each column of the prepared rows to learn from is encoded. No bounds, and any category may be missing: no row is turned away. */
export function finishedColumns(table: Table): Result<TableColumn[], string> {
  const columns: TableColumn[] = [];
  for (const column of table.columns) {
    const { name } = column;
    switch (column.type) {
      case 'text':
        return fail(
          `${quoted(name)} still holds texts after the last step. Add {"step":"one-hot"} to make categories of it, {"step":"terms"} to make terms, {"step":"cast"} to make numbers, or {"step":"drop"} with its name to leave it out.`,
        );
      case 'category':
        columns.push({
          type: 'category',
          name,
          categories: [...column.labels],
          missingAllowed: true,
        });
        break;
      case 'number': {
        const { shift, factor } = column.scale ?? { shift: 0, factor: 1 };
        columns.push({
          type: 'number',
          name,
          ...(column.isTime === true ? { reads: 'time' as const } : {}),
          minimum: null,
          maximum: null,
          missingAllowed: column.values.some(Number.isNaN),
          mean: shift,
          standardDeviation: factor,
        });
        break;
      }
      case 'terms':
        columns.push({ type: 'terms', name, terms: [...column.terms], slots: column.slots });
        break;
      case 'hashed':
        columns.push({ type: 'hashed', name, buckets: column.buckets });
        break;
      default:
        return column satisfies never;
    }
  }
  return columns.length > 0
    ? ok(columns)
    : fail('Beside the target there is no column to learn from. Choose a file with at least two columns.');
}

/** Why so many rows, encoded, are more than is held; undefined: they are not. */
export function tooLarge(rows: number, columns: readonly TableColumn[]): string | undefined {
  const width = columns.reduce((sum, column) => sum + encodedWidth(column), 0);
  return width * rows > MOST_VALUES
    ? `Encoded, the table has ${width} × ${rows} values, which is more than is held in memory here. Leave columns of many categories out (--without), or take a sample of its rows.`
    : undefined;
}

export interface EncodedRows {
  /** [rows, F] */
  readonly features: Float32Array<ArrayBuffer>;
  /** Cells that are missing where no row to learn from lacked one: numbers are the usual one, categories none of those known. */
  readonly stoodIn: number;
}

/** Categories of the mean row add up to 1 where no row lacked one, in 32 bits. */
const WHOLE = 1 - 1e-4;

/**
 * `usual` [F]: the mean row of those to learn from; absent for these themselves. Refused where a column is not there, is of another type,
 * or all of it is more than is held.
 */
export function encodedRows(
  table: Table,
  columns: readonly TableColumn[],
  usual?: Float32Array,
): Result<EncodedRows, string> {
  const width = columns.reduce((sum, column) => sum + encodedWidth(column), 0);
  const large = tooLarge(table.rows, columns);
  if (large !== undefined) return fail(large);
  const features = new Float32Array(width * table.rows);
  let at = 0;
  let stoodIn = 0;
  for (const wanted of columns) {
    const column = table.columns.find((one) => one.name === wanted.name);
    if (column?.type !== wanted.type)
      return fail(`The steps do not make the column ${quoted(wanted.name)} of these rows as they did.`);
    if (wanted.type === 'category' && column.type === 'category') {
      const share =
        usual?.subarray(at, at + wanted.categories.length).reduce((sum, one) => sum + one, 0) ?? 0;
      for (let row = 0; row < table.rows; row += 1) {
        const code = column.codes[row]!;
        if (code >= 0) features[row * width + at + code] = 1;
        else if (share >= WHOLE) stoodIn += 1;
      }
    } else if (wanted.type === 'number' && column.type === 'number') {
      const { mean, standardDeviation, missingAllowed } = wanted;
      const farthest = FARTHEST * standardDeviation;
      for (let row = 0; row < table.rows; row += 1) {
        const value = column.values[row]!;
        const place = row * width + at;
        if (Math.abs(value) <= farthest) features[place] = (value - mean) / standardDeviation;
        else if (missingAllowed) features[place + 1] = 1;
        else {
          // Where no step scales, 0 may be far from every row there is.
          features[place] = usual?.[at] ?? 0;
          stoodIn += 1;
        }
      }
    } else if (wanted.type === 'terms' && column.type === 'terms') {
      const own = 2 * wanted.slots;
      for (let row = 0; row < table.rows; row += 1)
        features.set(column.pairs.subarray(row * own, (row + 1) * own), row * width + at);
    } else if (wanted.type === 'hashed' && column.type === 'hashed') {
      const { buckets } = wanted;
      if (column.buckets !== buckets)
        return fail(`The steps do not make the column ${quoted(wanted.name)} of these rows as they did.`);
      for (let row = 0; row < table.rows; row += 1)
        features.set(column.values.subarray(row * buckets, (row + 1) * buckets), row * width + at);
    }
    at += encodedWidth(wanted);
  }
  return ok({ features, stoodIn });
}
