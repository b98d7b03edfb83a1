// A fitted recipe as a federation pins it: one text and its digest, with each run, so that every device, and whoever uses a version later,
// prepares rows alike. Nobody takes its word: what it makes of the contract's columns is worked out again wherever it is opened.
import * as v from 'valibot';
import type { StrategyIssue } from '../aggregation/check-strategy.ts';
import { canonicalText } from '../canonical.ts';
import { PreparedColumns, type TableColumn, type TableContract } from '../data/contract.ts';
import { DAY_MS, isoText } from '../data/iso-time.ts';
import { digestOfText } from '../digest.ts';
import type { FederationSpec, PinnedRecipe } from '../federation.ts';
import { unpreparedSums } from './unprepared-sums.ts';
import { unpreparedTexts } from './unprepared-texts.ts';
import { fail, ok, type Result } from '../result.ts';
import { listOf, quoted } from '../spoken-list.ts';
import { finishedColumns } from './encode.ts';
import { applyStep, fittedJson, readFitted, type FittedRecipe } from './fit.ts';
import { tooGreat } from './growth.ts';
import { jsonOf } from './json-of.ts';
import { tableOf, type Table } from './table.ts';

/** Steps that no federation can have, and why. */
const UNSHARED: Readonly<Record<string, string>> = {
  terms:
    'it learns words of somebody’s rows, which all devices would be sent. Use hashed-terms, which learns none.',
  words:
    'it learns words of somebody’s rows, which all devices would be sent. Use hashed-terms, which learns none.',
  'tf-idf':
    'it learns words of somebody’s rows, which all devices would be sent. Use hashed-terms, which learns none.',
  'drop-rows': 'each device learns from all rows that fit the contract. Fill gaps in with impute.',
  dedupe: 'each device leaves out rows that are there twice as it reads them. Leave the step out.',
};

/** Refused in a sentence where not every device could do it to rows of this contract. `from`: where its figures come from. */
export function pinRecipe(
  fitted: FittedRecipe,
  contract: TableContract,
  from: string,
): Result<PinnedRecipe, string> {
  const columns = preparedColumns(fitted, contract);
  if (!columns.ok) return columns;
  const text = canonicalText(fittedJson(fitted));
  return ok({ text, digest: digestOfText(text), columns: columns.value, from });
}

/** Refused in a sentence where the text is not what its digest says, or does not make these columns. */
export function openPinned(pinned: PinnedRecipe, contract: TableContract): Result<FittedRecipe, string> {
  if (digestOfText(pinned.text) !== pinned.digest)
    return fail(
      'The recipe is not the one that its digest names: it was altered. Ask whoever runs the federation to pin it again.',
    );
  const fitted = readFitted(jsonOf(pinned.text));
  if (!fitted.ok) return fail(`The recipe cannot be read: ${fitted.error}`);
  const columns = preparedColumns(fitted.value, contract);
  if (!columns.ok) return columns;
  return canonicalText(columns.value) === canonicalText(pinned.columns)
    ? fitted
    : fail(
        'The recipe does not make the columns that stand beside it. Ask whoever runs the federation to pin it again.',
      );
}

/** What is wrong with the recipe of a spec: read by the server before anything is made of it, and by the form. */
export function checkRecipe(
  { contract, recipe }: Pick<FederationSpec, 'contract' | 'recipe'>,
  summed: string | undefined,
): readonly StrategyIssue[] {
  const issue = (message: string): readonly StrategyIssue[] => [{ path: 'recipe', message }];
  if (recipe === undefined) {
    const texts = unpreparedTexts({ contract, recipe }, summed);
    return texts === undefined ? [] : issue(texts);
  }
  if (contract.kind !== 'table')
    return issue('A recipe prepares the columns of a table, and this contract has none: leave it out.');
  if (summed !== undefined) return issue(unpreparedSums(summed));
  const opened = openPinned(recipe, contract);
  return opened.ok ? [] : issue(opened.error);
}

/** What the steps make of columns that the contract describes, whatever rows a device has. */
function preparedColumns(
  fitted: FittedRecipe,
  contract: TableContract,
): Result<PinnedRecipe['columns'], string> {
  const { recipe, inputs } = fitted;
  for (const [at, { step }] of recipe.steps.entries()) {
    const why = UNSHARED[step];
    if (why !== undefined) return fail(`Step ${at + 1} (${step}) cannot be shared: ${why}`);
  }
  const names = contract.columns.map(({ name }) => name);
  const foreign = inputs.filter((name) => !names.includes(name));
  if (foreign.length > 0)
    return fail(
      `The recipe needs the columns ${listOf(foreign.map(quoted), 10)}, which the contract does not have. It has ${listOf(names.map(quoted), 20)}.`,
    );
  const prepared = appliedWithin(fitted, everyCell(contract, inputs));
  if (!prepared.ok) return prepared;
  const columns = finishedColumns(prepared.value);
  if (!columns.ok) return columns;
  const read = v.safeParse(PreparedColumns, columns.value);
  if (read.success) return ok(read.output);
  const [issue] = read.issues;
  return fail(
    `No model here takes what the recipe makes: ${v.getDotPath(issue) ?? 'the columns'}: ${issue.message}.`,
  );
}

/** As applyRecipe, and refused before a step would make more than is held: whoever opens a recipe did not write it. */
function appliedWithin(fitted: FittedRecipe, rows: Table): Result<Table, string> {
  let table = rows;
  for (const [at, step] of fitted.recipe.steps.entries()) {
    const great = tooGreat(step, fitted.states[at], table);
    if (great !== undefined) return fail(`Step ${at + 1} (${step.step}): ${great}`);
    const applied = applyStep(fitted, at, table);
    if (applied === undefined) return fail('A step of the recipe cannot read what stands as learnt by it.');
    table = applied;
  }
  return ok(table);
}

/**
 * Rows in which every cell that the contract allows stands once, as a device's store gives it: first all that may be missing are, then
 * each category in turn, and of numbers the usual one. Which prepared numbers may be missing shows in them.
 */
function everyCell({ columns: all }: TableContract, inputs: readonly string[]): Table {
  const columns = all.filter(({ name }) => inputs.includes(name));
  const most = Math.max(
    1,
    ...columns.map((column) => (column.type === 'category' ? column.categories.length : 1)),
  );
  const rows = Array.from({ length: most + 1 }, (_, row) =>
    columns.map((column) => {
      if (row === 0 && 'missingAllowed' in column && column.missingAllowed) return '';
      return usualCell(column, row);
    }),
  );
  return tableOf(
    columns.map(({ name }) => name),
    rows,
    Array.from(rows.keys()),
  );
}

function usualCell(column: TableColumn, row: number): string {
  switch (column.type) {
    case 'number':
      return column.reads === 'time' ? isoText(writableDay(column.mean) * DAY_MS) : String(column.mean);
    case 'category':
      return column.categories[row % column.categories.length] ?? '';
    case 'text':
    case 'terms':
    case 'hashed':
      return '';
    default:
      return column satisfies never;
  }
}

/** Of the years that are written with four digits. */
const writableDay = (days: number): number => Math.min(2_932_896, Math.max(-719_162, Math.round(days)));
