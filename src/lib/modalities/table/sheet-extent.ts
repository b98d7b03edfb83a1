// Which columns of a sheet its table takes up: a sheet may hold remarks, a second table or a stray cell beside it, and a cell in the last
// column of Excel would make every row 16,384 cells wide.
import type { SheetRow } from './sheet-rows.ts';

export interface SheetExtent {
  /** Rows above the table: titles and remarks, of few cells. */
  readonly titles: number;
  /** The columns [from, to), from 0. */
  readonly from: number;
  readonly to: number;
}

/** Empty columns within a table; wider gaps end it. */
const WIDEST_GAP = 10;
/** Of the rows, for a column that the first line does not fill. */
const LEAST_SHARE = 0.1;

/** Of the first rows, none of which is empty. */
export function sheetExtent(rows: readonly SheetRow[]): SheetExtent {
  const titles = titleRows(rows);
  const [line, ...below] = rows.slice(titles);
  const first = (line?.cells ?? []).findIndex((cell) => cell !== '');
  if (line === undefined || first < 0) return { titles: 0, from: 0, to: 0 };
  const filled: number[] = [];
  for (const { cells } of below)
    for (const [column, cell] of cells.entries()) if (cell !== '') filled[column] = (filled[column] ?? 0) + 1;
  // One cell is a remark, in a table of few rows too.
  const least = Math.max(2, below.length * LEAST_SHARE);
  let to = first + 1;
  const width = Math.max(line.cells.length, filled.length);
  for (let column = to; column < width && column - to <= WIDEST_GAP; column += 1) {
    const count = filled[column] ?? 0;
    const isNamed = (line.cells[column] ?? '') !== '';
    if (isNamed ? column === to || count > 0 : column - to <= 1 && count >= least) to = column + 1;
  }
  let from = first;
  while (from > 0 && (filled[from - 1] ?? 0) >= least) from -= 1;
  return { titles, from, to };
}

/** Rows above the first that has at least half as many cells as rows usually have: titles, and names of groups of columns. */
function titleRows(rows: readonly SheetRow[]): number {
  const counts = rows.map(({ cells }) => cells.filter((cell) => cell !== '').length);
  const usual = counts.toSorted((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 0;
  if (Math.max(...counts) < 2) return 0;
  const whole = counts.findIndex((count) => count > 1 && count * 2 >= usual);
  // Far below it is no title that stands there but a row that is nearly empty.
  return whole <= MOST_TITLES ? whole : counts.findIndex((count) => count > 1);
}
const MOST_TITLES = 10;

/** 54 is "BC". */
export function columnName(column: number): string {
  const before = Math.floor(column / 26);
  return (before === 0 ? '' : columnName(before - 1)) + String.fromCharCode(0x41 + (column % 26));
}
