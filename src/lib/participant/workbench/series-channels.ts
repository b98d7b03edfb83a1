// What a table's columns are to a series: its time, and channels of numbers, a category being one number for each of its values.
import { isMissing } from '../../core/data/missing.ts';
import { numberOf } from '../../core/recipe/steps/cast.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { TIME_PARTS, timeParts } from '../../core/series/time-columns.ts';
import { listOf, quoted } from '../../core/spoken-list.ts';
import type { RawTable } from '../../modalities/raw-table.ts';
import { timesOf } from '../../modalities/table-times.ts';

/** [rows] milliseconds, or what a column of numbers counts; −∞ where the time is missing. Refused with a sentence. */
export function momentsIn(
  { header, rows }: Pick<RawTable, 'header' | 'rows'>,
  columns: readonly string[],
): Result<Float64Array<ArrayBuffer>, string> {
  const missing = columns.find((column) => !header.includes(column));
  if (missing !== undefined)
    return fail(
      `There is no column ${quoted(missing)} to tell the time by. The header has ${listOf(header.map(quoted), 30)}.`,
    );
  const fields = columns.map((column) => header.indexOf(column));
  const [only = 0] = fields;
  if (columns.length === 1) {
    const times = timesOf(rows.map((row) => row[only] ?? ''));
    return typeof times === 'string'
      ? fail(
          `“${columns[0]}” says “${times}”, which is no number and no date that can be put in order. Write dates as 2024-05-17.`,
        )
      : ok(times);
  }
  const named = columns.map((column) => column.trim().toLowerCase());
  if (!named.every((name, at) => name === TIME_PARTS[at]))
    return fail(
      `Several columns make up a time where they are ${listOf(TIME_PARTS.map(quoted))}, in this order, as many as there are; ${listOf(columns.map(quoted))} are not.`,
    );
  return ok(
    Float64Array.from(rows, (row) => {
      const [year = NaN, month = 1, day = 1, hour = 0, minute = 0, second = 0] = fields.map((field) =>
        numberOf(row[field] ?? ''),
      );
      const time = Date.UTC(year, month - 1, day, hour, minute, second);
      return Number.isNaN(time) ? -Infinity : time;
    }),
  );
}

/** The columns of a table that could be its time: its parts, or the first that holds dates. */
export function timeColumns({ header, rows }: Pick<RawTable, 'header' | 'rows'>): readonly string[] {
  const parts = timeParts(header);
  if (parts.length > 0) return parts;
  const dates = header.find((_, field) => {
    const cells = rows.slice(0, 50).map((row) => row[field] ?? '');
    return (
      cells.some((cell) => /^\d{4}-\d/.test(cell)) &&
      cells.every((cell) => isMissing(cell) || /^\d{4}-\d/.test(cell))
    );
  });
  return dates === undefined ? [] : [dates];
}

export interface Channel {
  readonly name: string;
  /** [rows]; NaN where missing. */
  readonly values: Float64Array<ArrayBuffer>;
}

/** Categories of more values are names, and say nothing of what comes. */
const MOST_VALUES = 20;
/** A column whose neighbours differ by one amount in so many rows counts the rows. */
const COUNTS = 0.99;

/**
 * Columns that are no channel are named, with the reason. What a column is (numbers, categories and which, texts) is read from the
 * rows at `learnt` alone, ascending: of what comes after them nothing may be known. There, what is no number is missing, and of categories
 * what was never met is none.
 */
export function channelsOf(
  { header, rows }: Pick<RawTable, 'header' | 'rows'>,
  without: readonly string[],
  learnt: Uint32Array,
): { readonly channels: readonly Channel[]; readonly notes: readonly string[] } {
  const channels: Channel[] = [];
  const notes: string[] = [];
  for (const [field, name] of header.entries()) {
    if (name === '' || without.includes(name)) continue;
    const cells = rows.map((row) => row[field] ?? '');
    const known = Array.from(learnt, (row) => cells[row]!).filter((cell) => !isMissing(cell));
    const values = Float64Array.from(cells, (cell) => (isMissing(cell) ? NaN : numberOf(cell)));
    if (known.length === 0) notes.push(`${quoted(name)} is empty and left out.`);
    else if (known.every((cell) => Number.isFinite(numberOf(cell)))) {
      if (countsRows(Float64Array.from(learnt, (row) => values[row]!)))
        notes.push(`${quoted(name)} counts the rows and is left out.`);
      else channels.push({ name, values });
    } else {
      const kinds = [...new Set(known)].toSorted();
      if (kinds.length > MOST_VALUES) notes.push(`${quoted(name)} holds texts and is left out.`);
      else {
        for (const kind of kinds)
          channels.push({
            name: `${name} ${kind}`,
            values: Float64Array.from(cells, (cell) => (isMissing(cell) ? NaN : cell === kind ? 1 : 0)),
          });
        const unseen = cells.filter((cell) => !isMissing(cell) && !kinds.includes(cell)).length;
        if (unseen > 0)
          notes.push(
            `${unseen.toLocaleString('en')} values of ${quoted(name)} are of kinds that no row to learn from has, and count as none of them.`,
          );
      }
    }
  }
  return { channels, notes };
}

function countsRows(values: Float64Array): boolean {
  const step = values[1]! - values[0]!;
  if (!(step !== 0) || values.length < 10) return false;
  let same = 0;
  for (let row = 1; row < values.length; row += 1) if (values[row]! - values[row - 1]! === step) same += 1;
  return same >= COUNTS * (values.length - 1);
}
