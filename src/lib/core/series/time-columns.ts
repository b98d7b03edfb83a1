// Which columns of a table tell when a row was.
import type { TableContract } from '../data/contract.ts';

/** Parts of a date, as columns of their own name them, the largest first. */
export const TIME_PARTS = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;

export const isTimePart = (column: string): boolean =>
  TIME_PARTS.some((part) => part === column.trim().toLowerCase());

/** Year, month, day and whatever smaller parts a header has; none where it does not have these three. */
export function timeParts(header: readonly string[]): readonly string[] {
  const parts = TIME_PARTS.map((part) => header.find((column) => column.trim().toLowerCase() === part));
  const until = parts.indexOf(undefined);
  const whole = parts.slice(0, until < 0 ? parts.length : until).filter((column) => column !== undefined);
  return whole.length > 2 ? whole : [];
}

/** The columns that tell when a row was: the first that is read as time, or year, month, day and hour; none where there are none. */
export function timeOf({ columns }: Pick<TableContract, 'columns'>): readonly string[] {
  const time = columns.find((column) => column.type === 'number' && column.reads === 'time');
  return time === undefined ? timeParts(columns.map(({ name }) => name)) : [time.name];
}
