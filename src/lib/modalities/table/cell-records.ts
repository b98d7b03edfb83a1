// Values that a format gives one by one, as the records that text is cut into. Missing values are empty cells.
import { isoText } from '../../core/data/iso-time.ts';
import { listOf, quoted } from '../import-report.ts';
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
    let most = 0;
    for (const cell of cells) most += cell.length * 3;
    if (most > bytes.length) bytes = new Uint8Array(most);
    let at = 0;
    for (const [field, cell] of cells.entries()) {
      starts[field] = at;
      const begin = at;
      while (at - begin < cell.length) {
        const code = cell.charCodeAt(at - begin);
        if (code >= 0x80) break;
        bytes[at] = code;
        at += 1;
      }
      // The encoder's call takes longer than all of a short cell.
      const done = at - begin;
      if (done < cell.length) at += encoder.encodeInto(cell.slice(done), bytes.subarray(at)).written;
      ends[field] = at;
    }
    return { row, bytes, fields: cells.length, starts, ends, escaped, isMalformed: false };
  };
}

/** A value of JSON, Parquet or Arrow as it would stand in a cell: lists as JSON, times in ISO 8601, nothing for what is missing. */
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

/** Objects and lists within one another: no table needs more, and each costs the walk below a frame of the stack. */
export const MOST_NESTED = 32;

/** The cells of an object, nested objects by their path: {a: {b: 1}} has the column "a.b". undefined where they nest too deep. */
export function flattened(value: object): Map<string, string> | undefined {
  const cells = new Map<string, string>();
  const isWithin = (inner: unknown, left: number): boolean =>
    typeof inner !== 'object' ||
    inner === null ||
    (left > 0 && Object.values(inner).every((one) => isWithin(one, left - 1)));
  if (!isWithin(value, MOST_NESTED)) return undefined;
  const walk = (from: object, path: string): void => {
    for (const [key, inner] of Object.entries(from) as [string, unknown][]) {
      const name = path === '' ? key : `${path}.${key}`;
      if (typeof inner === 'object' && inner !== null && !Array.isArray(inner) && !(inner instanceof Date))
        walk(inner, name);
      else cells.set(name, cellText(inner));
    }
  };
  walk(value, '');
  return cells;
}

export const tooNested = (what: string): string =>
  `${what} holds objects or lists more than ${MOST_NESTED} deep. Write its values as columns of their own.`;

const NAMED_LATE = 100;

/** Columns that come up once the header is settled: they are not read, and `note` says so. */
export function lateColumns(header: readonly string[]) {
  const known = new Set(header);
  const late = new Set<string>();
  return {
    look(cells: ReadonlyMap<string, string>): void {
      for (const name of cells.keys()) if (!known.has(name) && late.size < NAMED_LATE) late.add(name);
    },
    /** undefined where there are none. */
    note(path: string): string | undefined {
      return late.size === 0
        ? undefined
        : `${path}: left unread, because the first rows do not name them: ${listOf([...late].map(quoted), 10)}. Name every column in the first row, with null where it has no value.`;
    },
  };
}
