// A table by columns, as exploring needs it: numbers and times as they were written, not scaled; texts by number in a list.
import { isoTime } from '../data/iso-time.ts';

export type ColumnValues =
  /** [rows], NaN where missing. */
  | { readonly type: 'number'; readonly name: string; readonly values: Float64Array }
  /** [rows], milliseconds since 1970 in UTC, NaN where missing. */
  | { readonly type: 'time'; readonly name: string; readonly values: Float64Array }
  /** [rows], numbers in `labels`, −1 where missing. */
  | {
      readonly type: 'category';
      readonly name: string;
      readonly codes: Int32Array;
      readonly labels: readonly string[];
    };

export interface ColumnTable {
  readonly rows: number;
  readonly columns: readonly ColumnValues[];
}

export interface ColumnBuilder {
  /** A number, NaN for a missing cell. */
  addNumber(value: number): void;
  /** What is neither a number nor missing. */
  addText(text: string): void;
  finish(): ColumnValues;
}

/**
 * Takes one cell after the other. A column is of numbers until a text comes; from then on its numbers are texts too. Where all texts
 * are dates it is of times.
 */
export function columnBuilder(name: string): ColumnBuilder {
  let values = new Float64Array(1024);
  let codes: Int32Array | undefined;
  let count = 0;
  const labels: string[] = [];
  const known = new Map<string, number>();
  const codeOf = (text: string): number => {
    let code = known.get(text);
    if (code === undefined) {
      code = labels.push(text) - 1;
      known.set(text, code);
    }
    return code;
  };
  const grow = (): void => {
    if (codes === undefined) {
      if (count < values.length) return;
      const wider = new Float64Array(values.length * 2);
      wider.set(values);
      values = wider;
      return;
    }
    if (count < codes.length) return;
    const wider = new Int32Array(codes.length * 2);
    wider.set(codes);
    codes = wider;
  };
  const becomeTexts = (): Int32Array => {
    const made = new Int32Array(values.length);
    for (let row = 0; row < count; row += 1)
      made[row] = Number.isNaN(values[row]!) ? -1 : codeOf(String(values[row]));
    values = new Float64Array(0);
    return made;
  };
  return {
    addNumber(value) {
      grow();
      if (codes === undefined) values[count] = value;
      else codes[count] = Number.isNaN(value) ? -1 : codeOf(String(value));
      count += 1;
    },
    addText(text) {
      codes ??= becomeTexts();
      grow();
      codes[count] = codeOf(text);
      count += 1;
    },
    finish() {
      if (codes === undefined) return { type: 'number', name, values: values.subarray(0, count) };
      const times = labels.map(isoTime);
      if (times.every((time) => !Number.isNaN(time)))
        return {
          type: 'time',
          name,
          values: Float64Array.from(codes.subarray(0, count), (code) => (code < 0 ? NaN : times[code]!)),
        };
      return { type: 'category', name, codes: codes.subarray(0, count), labels };
    },
  };
}

export const isMissingAt = (column: ColumnValues, row: number): boolean =>
  column.type === 'category' ? column.codes[row]! < 0 : Number.isNaN(column.values[row]!);
