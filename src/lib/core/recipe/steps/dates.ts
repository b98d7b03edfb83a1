// Dates as parts that a model can use: a column of dates becomes columns of numbers, and where asked for a place on a circle, so that
// December lies beside January.
import * as v from 'valibot';
import { isMissing } from '../../data/missing.ts';
import { ok } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { settled } from '../settled.ts';
import { defineStep, pickColumns } from '../step.ts';
import { changeColumns, isText, type NumberColumn, type TextColumn } from '../table.ts';

const DATE =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** [year, month, day, weekday (1 Monday), hour]; undefined where it is no date. Time zones are not converted: the clock on the wall counts. */
export function datePartsOf(text: string): readonly [number, number, number, number, number] | undefined {
  // Most cells are none: told by a look, as this is asked of every cell of a table.
  if (text.charCodeAt(4) !== 45) return undefined;
  const found = DATE.exec(text);
  if (found === null) return undefined;
  const [year, month, day, hour] = [found[1], found[2], found[3], found[4] ?? '0'].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23) return undefined;
  return [year, month, day, ((date.getUTCDay() + 6) % 7) + 1, hour];
}

const DATE_PARTS = ['year', 'month', 'day', 'weekday', 'hour'] as const;
/** Of the parts that come round again: how many there are, and the first. */
const ROUND = [
  [1, 12, 1],
  [3, 7, 1],
  [4, 24, 0],
] as const;

export const dates = defineStep({
  name: 'dates',
  title: 'Dates as parts',
  description:
    'Year, month, day, weekday (1 is Monday) and hour of dates as 2024-05-17 or 2024-05-17T13:05; columns of dates alone where none is named.',
  fields: {
    columns: { type: 'columns', title: 'Columns of dates', of: 'text' },
    cyclic: { type: 'flag', title: 'Month, weekday and hour as sine and cosine too', default: false },
  },
  state: v.array(v.strictObject({ name: v.string() })),
  fit({ columns: names }, table) {
    const columns = pickColumns(table, names, isText, 'texts');
    if (!columns.ok) return columns;
    const notes: string[] = [];
    const found = columns.value.filter((column) => {
      const present = column.cells.filter((cell) => !isMissing(cell));
      const bad = present.filter((cell) => datePartsOf(cell) === undefined).length;
      if (names === null && (bad > 0 || present.length === 0)) return false;
      notes.push(
        bad > 0
          ? `${bad} cells of ${quoted(column.name)} are no dates, and read as missing.`
          : `${quoted(column.name)} holds dates and is taken as year, month, day, weekday and hour.`,
      );
      return true;
    });
    return ok({ state: found.map(({ name }) => ({ name })), notes });
  },
  apply({ cyclic }, state, table) {
    let unseen = 0;
    const changed = changeColumns(table, state, (column) => {
      if (column.type !== 'text') return [column];
      const parts = column.cells.map(datePartsOf);
      for (const [row, one] of parts.entries())
        if (one === undefined && !isMissing(column.cells[row] ?? '')) unseen += 1;
      return partColumns(column, parts, cyclic);
    });
    return { ...changed, unseen: table.unseen + unseen };
  },
});

function partColumns(
  { name, from }: TextColumn,
  parts: readonly (readonly number[] | undefined)[],
  cyclic: boolean,
): NumberColumn[] {
  const of = (what: string, value: (own: readonly number[]) => number): NumberColumn => ({
    type: 'number',
    name: `${name} (${what})`,
    from,
    values: Float64Array.from(parts, (own) => (own === undefined ? NaN : value(own))),
    scale: null,
  });
  const plain = DATE_PARTS.map((what, part) => of(what, (own) => own[part]!));
  if (!cyclic) return plain;
  return [
    ...plain,
    ...ROUND.flatMap(([part, length, first]) => {
      const turn = (own: readonly number[]): number => (2 * Math.PI * (own[part]! - first)) / length;
      const what = DATE_PARTS[part];
      return [
        of(`${what}, sine`, (own) => settled(Math.sin(turn(own)))),
        of(`${what}, cosine`, (own) => settled(Math.cos(turn(own)))),
      ];
    }),
  ];
}
