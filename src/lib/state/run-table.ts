// The table of runs as data: which columns there are, what is shown of them at first, in which order rows stand, what is saved as CSV.
// What a person chose of it stands in the address.
import { typedName, type RunFacts } from '../core/run-query/query.ts';
import { isLowerBetter, isShare } from './run-facts.ts';
import { metricText } from './run-words.ts';

/** `metrics.accuracy`, `params.model`, `tags`, `data`, `started`, `status` or `name`: as a filter names it. */
export type ColumnName = string;

const MOST_AT_FIRST = 8;
/** In this order at first, those that there are. */
const first: readonly ColumnName[] = [
  'status',
  'started',
  'data',
  'metrics.accuracy',
  'metrics.auc',
  'metrics.rmse',
  'metrics.r2',
  'metrics.gain',
  'params.model',
  'tags',
  'metrics.seconds',
];
const plain: readonly ColumnName[] = ['status', 'started', 'data', 'tags', 'note'];

/** Names that some run has, in the order of the alphabet. */
export const namesOf = (runs: readonly RunFacts[], kind: 'metrics' | 'params'): readonly string[] =>
  [...new Set(runs.flatMap((run) => Object.keys(run[kind])))].sort();

/** Every column that some run has a value in. */
export const columnsOf = (runs: readonly RunFacts[]): readonly ColumnName[] => [
  ...plain,
  ...namesOf(runs, 'metrics').map((name) => `metrics.${name}`),
  ...namesOf(runs, 'params').map((name) => `params.${name}`),
];

/** `chosen`: from the address, with commas between; null: nobody has chosen. Columns that no run has are left out, and each stands once. */
export function shownColumns(runs: readonly RunFacts[], chosen: string | null): readonly ColumnName[] {
  const all = columnsOf(runs);
  const wanted = chosen === null ? first : [...new Set(chosen.split(','))];
  const shown = wanted.filter((name) => all.includes(name));
  return chosen === null ? shown.slice(0, MOST_AT_FIRST) : shown;
}

export const titleOf = (column: ColumnName): string => {
  const [kind = '', name] = splitColumn(column);
  return name ?? kind;
};

/** The column as a filter spells it. */
export const typedColumn = (column: ColumnName): string => {
  const [kind, name] = splitColumn(column);
  return name === undefined ? kind : `${kind}.${typedName(name)}`;
};

function splitColumn(column: ColumnName): [kind: string, name?: string] {
  for (const kind of ['metrics', 'params'])
    if (column.startsWith(`${kind}.`)) return [kind, column.slice(kind.length + 1)];
  return [column];
}

/** What a run has there; undefined: nothing. */
export function valueOf(run: RunFacts, column: ColumnName): string | number | undefined {
  const [kind, name = ''] = splitColumn(column);
  switch (kind) {
    case 'metrics':
      return run.metrics[name]?.value;
    case 'params':
      return run.params[name];
    case 'tags':
      return run.tags.length === 0 ? undefined : run.tags.join(', ');
    case 'name':
    case 'status':
    case 'data':
    case 'started':
      return run[kind];
    case 'note':
      return run.note === '' ? undefined : run.note;
    default:
      return undefined;
  }
}

export function cellText(run: RunFacts, column: ColumnName): string {
  const value = valueOf(run, column);
  if (value === undefined) return '–';
  const [kind, name = ''] = splitColumn(column);
  if (kind === 'metrics' && typeof value === 'number') return metricText(name, value, isShare(name));
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : value;
}

export const isNumeric = (runs: readonly RunFacts[], column: ColumnName): boolean =>
  runs.some((run) => typeof valueOf(run, column) === 'number') &&
  runs.every((run) => typeof valueOf(run, column) !== 'string');

export interface Sorting {
  readonly column: ColumnName;
  readonly isDescending: boolean;
}

/** "-started": the newest first. */
export const readSorting = (text: string | null): Sorting =>
  text === null
    ? { column: 'started', isDescending: true }
    : { column: text.replace(/^-/, ''), isDescending: text.startsWith('-') };
export const sortingText = ({ column, isDescending }: Sorting): string =>
  `${isDescending ? '-' : ''}${column}`;

/** What a first press on a column's head sorts by: the best first, or the newest. */
export const bestFirst = (column: ColumnName): Sorting => {
  const [kind, name = ''] = splitColumn(column);
  return {
    column,
    isDescending: kind === 'metrics' ? !isLowerBetter(name) : column === 'started',
  };
};

/** Runs without a value stand last, whichever way; equal ones as they came. */
export function sorted(runs: readonly RunFacts[], { column, isDescending }: Sorting): readonly RunFacts[] {
  const sign = isDescending ? -1 : 1;
  return runs.toSorted((one, other) => {
    const [a, b] = [valueOf(one, column), valueOf(other, column)];
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
    const [left, right] = [String(a), String(b)];
    return left === right ? 0 : sign * (left < right ? -1 : 1);
  });
}

/** A line a run, a column each of everything that some run has; intervals in two more. */
export function runsAsRows(runs: readonly RunFacts[]): {
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | number | undefined)[])[];
} {
  const columns = ['name', ...columnsOf(runs)];
  const bounded = namesOf(runs, 'metrics').filter((name) =>
    runs.some((run) => run.metrics[name]?.interval !== undefined),
  );
  return {
    header: ['id', ...columns, ...bounded.flatMap((name) => [`metrics.${name}.low`, `metrics.${name}.high`])],
    rows: runs.map((run) => [
      run.id,
      ...columns.map((column) => valueOf(run, column)),
      ...bounded.flatMap((name) => {
        const interval = run.metrics[name]?.interval;
        return [interval?.low, interval?.high];
      }),
    ]),
  };
}
