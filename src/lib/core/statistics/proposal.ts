// One change of a data contract that a survey suggests, and the words that all of them are told in.
import type { ColumnRule, TableColumn } from '../data/contract.ts';
import { DAY_MS, isoText } from '../data/iso-time.ts';
import { quoted } from '../spoken-list.ts';

export type NumberColumn = Extract<TableColumn, { type: 'number' }>;
export type CategoryColumn = Extract<TableColumn, { type: 'category' }>;

export interface Proposal {
  readonly kind: 'range' | 'units' | 'scale' | 'gaps' | 'categories';
  readonly column: string;
  readonly before: string;
  readonly after: string;
  /** Sentences. */
  readonly reason: string;
  /** Of the column. */
  readonly set: Partial<
    Pick<NumberColumn, 'minimum' | 'maximum' | 'mean' | 'standardDeviation' | 'missingAllowed'>
  > &
    Partial<Pick<CategoryColumn, 'categories'>>;
  /** In the place of one of its type and column, or beside the others. */
  readonly rule?: ColumnRule;
}

/** Rows, or devices, below which nothing is said of them. */
export const LEAST = 5;
export const rowsIn = (counts: readonly number[]): number =>
  counts.reduce((sum, count) => sum + Math.max(0, count), 0);
export const hidden = (name: string, what: string, deviation: number): string =>
  `${quoted(name)}: the noise of ±${count(1.96 * deviation)} rows hides ${what}, so nothing is proposed.`;
export const count = (value: number): string => Math.round(value).toLocaleString('en');
export const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;
export const written = (column: NumberColumn, value: number): string =>
  column.reads === 'time' ? isoText(Math.round(value) * DAY_MS).slice(0, 10) : String(value);
export const bounds = (
  column: NumberColumn,
  { minimum, maximum }: Pick<NumberColumn, 'minimum' | 'maximum'>,
): string =>
  `${minimum === null ? 'no lower bound' : written(column, minimum)} to ${maximum === null ? 'no upper bound' : written(column, maximum)}`;
