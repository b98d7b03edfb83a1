// A table explored where it lies: what each column is like, what goes with what, and what a person should look at before training.
import { associations, type Associations } from './associations.ts';
import { summariseCategories, type CategorySummary } from './category-summary.ts';
import type { ColumnTable, ColumnValues } from './columns.ts';
import { duplicateRows, type Duplicates } from './duplicates.ts';
import { foretells, LEAK } from './foretelling.ts';
import { identityOf } from './identity.ts';
import { looksLikeProse } from '../recipe/worth.ts';
import { summariseNumbers, type NumberSummary } from './number-summary.ts';
import { summariseTexts, type TextSummary } from './text-summary.ts';

export type ColumnSummary =
  | { readonly type: 'number' | 'time'; readonly name: string; readonly summary: NumberSummary }
  | { readonly type: 'category'; readonly name: string; readonly summary: CategorySummary }
  | { readonly type: 'text'; readonly name: string; readonly summary: TextSummary }
  /** Every cell is missing. */
  | { readonly type: 'empty'; readonly name: string; readonly missing: number };

export interface Warning {
  readonly kind:
    'leak' | 'identity' | 'constant' | 'missing' | 'duplicates' | 'outliers' | 'imbalance' | 'few-rows';
  readonly column: string | null;
  /** A sentence: what was found, and what to do. */
  readonly message: string;
  /** From 0, the first hundred; empty where it is no matter of rows. */
  readonly rows: readonly number[];
}

export interface Exploration {
  readonly rows: number;
  readonly target: string | null;
  readonly columns: readonly ColumnSummary[];
  readonly associations: Associations;
  readonly duplicates: Duplicates;
  /** The gravest first. */
  readonly warnings: readonly Warning[];
}

/** `target`: the column to learn, where there is one. 100,000 rows of 20 columns take about half a second. */
export function explore(table: ColumnTable, target: string | null = null): Exploration {
  const columns = table.columns.map(summarise);
  const duplicates = duplicateRows(table);
  return {
    rows: table.rows,
    target,
    columns,
    // A text that is nearly always another goes with everything, and says nothing by it.
    associations: associations(
      table.columns.filter((_, at) => columns[at]?.type !== 'text'),
      target,
    ),
    duplicates,
    warnings: warningsOf(table, columns, duplicates, target).toSorted(
      (a, b) => GRAVITY.indexOf(a.kind) - GRAVITY.indexOf(b.kind),
    ),
  };
}

const GRAVITY: readonly Warning['kind'][] = [
  'leak',
  'identity',
  'few-rows',
  'imbalance',
  'missing',
  'constant',
  'duplicates',
  'outliers',
];

function summarise(column: ColumnValues): ColumnSummary {
  const { name } = column;
  if (column.type === 'category') {
    const summary = summariseCategories(column.codes, column.labels);
    return isProse(summary, column.labels)
      ? { type: 'text', name, summary: summariseTexts(column.codes, column.labels) }
      : { type: 'category', name, summary };
  }
  const summary = summariseNumbers(column.values);
  return summary === undefined
    ? { type: 'empty', name, missing: column.values.length }
    : { type: column.type, name, summary };
}

const isProse = ({ count, distinct, meanLength }: CategorySummary, labels: readonly string[]): boolean =>
  looksLikeProse({
    texts: count,
    letters: meanLength * count,
    spaced: (labels.filter((label) => /\s/.test(label)).length / Math.max(1, labels.length)) * count,
    share: distinct / Math.max(1, count),
  });

const percent = (share: number): string => `${Number((share * 100).toFixed(share < 0.1 ? 1 : 0))} %`;

function warningsOf(
  table: ColumnTable,
  summaries: readonly ColumnSummary[],
  duplicates: Duplicates,
  targetName: string | null,
): Warning[] {
  const warnings: Warning[] = [];
  const warn = (
    kind: Warning['kind'],
    column: string | null,
    message: string,
    rows: readonly number[] = [],
  ): void => void warnings.push({ kind, column, message, rows });
  const target = table.columns.find((column) => column.name === targetName);

  if (table.rows < 50)
    warn(
      'few-rows',
      null,
      `There are only ${table.rows} rows: figures of so few say little, and a model will learn little.`,
    );
  if (duplicates.count > 0)
    warn(
      'duplicates',
      null,
      `${duplicates.count} ${duplicates.count === 1 ? 'row repeats an earlier one' : 'rows repeat earlier ones'} in every column. Delete them, unless they are different cases that happen to be alike.`,
      duplicates.rows,
    );
  for (const [index, one] of summaries.entries()) {
    const column = table.columns[index]!;
    if (one.type === 'empty') {
      warn('missing', one.name, `“${one.name}” is empty in every row.`);
      continue;
    }
    const { count, missing, distinct } = one.summary;
    if (missing > table.rows / 2)
      warn(
        'missing',
        one.name,
        `“${one.name}” is empty in ${percent(missing / table.rows)} of the rows. Leave it out, or find out why.`,
      );
    if (distinct === 1 && table.rows > 1)
      warn(
        'constant',
        one.name,
        `“${one.name}” has the same value in every row: nothing can be learnt from it here.`,
      );
    if (column === target) {
      if (one.type === 'category') imbalance(one.name, one.summary, warn);
      continue;
    }
    if (one.type === 'text') {
      const { alike } = one.summary;
      if (alike.count > 0)
        warn(
          'duplicates',
          one.name,
          `${alike.count} ${alike.count === 1 ? 'text' : 'texts'} of “${one.name}” ${alike.count === 1 ? 'is' : 'are'} nearly the same as an earlier one (four fifths of the runs of three words). On both sides of a split, they make a model look better than it is.`,
          alike.rows,
        );
      continue;
    }
    const identity = identityOf(column, distinct, count);
    if (identity !== undefined)
      warn(
        'identity',
        one.name,
        `“${one.name}” may say who a row is about: ${identity} Leave it out of training.`,
      );
    if (one.type === 'number' && one.summary.outliers.farCount > 0 && one.summary.distinct > 10) {
      const { farLow, farHigh, farCount, farRows } = one.summary.outliers;
      warn(
        'outliers',
        one.name,
        `${farCount} ${farCount === 1 ? 'value' : 'values'} of “${one.name}” ${farCount === 1 ? 'lies' : 'lie'} very far from the others, below ${short(farLow)} or above ${short(farHigh)}. Look whether they are mistakes.`,
        farRows,
      );
    }
    if (target === undefined || table.rows < 20) continue;
    const share = foretells(column, target);
    if (share !== undefined && share >= LEAK)
      warn(
        'leak',
        one.name,
        `“${one.name}” alone predicts “${target.name}” almost perfectly (${percent(share)} of what guessing gets wrong). ${
          one.type === 'time'
            ? 'Rows of near moments are probably alike: hold out the latest rows, or take it as a time series, or a model looks better than it is.'
            : 'It was probably made from it: leave it out unless it is known before.'
        }`,
      );
  }
  return warnings;
}

function imbalance(
  name: string,
  summary: CategorySummary,
  warn: (kind: Warning['kind'], column: string, message: string) => void,
): void {
  const [largest] = summary.top;
  if (largest === undefined || summary.distinct < 2 || largest.count < summary.count * 0.9) return;
  warn(
    'imbalance',
    name,
    `${percent(largest.count / summary.count)} of the rows have “${largest.label}” as “${name}”: a model that always says so is right as often. Judge by recall or F1, not by accuracy.`,
  );
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
