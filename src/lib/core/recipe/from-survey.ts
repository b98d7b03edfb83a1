// A recipe fitted to the rows of all devices, of which nobody has seen one: means, counts and histograms come of the sums of a survey
// (core/statistics), ranges and categories of the data contract, so that every device encodes alike, as if the rows had been pooled. It is
// made of what was published: fitting it is no further release, and it is as noisy as the survey.
import type { Canonical } from '../canonical.ts';
import type { TableContract } from '../data/contract.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Figures } from '../statistics/index.ts';
import { listOf, quoted } from '../spoken-list.ts';
import type { Settings } from './fields.ts';
import type { ColumnHead, FitOutcome, RecipeProblem, StepReport } from './fit.ts';
import { categories, crossing, hashing } from './from-survey/categories.ts';
import { casting, dateParts, dropping } from './from-survey/cells.ts';
import { imputing } from './from-survey/gaps.ts';
import { contractColumns, rowsOf, type Known } from './from-survey/known.ts';
import { words, type Learnt, type StepFromSums } from './from-survey/learnt.ts';
import { binning, clipping, logarithms, scaling } from './from-survey/numbers.ts';
import { hashedTexts } from './from-survey/texts.ts';
import { tooMany } from './growth.ts';
import type { Recipe } from './recipe.ts';
import type { TableCounts } from './table.ts';

/** As a fit to rows has it, by what sums say of them. */
export type FederatedFit = Pick<FitOutcome, 'fitted' | 'reports' | 'found'>;

/** `figures`: of a survey's statistics; those about a version are none of the rows, and are passed over. */
export function fittedFromSurvey(
  recipe: Recipe,
  contract: TableContract,
  figures: readonly Figures[],
): Result<FederatedFit, RecipeProblem> {
  let known = contractColumns(contract, figures);
  const rows = rowsOf(contract, figures);
  const states: Canonical[] = [];
  const reports: StepReport[] = [];
  const found = [headsOf(known)];
  const problem = (step: number | null, message: string) => fail({ step, message, reports, found });
  for (const [at, { step, settings }] of recipe.steps.entries()) {
    const learnt = learntBy(step, settings, known, rows);
    if (!learnt.ok) return problem(at, `Step ${at + 1} (${step}): ${learnt.error}`);
    const { state, notes, become, added = [] } = learnt.value;
    const before = countsOf(known, rows);
    known = [...known.flatMap((column) => become?.get(column.name) ?? [column]), ...added];
    const many = tooMany(known.length);
    if (many !== undefined) return problem(at, `Step ${at + 1} (${step}): ${many}`);
    const names = known.map(({ name }) => name);
    const twice = names.find((one, place) => names.indexOf(one) !== place);
    if (twice !== undefined)
      return problem(
        at,
        `Step ${at + 1} (${step}): it makes a second column ${quoted(twice)}. Drop the first before.`,
      );
    states.push(state);
    reports.push({ step, before, after: countsOf(known, rows), notes });
    found.push(headsOf(known));
  }
  const texts = known.filter(({ type }) => type === 'text').map(({ name }) => quoted(name));
  if (texts.length > 0)
    return problem(
      null,
      `After the last step ${listOf(texts)} still stand as they were written. Cast numbers, make categories of others (one-hot), hash texts (hashed-terms), or drop them.`,
    );
  const inputs = [...new Set(known.flatMap(({ from }) => from))];
  return inputs.length === 0
    ? problem(null, 'The steps leave no column to learn from. Drop fewer.')
    : ok({ fitted: { recipe, states, inputs }, reports, found });
}

const headsOf = (known: readonly Known[]): ColumnHead[] => known.map(({ name, type }) => ({ name, type }));

const countsOf = (known: readonly Known[], rows: number | undefined): TableCounts => ({
  rows: Math.round(rows ?? 0),
  columns: known.length,
  missing: Math.round(known.reduce((sum, { missing = 0 }) => sum + Math.max(0, missing), 0)),
});

function learntBy(
  step: string,
  settings: Settings,
  known: readonly Known[],
  rows: number | undefined,
): Result<Learnt, string> {
  const named = Array.isArray(settings['columns']) ? (settings['columns'] as readonly string[]) : undefined;
  const absent = (named ?? []).filter((name) => !known.some((one) => one.name === name));
  if (absent.length > 0)
    return fail(
      `there is no column ${listOf(absent.map(quoted))} at this step. There are ${listOf(
        known.map(({ name }) => quoted(name)),
        20,
      )}.`,
    );
  const found = stepsFromSums[step];
  if (found === undefined) return fail(UNFIT[step] ?? 'sums are not enough to fit it. Leave the step out.');
  const columns =
    named === undefined
      ? known.filter(found.suits)
      : named.flatMap((name) => known.find((one) => one.name === name) ?? []);
  const unsuited = columns.find((column) => !found.suits(column));
  return unsuited === undefined
    ? found.learn({ settings, columns, rows })
    : fail(
        `${quoted(unsuited.name)} holds ${unsuited.type === 'text' ? `${words[unsuited.holds]}, as they were written` : words[unsuited.type]}, and this step needs ${found.wants}.`,
      );
}

/** Steps that need the rows themselves, and what to do. */
const UNFIT: Readonly<Record<string, string>> = {
  trim: 'cells were matched to the data contract when they were read. Leave the step out.',
  replace: 'cells were matched to the data contract when they were read. Leave the step out.',
  terms: 'it needs the words of the rows, which no device sends. Use hashed-terms, which learns none.',
  words: 'it needs the words of the rows, which no device sends. Use hashed-terms, which learns none.',
  'tf-idf': 'it needs the words of the rows, which no device sends. Use hashed-terms, which learns none.',
  'drop-useless': 'it looks at all values of a column, which no device sends. Name columns in a drop step.',
  'drop-rows': 'each device learns from all its rows. Fill gaps in with impute.',
  dedupe: 'each device leaves out rows that are there twice as it reads them. Leave the step out.',
};

const isNumber = ({ type }: Known): boolean => type === 'number';

const stepsFromSums: Readonly<
  Record<
    string,
    | { readonly suits: (column: Known) => boolean; readonly wants: string; readonly learn: StepFromSums }
    | undefined
  >
> = {
  cast: {
    suits: ({ type, holds }) => type === 'text' && holds !== 'text',
    wants: 'what was not cast before',
    learn: casting,
  },
  dates: {
    suits: ({ type, holds }) => type === 'text' && holds === 'time',
    wants: 'times, before a cast step',
    learn: dateParts,
  },
  drop: { suits: () => true, wants: 'a column', learn: dropping },
  impute: {
    suits: ({ type, holds }) => type === 'number' || (type === 'text' && holds === 'category'),
    wants: 'numbers or categories. A cast step before this one makes numbers',
    learn: imputing,
  },
  clip: { suits: isNumber, wants: 'numbers', learn: clipping },
  log: { suits: isNumber, wants: 'numbers', learn: logarithms },
  bin: { suits: isNumber, wants: 'numbers', learn: binning },
  cross: {
    suits: ({ type, labels }) => type !== 'number' && labels !== undefined,
    wants: 'categories. Bin numbers first',
    learn: crossing,
  },
  'one-hot': {
    suits: ({ type, holds }) => type === 'text' && holds === 'category',
    wants: 'categories',
    learn: categories,
  },
  'hashed-terms': {
    suits: ({ type, holds }) => type === 'text' && holds === 'text',
    wants: 'texts',
    learn: hashedTexts,
  },
  'hash-text': {
    suits: ({ type, holds }) => type === 'text' && (holds === 'category' || holds === 'text'),
    wants: 'texts',
    learn: hashing,
  },
  scale: { suits: isNumber, wants: 'numbers. A cast step before this one makes them', learn: scaling },
};
