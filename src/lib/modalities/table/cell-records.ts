// Values that a format gives one by one, as the records that text is cut into. Missing values are empty cells.
import { isoText } from '../../core/data/iso-time.ts';
import type { CsvRecord } from './csv-scanner.ts';

const encoder = new TextEncoder();

/** Makes one record after the other in the same arrays: valid until the next is made, like a scanner's. */
export function cellRecords(): (cells: readonly string[], row: number) => CsvRecord {
  let bytes = new Uint8Array(1024);
  let starts = new Int32Array(16);
  let ends = new Int32Array(16);
  let escaped = new Uint8Array(16);
  return (cells, row) => {
    if (cells.length > starts.length) {
      starts = new Int32Array(cells.length);
      ends = new Int32Array(cells.length);
      escaped = new Uint8Array(cells.length);
    }
    // UTF-8 needs at most three bytes for a UTF-16 unit.
    const most = cells.reduce((total, cell) => total + cell.length * 3, 0);
    if (most > bytes.length) bytes = new Uint8Array(most);
    let at = 0;
    for (const [field, cell] of cells.entries()) {
      starts[field] = at;
      at += encoder.encodeInto(cell, bytes.subarray(at)).written;
      ends[field] = at;
    }
    return { row, bytes, fields: cells.length, starts, ends, escaped, isMalformed: false };
  };
}

/** A value of JSON or Parquet as it would stand in a cell: lists as JSON, times in ISO 8601, nothing for what is missing. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return Number.isNaN(value) ? '' : String(value);
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : isoText(value.getTime());
      return JSON.stringify(value, (_, inner: unknown) =>
        typeof inner === 'bigint' ? String(inner) : inner,
      );
  }
}

/** The cells of an object, nested objects by their path: {a: {b: 1}} has the column "a.b". */
export function flattened(value: object, path = '', into = new Map<string, string>()): Map<string, string> {
  for (const [key, inner] of Object.entries(value)) {
    const name = path === '' ? key : `${path}.${key}`;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner) && !(inner instanceof Date))
      flattened(inner as object, name, into);
    else into.set(name, cellText(inner));
  }
  return into;
}
