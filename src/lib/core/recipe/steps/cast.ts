// Numbers and times out of texts: by what the rows to learn from hold, or because a person says so.
import * as v from 'valibot';
import { DAY_MS, isoTime } from '../../data/iso-time.ts';
import { isMissing } from '../../data/missing.ts';
import { ok } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { defineStep, isAny, pickColumns } from '../step.ts';
import { changeColumns, presentTexts, textAt, type Column } from '../table.ts';

const State = v.array(
  v.strictObject({
    name: v.string(),
    to: v.picklist(['number', 'time', 'text']),
    /** Whether rows to learn from lack it: where they do not, a row that does is not like them. */
    hadMissing: v.boolean(),
  }),
);

type Decimal = 'point' | 'comma';

export const cast = defineStep({
  name: 'cast',
  title: 'Numbers out of texts',
  description:
    'By their values: columns whose cells are all numbers hold numbers, all dates or times hold times. Or as told; what cannot be read then is missing.',
  fields: {
    columns: { type: 'columns', title: 'Columns', of: 'any' },
    to: {
      type: 'choice',
      title: 'Read as',
      choices: ['by-values', 'number', 'time', 'text'],
      default: 'by-values',
    },
    decimal: { type: 'choice', title: 'Decimals after a', choices: ['point', 'comma'], default: 'point' },
  },
  state: State,
  fit({ columns: names, to, decimal }, table) {
    const columns = pickColumns(table, names, isAny, 'a column');
    if (!columns.ok) return columns;
    const state: v.InferOutput<typeof State> = [];
    const notes: string[] = [];
    for (const column of columns.value) {
      if (column.type !== 'text' && to !== 'text') continue;
      const present = presentTexts(column, table.rows);
      const kind = to === 'by-values' ? kindOf(present, decimal) : to;
      if (kind === undefined) continue;
      const read = kind === 'time' ? daysOf : (cell: string) => numberOf(cell, decimal);
      const bad =
        kind === 'text' || to === 'by-values' ? 0 : present.filter((cell) => Number.isNaN(read(cell))).length;
      if (bad > 0) notes.push(`${bad} cells of ${quoted(column.name)} are no ${kind}, and read as missing.`);
      state.push({ name: column.name, to: kind, hadMissing: bad > 0 || present.length < table.rows });
    }
    return ok({ state, notes });
  },
  apply({ decimal }, state, table) {
    let unseen = 0;
    const changed = changeColumns(table, state, (column, { to, hadMissing }) => {
      const { name, from } = column;
      if (to === 'text')
        return column.type === 'text'
          ? [column]
          : [{ type: 'text', name, from, cells: textsOf(column, table.rows) }];
      if (column.type !== 'text') return [column];
      const values = Float64Array.from(column.cells, (cell) =>
        to === 'time' ? daysOf(cell) : numberOf(cell, decimal),
      );
      for (const [row, value] of values.entries())
        if (Number.isNaN(value) && (!hadMissing || !isMissing(column.cells[row] ?? ''))) unseen += 1;
      return [
        to === 'time'
          ? { type: 'number', name, from, values, scale: null, isTime: true }
          : { type: 'number', name, from, values, scale: null },
      ];
    });
    return { ...changed, unseen: table.unseen + unseen };
  },
});

function kindOf(present: readonly string[], decimal: Decimal): 'number' | 'time' | undefined {
  if (present.length === 0) return undefined;
  if (present.every((cell) => !Number.isNaN(numberOf(cell, decimal)))) return 'number';
  return present.every((cell) => !Number.isNaN(daysOf(cell))) ? 'time' : undefined;
}

const textsOf = (column: Column, rows: number): string[] =>
  Array.from({ length: rows }, (_, row) => textAt(column, row));

/** No number that anybody writes has so many letters. */
const LONGEST = 400;

/** NaN where it is none. Plain decimals with an optional exponent, as where data are read against a contract (cell-number.ts). */
export function numberOf(cell: string, decimal: Decimal = 'point'): number {
  if (cell.length > LONGEST) return NaN;
  const text = decimal === 'comma' ? withPoint(cell) : cell;
  // Digits before the point can be read in one way only: a long cell of them that is no number is told at once.
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return NaN;
  const value = Number(text);
  return Number.isFinite(value) ? value : NaN;
}

/** Of decimals after a comma: points stand between thousands, as in 1.250,00, and nowhere else. Empty where they do. */
function withPoint(cell: string): string {
  if (!cell.includes('.')) return cell.replace(',', '.');
  return /^[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d*)?$/.test(cell) ? cell.replaceAll('.', '').replace(',', '.') : '';
}

const daysOf = (cell: string): number => isoTime(cell) / DAY_MS;
