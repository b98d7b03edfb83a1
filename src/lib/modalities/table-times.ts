// A column as moments that can be put in order: numbers, or dates of one grammar. Text is never compared letter by letter, which puts
// 12/31/2023 after 01/01/2024.
import { isoTime } from '../core/data/iso-time.ts';
import { datePartsOf } from '../core/recipe/steps/dates.ts';
import { isMissing } from '../core/data/missing.ts';

/** A missing time stands before all others: nothing says that it is late. The first cell that is no time, where there is one. */
export function timesOf(cells: readonly string[]): Float64Array<ArrayBuffer> | string {
  const areNumbers = areCounts(cells);
  const times = Float64Array.from(cells, (cell) =>
    isMissing(cell) ? -Infinity : areNumbers ? Number(cell) : dateTime(cell),
  );
  const bad = times.findIndex(Number.isNaN);
  return bad < 0 ? times : (cells[bad] ?? '');
}

/** Whether the column counts, and says no dates. */
export const areCounts = (cells: readonly string[]): boolean =>
  cells.every((cell) => isMissing(cell) || Number.isFinite(Number(cell)));

/** 2024-9-1 and 2024-09 are days too. */
function dateTime(text: string): number {
  const whole = /^\d{4}-\d{1,2}$/.test(text) ? `${text}-1` : text;
  if (datePartsOf(whole) === undefined) return NaN;
  return isoTime(whole.replace(/(?<=[-T ])\d(?=[-T :]|$)/g, '0$&'));
}
