// What a table's columns are to a series: its time, and channels of numbers, a category being one number for each of its values.
import { DAY_MS, isoText } from '../../core/data/iso-time.ts';
import { isMissing } from '../../core/data/missing.ts';
import { numberOf } from '../../core/recipe/steps/cast.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { TIME_PARTS, timeParts } from '../../core/series/time-columns.ts';
import type { SeriesSet } from '../../core/series/windows.ts';
import type { WindowPlan } from '../../core/series/window-plan.ts';
import { listOf, quoted } from '../../core/spoken-list.ts';
import type { RawTable } from '../../modalities/raw-table.ts';
import { areCounts, timesOf } from '../../modalities/table-times.ts';

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

/** How the moments of a table are written: as dates, or as what a column counts. */
export function momentWriter(
  table: Pick<RawTable, 'header' | 'rows'>,
  time: readonly string[],
  step: number,
): (at: number) => string {
  const [first = ''] = time;
  if (time.length === 1 && areCounts(cellsOf(table, first))) return String;
  return (at) => {
    const moment = Math.round(at);
    // Of hours midnight is one as any other.
    return step % DAY_MS === 0 ? isoText(moment) : new Date(moment).toISOString().replace('.000Z', 'Z');
  };
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

export type ChannelPlan = WindowPlan['channels'][number];

/** Categories of more values are names, and say nothing of what comes. */
const MOST_VALUES = 20;
/** A column that differs by one amount from row to row, in so many of them, counts the rows. */
const COUNTS = 0.99;

/**
 * Columns that are no channel are named, with the reason. What a column is (numbers, categories and which, texts) is read from the
 * moments of `series` alone, which are those before the border: of what comes after nothing may be known.
 */
export function channelsOf(
  table: Pick<RawTable, 'header' | 'rows'>,
  without: readonly string[],
  series: Pick<SeriesSet, 'rows' | 'parts'>,
): { readonly channels: readonly ChannelPlan[]; readonly notes: readonly string[] } {
  const channels: ChannelPlan[] = [];
  const notes: string[] = [];
  const learnt = rowsOf(series);
  for (const column of table.header) {
    if (column === '' || without.includes(column)) continue;
    const cells = cellsOf(table, column);
    const known = learnt.flatMap((row) => (isMissing(cells[row]!) ? [] : cells[row]!));
    if (known.length === 0) notes.push(`${quoted(column)} is empty and left out.`);
    else if (known.every((cell) => Number.isFinite(numberOf(cell)))) {
      if (countsRows(cells, series)) notes.push(`${quoted(column)} counts the rows and is left out.`);
      else channels.push({ column, value: null });
    } else {
      const kinds = [...new Set(known)].toSorted();
      if (kinds.length > MOST_VALUES) notes.push(`${quoted(column)} holds texts and is left out.`);
      else channels.push(...kinds.map((value) => ({ column, value })));
    }
  }
  return { channels, notes };
}

/** In the order of the table. */
const rowsOf = ({ rows, parts }: Pick<SeriesSet, 'rows' | 'parts'>): readonly number[] =>
  parts
    .flatMap(({ from, moments }) => Array.from(rows.subarray(from, from + moments)))
    .filter((row) => row >= 0)
    .toSorted((a, b) => a - b);

export const channelName = ({ column, value }: ChannelPlan): string =>
  value === null ? column : `${column} ${value}`;

export interface ReadChannels {
  /** [channels][rows]; NaN where missing, and where a cell holds what was never learnt. */
  readonly values: readonly Float64Array<ArrayBuffer>[];
  /** Cells that hold what was never learnt: no number, or another category. */
  readonly unseen: number;
}

/** The table must have the columns. */
export function readChannels(
  table: Pick<RawTable, 'header' | 'rows'>,
  channels: readonly ChannelPlan[],
): ReadChannels {
  let unseen = 0;
  let [of, cells, kinds] = ['', [] as readonly string[], new Set<string | null>()];
  const values = channels.map(({ column, value }) => {
    const isFirst = column !== of;
    if (isFirst) {
      [of, cells] = [column, cellsOf(table, column)];
      kinds = new Set(channels.filter((one) => one.column === column).map((one) => one.value));
    }
    return Float64Array.from(cells, (cell) => {
      if (isMissing(cell)) return NaN;
      const number = value === null ? numberOf(cell) : kinds.has(cell) ? Number(cell === value) : NaN;
      const isKnown = Number.isFinite(number);
      if (!isKnown && isFirst) unseen += 1;
      return isKnown ? number : NaN;
    });
  });
  return { values, unseen };
}

/** [rows]: the series that each row is of, '' of none; undefined: all are of one. Refused with a sentence. */
export function seriesNames(
  table: Pick<RawTable, 'header' | 'rows'>,
  by: string | null,
): Result<readonly string[] | undefined, string> {
  if (by === null) return ok(undefined);
  if (!table.header.includes(by))
    return fail(
      `There is no column ${quoted(by)} to tell the series apart by. The header has ${listOf(table.header.map(quoted), 30)}.`,
    );
  return ok(cellsOf(table, by).map((cell) => (isMissing(cell) ? '' : cell)));
}

function cellsOf({ header, rows }: Pick<RawTable, 'header' | 'rows'>, column: string): readonly string[] {
  const field = header.indexOf(column);
  return rows.map((row) => row[field] ?? '');
}

/** From each moment to the next of its series. */
function countsRows(cells: readonly string[], { rows, parts }: Pick<SeriesSet, 'rows' | 'parts'>): boolean {
  const differences = new Map<number, number>();
  let all = 0;
  for (const { from, moments } of parts)
    for (let moment = from + 1; moment < from + moments; moment += 1) {
      const [before, now] = [rows[moment - 1]!, rows[moment]!];
      if (before < 0 || now < 0) continue;
      const difference = numberOf(cells[now] ?? '') - numberOf(cells[before] ?? '');
      differences.set(difference, (differences.get(difference) ?? 0) + 1);
      all += 1;
    }
  return (
    all > 8 && [...differences].some(([by, count]) => by !== 0 && !Number.isNaN(by) && count >= COUNTS * all)
  );
}
