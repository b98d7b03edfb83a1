// What a step learns of sums, and how it says that it cannot.
import type { Canonical } from '../../canonical.ts';
import { fail, type Result } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import type { Settings } from '../fields.ts';
import type { Known } from './known.ts';

export interface Learnt {
  readonly state: Canonical;
  readonly notes: readonly string[];
  /** What each column that is named here gives way to. */
  readonly become?: ReadonlyMap<string, readonly Known[]>;
  readonly added?: readonly Known[];
}

export interface Asked {
  readonly settings: Settings;
  /** Those that the step names, or all that it suits. */
  readonly columns: readonly Known[];
  /** Of all devices, with and without a value; undefined: nothing tells. */
  readonly rows: number | undefined;
}

export type StepFromSums = (asked: Asked) => Result<Learnt, string>;

export const words = {
  number: 'numbers',
  time: 'times',
  category: 'categories',
  text: 'texts',
  hashed: 'hashed terms',
} as const;

export const short = (value: number): string => String(Number(value.toPrecision(5)));
export const unasked = ({ name }: Known, what: string): Result<never, string> =>
  fail(
    `no survey says ${what} of ${quoted(name)}: it was not asked, no row has the value, or the noise hides it. Ask one about the data, or name other columns.`,
  );
export const unnamed = (column: Known, known: Partial<Known>): [string, readonly Known[]] => [
  column.name,
  [{ ...column, ...known }],
];

/** What was said of values before they were changed one by one. */
export const CHANGED = { moments: undefined, histogram: undefined, range: undefined };
