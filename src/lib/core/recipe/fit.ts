// A recipe fitted to the rows to learn from, step by step, and applied to any rows by what was learnt. `fit` of a step is never shown
// another row than those; what it learnt is plain JSON, and travels with the model.
import * as v from 'valibot';
import { canonicalText, type Canonical } from '../canonical.ts';
import type { TableColumn } from '../data/contract.ts';
import { digestOfText } from '../digest.ts';
import type { Digest } from '../ids.ts';
import { fail, ok, type Result } from '../result.ts';
import { quoted } from '../spoken-list.ts';
import { finishedColumns } from './encode.ts';
import { readRecipe, recipeJson, type Recipe } from './recipe.ts';
import { stepNamed } from './steps/index.ts';
import { countsOf, rowsAt, type Column, type Table, type TableCounts } from './table.ts';

export interface FittedRecipe {
  readonly recipe: Recipe;
  /** What each step learnt. */
  readonly states: readonly Canonical[];
  /** The columns of the file that the prepared ones are made of. */
  readonly inputs: readonly string[];
}

/** What a step did to the rows to learn from. */
export interface StepReport {
  readonly step: string;
  readonly before: TableCounts;
  readonly after: TableCounts;
  readonly notes: readonly string[];
}

/** A column as a step finds it, for a form to offer. */
export type ColumnHead = Pick<Column, 'name' | 'type'>;

export interface FitOutcome {
  readonly fitted: FittedRecipe;
  /** What the steps make of the inputs, and how each is encoded. */
  readonly columns: readonly TableColumn[];
  /** The rows to learn from, prepared; steps may have left some out. */
  readonly table: Table;
  readonly reports: readonly StepReport[];
  /** [steps + 1]: what each step finds, and what the last leaves. */
  readonly found: readonly (readonly ColumnHead[])[];
}

export interface RecipeProblem {
  /** From 0; null: it is no single step's doing. */
  readonly step: number | null;
  /** A sentence. */
  readonly message: string;
  /** Of the steps before it. */
  readonly reports: readonly StepReport[];
  readonly found: readonly (readonly ColumnHead[])[];
}

/** `training`: the rows to learn from, and no others. */
export function fitRecipe(recipe: Recipe, training: Table): Result<FitOutcome, RecipeProblem> {
  let table = training;
  const states: Canonical[] = [];
  const reports: StepReport[] = [];
  const found = [headsOf(table)];
  const problem = (at: number | null, message: string) =>
    fail({
      step: at,
      message: at === null ? message : `Step ${at + 1} (${recipe.steps[at]?.step ?? ''}): ${message}`,
      reports,
      found,
    });
  const counted = new Map<Column, number>();
  let before = countsOf(table, counted);
  for (const [at, { step: name, settings }] of recipe.steps.entries()) {
    const step = stepNamed(name);
    if (step === undefined) throw new Error(`A recipe that was read has no step “${name}”.`);
    const learnt = step.fit(settings, table);
    if (!learnt.ok) return problem(at, learnt.error);
    // Used is what will be read from a file, to the bit: JSON knows no −0.
    const state = v.parse(Json, JSON.parse(canonicalText(learnt.value.state)));
    const kept = step.keep(settings, table);
    const applied = step.apply(settings, state, kept === undefined ? table : rowsAt(table, kept));
    if (applied === undefined) throw new Error(`“${name}” does not read what it has learnt.`);
    const names = applied.columns.map((column) => column.name);
    const twice = names.find((one, place) => names.indexOf(one) !== place);
    if (twice !== undefined)
      return problem(at, `it makes a second column ${quoted(twice)}. Rename the first, or drop it before.`);
    table = applied;
    const after = countsOf(table, counted);
    reports.push({ step: name, before, after, notes: [...new Set(learnt.value.notes)] });
    states.push(state);
    found.push(headsOf(table));
    before = after;
  }
  const columns = finishedColumns(table);
  if (!columns.ok) {
    // What was left out, and why, is what there is to mend.
    const because = reports.flatMap(({ notes }) => notes).slice(0, 3);
    return problem(null, [columns.error, ...because].join(' '));
  }
  const inputs = [...new Set(table.columns.flatMap((column) => column.from))];
  return ok({ fitted: { recipe, states, inputs }, columns: columns.value, table, reports, found });
}

const headsOf = ({ columns }: Table): ColumnHead[] => columns.map(({ name, type }) => ({ name, type }));

/** The same done to rows of the inputs: none is left out. undefined: the states are none of these steps. */
export function applyRecipe(fitted: FittedRecipe, rows: Table): Table | undefined {
  let table: Table | undefined = rows;
  for (const at of fitted.recipe.steps.keys()) {
    table = applyStep(fitted, at, table);
    if (table === undefined) return undefined;
  }
  return table;
}

/** One step of it, from 0. */
export function applyStep({ recipe, states }: FittedRecipe, at: number, rows: Table): Table | undefined {
  const { step, settings } = recipe.steps[at]!;
  return stepNamed(step)?.apply(settings, states[at], rows);
}

export const fittedJson = ({ recipe, states, inputs }: FittedRecipe) => ({
  recipe: recipeJson(recipe),
  states,
  inputs,
});

export const fittedDigest = (fitted: FittedRecipe): Digest => digestOfText(canonicalText(fittedJson(fitted)));

export const Json: v.GenericSchema<Canonical, Canonical> = v.lazy(() =>
  v.union([v.string(), v.number(), v.boolean(), v.null(), v.array(Json), v.record(v.string(), Json)]),
);
const Fitted = v.strictObject({
  recipe: v.unknown(),
  states: v.array(Json),
  inputs: v.array(v.string()),
});

export function readFitted(given: unknown): Result<FittedRecipe, string> {
  const parsed = v.safeParse(Fitted, given);
  if (!parsed.success) return fail('What the recipe has learnt cannot be read.');
  const recipe = readRecipe(parsed.output.recipe);
  if (!recipe.ok) return recipe;
  const { states, inputs } = parsed.output;
  if (states.length !== recipe.value.steps.length) return fail('A step of the recipe has learnt nothing.');
  return ok({ recipe: recipe.value, states, inputs });
}
