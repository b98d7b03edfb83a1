// One row of a table as a model sees it, [F]: scaled numbers with their indicator of being missing, one-hot categories, and the
// target. The one code path for training data and for a row filled in by hand.
import { encodedWidth, type TableColumn, type TableContract } from '../../core/data/contract.ts';
import { UNLABELLED } from '../../core/data/examples.ts';
import { DAY_MS, isoText, isoTime } from '../../core/data/iso-time.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { listOf, quoted, type Problem } from '../import-report.ts';
import { categoryMatcher, MISSING, UNKNOWN, type CategoryMatcher } from '../../core/data/cell-category.ts';
import { numberIn } from './cell-number.ts';
import { fieldText, type CsvRecord } from './csv-scanner.ts';
import { isMissing } from '../../core/data/missing.ts';

/** Why a row cannot be used: one of its cells that breaks the contract. */
export type RowProblem = Problem;

export interface RowEncoder {
  /** F */
  readonly width: number;
  /** The target of the row encoded last: a class index, or a scaled number. */
  readonly target: number;
  /** Of the row encoded last: a cell for each of the contract's columns of texts; '' where it is missing. */
  readonly texts: readonly string[];
  /**
   * Writes [F] to `features` from `at`, which is overwritten whole; returns what is wrong with the row, if anything is. Given
   * `onProblem`, it goes on to the other cells and tells of each that is wrong.
   */
  encode(
    record: CsvRecord,
    features: Float32Array,
    at: number,
    onProblem?: (problem: RowProblem) => void,
  ): RowProblem | undefined;
}

const missing = (column: string, found = ''): RowProblem => ({
  kind: 'missing-value',
  column,
  found,
  expected: 'a value',
  message: `${quoted(column)} is empty here, and a value is needed. Fill it in or leave the row out.`,
});

function notNumber(column: string, text: string): RowProblem {
  const hint = /^[+-]?\d+,\d+$/.test(text) ? ' Write decimals with a point.' : '';
  return {
    kind: 'not-a-number',
    column,
    found: text,
    expected: 'a number',
    message: `${quoted(column)} must be a number, but the cell holds ${quoted(text)}.${hint}`,
  };
}

/** The replacement character stands where bytes were no UTF-8, though the file began as such. */
const notUtf8 = (text: string): string =>
  text.includes('\ufffd')
    ? ' Some of its bytes are not UTF-8, as the rest of the file is: save it as UTF-8.'
    : '';

const notTime = (column: string, text: string): RowProblem => ({
  kind: 'not-a-time',
  column,
  found: text,
  expected: 'a date or time, as 2024-05-17 or 2024-05-17T13:05',
  message: `${quoted(column)} must be a date or time in ISO 8601, as 2024-05-17 or 2024-05-17T13:05, but the cell holds ${quoted(text)}.`,
});

function bounds(column: Extract<TableColumn, { type: 'number' }>): string {
  if (column.reads === 'time') return timeBounds(column.minimum, column.maximum);
  if (column.minimum === null && column.maximum === null) return 'a number of ordinary size';
  if (column.minimum === null) return `at most ${column.maximum}`;
  if (column.maximum === null) return `at least ${column.minimum}`;
  return `between ${column.minimum} and ${column.maximum}`;
}

const timeBounds = (minimum: number | null, maximum: number | null): string => {
  const day = (days: number): string => isoText(days * DAY_MS);
  if (minimum === null) return maximum === null ? 'a date that computers know' : `at latest ${day(maximum)}`;
  return maximum === null ? `at earliest ${day(minimum)}` : `between ${day(minimum)} and ${day(maximum)}`;
};

type Cell = (record: CsvRecord, features: Float32Array, at: number) => RowProblem | undefined;

function numberCell(column: Extract<TableColumn, { type: 'number' }>, field: number): Cell {
  // Without a bound, what a 32-bit float holds after scaling still is one.
  const low = column.minimum ?? -1e37 * column.standardDeviation;
  const high = column.maximum ?? 1e37 * column.standardDeviation;
  const { mean, standardDeviation, missingAllowed, name } = column;
  return (record, features, at) => {
    const value =
      column.reads === 'time'
        ? isoTime(fieldText(record, field)) / DAY_MS
        : numberIn(record.bytes, record.starts[field]!, record.ends[field]!);
    if (value >= low && value <= high) {
      features[at] = (value - mean) / standardDeviation;
      if (missingAllowed) features[at + 1] = 0;
      return undefined;
    }
    const text = fieldText(record, field);
    if (!Number.isNaN(value))
      return {
        kind: 'out-of-range',
        column: name,
        found: text,
        expected: bounds(column),
        ...(column.reads === 'time' ? {} : { fits: (other: number) => other >= low && other <= high }),
        message: `${quoted(name)} must be ${bounds(column)}, but the cell holds ${quoted(text)}.`,
      };
    if (!isMissing(text)) return column.reads === 'time' ? notTime(name, text) : notNumber(name, text);
    if (!missingAllowed) return missing(name, text);
    features[at] = 0;
    features[at + 1] = 1;
    return undefined;
  };
}

const matched = (matcher: CategoryMatcher, record: CsvRecord, field: number): number =>
  matcher.match(record.bytes, record.starts[field]!, record.ends[field]!, () => fieldText(record, field));

function categoryCell(column: Extract<TableColumn, { type: 'category' }>, field: number): Cell {
  const matcher = categoryMatcher(column.categories.map((category) => [category]));
  const width = column.categories.length;
  return (record, features, at) => {
    const category = matched(matcher, record, field);
    if (category === UNKNOWN) {
      const found = fieldText(record, field);
      return {
        kind: 'unknown-category',
        column: column.name,
        found,
        expected: `one of ${listOf(column.categories)}`,
        options: column.categories,
        message: `${quoted(column.name)} must be one of ${listOf(column.categories)}, but the cell holds ${quoted(found)}.${notUtf8(found)}`,
      };
    }
    if (category === MISSING && !column.missingAllowed) return missing(column.name);
    features.fill(0, at, at + width);
    if (category >= 0) features[at + category] = 1;
    return undefined;
  };
}

/** A text is none of the encoded values: it is handed over as it stands. */
function textCell(
  column: Extract<TableColumn, { type: 'text' }>,
  field: number,
  take: (text: string) => void,
): Cell {
  return (record) => {
    const text = fieldText(record, field);
    const isEmpty = isMissing(text);
    if (isEmpty && !column.missingAllowed) return missing(column.name);
    take(isEmpty ? '' : text);
    return undefined;
  };
}

/** Reads the target of a record: a class index or a scaled number. */
function targetCell(
  target: TableContract['target'],
  field: number,
  keepsUnlabelled: boolean,
): (record: CsvRecord) => Result<number, RowProblem> {
  switch (target.type) {
    case 'classes': {
      const matcher = categoryMatcher(
        target.classes.map((one) =>
          one.values.includes(one.label) ? one.values : [...one.values, one.label],
        ),
      );
      const values = target.classes.flatMap((one) => one.values);
      return (record) => {
        const index = matched(matcher, record, field);
        if (index >= 0) return ok(index);
        if (index === MISSING) return keepsUnlabelled ? ok(UNLABELLED) : fail(missing(target.name));
        const text = fieldText(record, field);
        const message = `${quoted(target.name)} names the class and must be one of ${listOf(values)}, but the cell holds ${quoted(text)}.${notUtf8(text)}`;
        return fail({
          kind: 'unknown-class',
          column: target.name,
          found: text,
          expected: `one of ${listOf(values)}`,
          options: values,
          message,
        });
      };
    }
    case 'number':
      return (record) => {
        const value = numberIn(record.bytes, record.starts[field]!, record.ends[field]!);
        if (!Number.isNaN(value)) return ok((value - target.mean) / target.standardDeviation);
        const text = fieldText(record, field);
        return fail(isMissing(text) ? missing(target.name) : notNumber(target.name, text));
      };
    default:
      return target satisfies never;
  }
}

/**
 * `fields[c]` is the record's field for contract column c; `targetField` is undefined where only features are wanted.
 * `keepsUnlabelled`: a class that is missing is UNLABELLED, and no problem.
 */
export function rowEncoder(
  contract: TableContract,
  fields: readonly number[],
  targetField: number | undefined,
  keepsUnlabelled = false,
): RowEncoder {
  const offsets: number[] = [];
  let width = 0;
  let texts: string[] = [];
  const cells = contract.columns.map((column, index) => {
    offsets.push(width);
    width += encodedWidth(column);
    const field = fields[index] ?? 0;
    switch (column.type) {
      case 'number':
        return numberCell(column, field);
      case 'category':
        return categoryCell(column, field);
      case 'text':
        return textCell(column, field, (text) => texts.push(text));
      case 'terms':
      case 'hashed':
        throw new Error(`“${column.name}” is made by a recipe, and is read from no file.`);
      default:
        return column satisfies never;
    }
  });
  const readTarget =
    targetField === undefined ? undefined : targetCell(contract.target, targetField, keepsUnlabelled);
  let target = 0;
  return {
    width,
    get target() {
      return target;
    },
    get texts() {
      return texts;
    },
    encode(record, features, at, onProblem) {
      texts = [];
      let first: RowProblem | undefined;
      for (let column = 0; column < cells.length; column += 1) {
        const problem = cells[column]!(record, features, at + offsets[column]!);
        if (problem === undefined) continue;
        if (onProblem === undefined) return problem;
        first ??= problem;
        onProblem(problem);
      }
      if (readTarget === undefined) return first;
      const found = readTarget(record);
      if (found.ok) {
        target = found.value;
        return first;
      }
      onProblem?.(found.error);
      return first ?? found.error;
    },
  };
}

/** A record of given cells, as if it had been read from a file. */
export function recordOfCells(cells: readonly string[], row = 1): CsvRecord {
  const encoded = cells.map((cell) => new TextEncoder().encode(cell));
  const bytes = new Uint8Array(encoded.reduce((total, cell) => total + cell.length, 0));
  const starts = new Int32Array(cells.length);
  const ends = new Int32Array(cells.length);
  let at = 0;
  for (const [field, cell] of encoded.entries()) {
    starts[field] = at;
    bytes.set(cell, at);
    at += cell.length;
    ends[field] = at;
  }
  return {
    row,
    bytes,
    fields: cells.length,
    starts,
    ends,
    escaped: new Uint8Array(cells.length),
    isMalformed: false,
  };
}

/**
 * Encodes one row filled in by hand, [F]; a column without a cell counts as left empty. The target is not asked for.
 */
export function encodeRow(
  contract: TableContract,
  cells: Readonly<Record<string, string>>,
): Result<Float32Array<ArrayBuffer>, RowProblem> {
  const record = recordOfCells(
    contract.columns.map((column) => (Object.hasOwn(cells, column.name) ? (cells[column.name] ?? '') : '')),
  );
  const encoder = rowEncoder(
    contract,
    contract.columns.map((_, index) => index),
    undefined,
  );
  const features = new Float32Array(encoder.width);
  const problem = encoder.encode(record, features, 0);
  return problem === undefined ? ok(features) : fail(problem);
}
