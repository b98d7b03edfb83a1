// Encoded examples as the columns that they were read from: for looking at what is kept, and changing a cell of it.
import { encodedWidth, type TableContract } from '../../core/data/contract.ts';
import { DAY_MS, isoText } from '../../core/data/iso-time.ts';
import { isMissing } from '../../core/data/missing.ts';
import type { Examples } from '../../core/data/examples.ts';
import type { ColumnTable, ColumnValues } from '../../core/exploration/columns.ts';

/** 10^0 … 10^12. */
const POWERS = Array.from({ length: 13 }, (_, power) => 10 ** power);

/**
 * The number with the fewest decimals that a 32-bit float stands for after scaling: what was read, wherever that had up to six or
 * seven digits; else the nearest that the float knows.
 */
export function unscaled(scaled: number, mean: number, standardDeviation: number): number {
  const exact = scaled * standardDeviation + mean;
  for (const power of POWERS) {
    const candidate = Math.round(exact * power) / power;
    if (Math.fround((candidate - mean) / standardDeviation) === scaled) return candidate;
  }
  return exact;
}

/** Whole days, hours, minutes, seconds, milliseconds of a day. */
const TIME_UNITS = [1, 24, 1440, 86_400, 86_400_000];

/** As `unscaled`, of days since 1970, in milliseconds: the coarsest unit that the float stands for. */
function unscaledTime(scaled: number, mean: number, standardDeviation: number): number {
  const exact = scaled * standardDeviation + mean;
  for (const unit of TIME_UNITS) {
    const candidate = Math.round(exact * unit) / unit;
    if (Math.fround((candidate - mean) / standardDeviation) === scaled) return Math.round(candidate * DAY_MS);
  }
  return Math.round(exact * DAY_MS);
}

/** Every column of the contract but its target. */
export function decodedInputs(
  contract: TableContract,
  { count, features, texts }: Pick<Examples, 'count' | 'features' | 'texts'>,
): ColumnTable {
  const width = count === 0 ? 0 : features.length / count;
  let offset = 0;
  let textual = 0;
  const columns = contract.columns.map((column): ColumnValues => {
    const at = offset;
    offset += encodedWidth(column);
    if (column.type === 'number') {
      const values = new Float64Array(count);
      const back = column.reads === 'time' ? unscaledTime : unscaled;
      for (let row = 0; row < count; row += 1) {
        const place = row * width + at;
        values[row] =
          column.missingAllowed && features[place + 1] === 1
            ? NaN
            : back(features[place]!, column.mean, column.standardDeviation);
      }
      return { type: column.reads ?? 'number', name: column.name, values };
    }
    if (column.type === 'text') {
      const cells = texts?.[textual] ?? [];
      textual += 1;
      return textsByNumber(column.name, cells, count);
    }
    if (column.type === 'terms' || column.type === 'hashed')
      throw new Error(`“${column.name}” was prepared, and is no column of a file.`);
    const codes = new Int32Array(count);
    for (let row = 0; row < count; row += 1)
      codes[row] = features
        .subarray(row * width + at, row * width + at + column.categories.length)
        .indexOf(1);
    return { type: 'category', name: column.name, codes, labels: column.categories };
  });
  return { rows: count, columns };
}

/** Every column of the contract, and its target last. */
export function decodedColumns(contract: TableContract, examples: Examples): ColumnTable {
  const { target } = contract;
  const { targets } = examples;
  const { rows, columns } = decodedInputs(contract, examples);
  const last: ColumnValues =
    target.type === 'classes'
      ? {
          type: 'category',
          name: target.name,
          codes: Int32Array.from(targets),
          labels: target.classes.map((one) => one.label),
        }
      : {
          type: 'number',
          name: target.name,
          values: Float64Array.from(targets, (value) =>
            unscaled(value, target.mean, target.standardDeviation),
          ),
        };
  return { rows, columns: [...columns, last] };
}

/** Texts by number in the list of those that differ, in the order in which they come. */
function textsByNumber(name: string, cells: readonly string[], count: number): ColumnValues {
  const labels: string[] = [];
  const known = new Map<string, number>();
  const codes = Int32Array.from({ length: count }, (_, row) => {
    const cell = cells[row] ?? '';
    if (isMissing(cell)) return -1;
    let code = known.get(cell);
    if (code === undefined) {
      code = labels.push(cell) - 1;
      known.set(cell, code);
    }
    return code;
  });
  return { type: 'category', name, codes, labels };
}

/** Cells of the rows [start, end) as they would stand in a file; missing ones are empty. */
export const cellTexts = (table: ColumnTable, start: number, end: number): string[][] =>
  cellTextsAt(
    table,
    Array.from({ length: Math.max(0, Math.min(table.rows, end) - start) }, (_, index) => start + index),
  );

/** The same of rows by their numbers, in that order. */
export const cellTextsAt = ({ columns }: ColumnTable, rows: readonly number[]): string[][] =>
  rows.map((row) =>
    columns.map((column) => {
      if (column.type === 'category') return column.labels[column.codes[row]!] ?? '';
      const value = column.values[row]!;
      if (Number.isNaN(value)) return '';
      return column.type === 'time' ? isoText(value) : String(value);
    }),
  );
