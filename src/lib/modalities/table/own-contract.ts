// The contract of a table that one person has: what each column is, as they chose it, fitted to all rows, so that no row is turned away
// for what it holds.
import * as v from 'valibot';
import { TableContract, type TableColumn } from '../../core/data/contract.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { quoted } from '../import-report.ts';
import { MAXIMUM_VALUES, type ColumnFacts } from './column-facts.ts';
import {
  classTarget,
  contractOfFacts,
  MOST_CLASSES,
  numberColumn,
  numberTarget,
  textColumn,
  type InferenceProblem,
} from './infer-contract.ts';
import type { TableFacts } from './table-facts.ts';

/** `number` reads dates too, where a column holds nothing else. */
export type ColumnUse = 'number' | 'category' | 'text' | 'out';
export type TargetUse = 'classes' | 'number';

export interface OwnChoices {
  readonly target: string;
  readonly asked: TargetUse;
  /** By column; the target's own is of no meaning. */
  readonly uses: Readonly<Record<string, ColumnUse>>;
}

/** The longest text that is a category. */
const LONGEST_LABEL = 80;
const isLabel = (value: string): boolean => value.length <= LONGEST_LABEL;

/** What a column can be taken as; it can always be left out. */
export const usesOf = (facts: ColumnFacts): readonly ColumnUse[] => [
  ...(facts.numbers === undefined ? [] : (['number'] as const)),
  ...(facts.distinct > 0 && facts.distinct <= MAXIMUM_VALUES && facts.values.every(isLabel)
    ? (['category'] as const)
    : []),
  ...(facts.numbers === undefined && facts.distinct > 0 ? (['text'] as const) : []),
  'out',
];

/** What can be asked of a column; nothing where it cannot be predicted. */
export const targetUsesOf = (facts: ColumnFacts): readonly TargetUse[] =>
  facts.distinct < 2 || facts.name === '' || facts.numbers?.areTimes === true
    ? []
    : [
        ...(facts.distinct <= MOST_CLASSES && facts.values.every(isLabel) ? (['classes'] as const) : []),
        ...(facts.numbers === undefined ? [] : (['number'] as const)),
      ];

export interface OwnDraft {
  readonly choices: OwnChoices;
  readonly notes: readonly string[];
}

/** The usual choices, with notes on every guess; `target` overrides the guess. */
export function draftChoices(facts: TableFacts, target?: string): Result<OwnDraft, InferenceProblem> {
  const drafted = contractOfFacts(facts.columns, facts.rows, target, true);
  if (!drafted.ok) return drafted;
  const { contract, notes } = drafted.value;
  return ok({
    notes,
    choices: {
      target: contract.target.name,
      asked: contract.target.type,
      uses: Object.fromEntries(
        facts.columns.map(({ name }) => [name, useOf(contract.columns.find((one) => one.name === name))]),
      ),
    },
  });
}

const useOf = (column: TableColumn | undefined): ColumnUse =>
  column === undefined || column.type === 'terms' || column.type === 'hashed' ? 'out' : column.type;

/** Refused with a sentence where a choice cannot be. */
export function contractOfChoices(facts: TableFacts, choices: OwnChoices): Result<TableContract, string> {
  const asked = facts.columns.find(({ name }) => name === choices.target);
  if (asked === undefined || !targetUsesOf(asked).includes(choices.asked))
    return fail(
      `${quoted(choices.target)} cannot be predicted as ${choices.asked === 'number' ? 'a number' : 'classes'}. Choose another column.`,
    );
  const columns = facts.columns.flatMap((column): TableColumn[] => {
    const use = choices.uses[column.name] ?? 'out';
    if (column === asked || use === 'out' || !usesOf(column).includes(use)) return [];
    if (use === 'category')
      return [{ type: 'category', name: column.name, categories: [...column.values], missingAllowed: true }];
    if (use === 'text') return [textColumn(column)];
    return column.numbers === undefined ? [] : [withoutBounds(numberColumn(column, column.numbers))];
  });
  if (columns.length === 0) return fail('Every column is left out. Take in at least one to learn from.');
  const read = v.safeParse(TableContract, {
    kind: 'table',
    columns,
    target:
      choices.asked === 'number' && asked.numbers !== undefined
        ? numberTarget(asked.name, asked.numbers)
        : classTarget(asked),
  });
  if (read.success) return ok(read.output);
  const [issue] = read.issues;
  return fail(`${v.getDotPath(issue) ?? 'The columns'}: ${issue.message}. Leave columns out.`);
}

/** Bounds are for rows of others; these were all seen. */
const withoutBounds = (column: TableColumn): TableColumn =>
  column.type === 'number' ? { ...column, minimum: null, maximum: null, missingAllowed: true } : column;
