// A table whose rows are moments, for its own page: its columns over time. Without anything of the workbench.
import type { TableContract } from '../core/data/contract.ts';
import { isTimePart, timeOf } from '../core/series/time-columns.ts';

/** Whether a column tells when a row was: one of dates, or year, month and day. */
export const hasTime = (contract: TableContract): boolean => timeOf(contract).length > 0;

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** "1 hour", "15 minutes"; of a column that only counts, in its own units. */
export function spokenStep(step: number): string {
  const unit = UNITS.find(([, ms]) => step >= ms && Number.isInteger(step / ms));
  return unit === undefined ? String(step) : `${step / unit[1]} ${unit[0]}${step === unit[1] ? '' : 's'}`;
}

/** Columns that could name the series of a row, a station or a shop: categories first. */
export const namingColumns = ({ columns }: TableContract): readonly string[] => {
  const could = columns.filter(
    (column) => !isTimePart(column.name) && !(column.type === 'number' && column.reads === 'time'),
  );
  const isCategory = ({ type }: TableContract['columns'][number]): boolean => type === 'category';
  return [...could.filter(isCategory), ...could.filter((column) => !isCategory(column))].map(
    ({ name }) => name,
  );
};

/** Columns of numbers that can be looked at over time, the target first. */
export const drawnColumns = ({ columns, target }: TableContract): readonly string[] => [
  ...(target.type === 'number' ? [target.name] : []),
  ...columns
    .filter((column) => column.type === 'number' && column.reads !== 'time' && !isTimePart(column.name))
    .map(({ name }) => name),
];
