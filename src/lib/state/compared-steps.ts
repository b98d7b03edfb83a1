// Recipes of runs beside each other: which step each has, how it is set, and whether the rows that judged can have been the same.
import { canonicalText } from '../core/canonical.ts';
import { readRecipe, usualRecipe, type Recipe, type RecipeStep } from '../core/recipe/recipe.ts';
import type { RunRecord } from '../participant/workbench/run-record.ts';
import { settingsWords, titleOf } from './recipe-words.ts';

export interface ComparedStep {
  readonly name: string;
  /** In the order of the runs; undefined where a run's recipe has no such step. */
  readonly values: readonly (string | undefined)[];
  readonly differs: boolean;
}

type Recorded = Pick<RunRecord, 'manifest'>;

/** undefined: a later version has written it. */
function recipeOf({ manifest: { setup, finished } }: Recorded): Recipe | undefined {
  const kept = finished?.recipe ?? setup.recipe;
  if (kept === null) return usualRecipe;
  const read = readRecipe(kept);
  return read.ok ? read.value : undefined;
}

/** The second of two steps of one kind is another line. In the order of the first run's, then of what the others add; order last. */
export function comparedSteps(runs: readonly Recorded[]): readonly ComparedStep[] {
  const recipes = runs.map(recipeOf);
  const keyed = recipes.map((recipe) => keyedSteps(recipe?.steps ?? []));
  const keys = [...new Set(keyed.flatMap((steps) => [...steps.keys()]))];
  const lines = keys.map((key): ComparedStep => {
    const steps = keyed.map((own) => own.get(key));
    const first = steps.find((step) => step !== undefined);
    return {
      name:
        first === undefined
          ? key
          : `${titleOf(first)}${key.endsWith(' 1') ? '' : ` (${key.split(' ').at(-1)})`}`,
      values: steps.map((step, at) =>
        recipes[at] === undefined
          ? 'of a later version of this app'
          : step === undefined
            ? undefined
            : settingsWords(step) || 'as usual',
      ),
      differs: new Set(steps.map((step) => JSON.stringify(step?.settings))).size > 1,
    };
  });
  const orders = keyed.map((steps) => [...steps.keys()].filter((key) => keyed.every((own) => own.has(key))));
  if (new Set(orders.map((order) => order.join())).size === 1) return lines;
  const values = recipes.map((recipe) => recipe?.steps.map(titleOf).join(', '));
  return [...lines, { name: 'In this order', values, differs: true }];
}

function keyedSteps(steps: readonly RecipeStep[]): ReadonlyMap<string, RecipeStep> {
  const seen = new Map<string, number>();
  return new Map(
    steps.map((step) => {
      const number = (seen.get(step.step) ?? 0) + 1;
      seen.set(step.step, number);
      return [`${step.step} ${number}`, step];
    }),
  );
}

/**
 * Rows are told apart, and so held out, by the columns that stay (participant/workbench/prepare.ts): whether these recipes leave
 * different ones out, in a sentence; undefined where they do not.
 */
export function splitWarning(runs: readonly Recorded[]): string | undefined {
  const splits = runs.flatMap(({ manifest }) => manifest.split ?? []);
  if (splits.length === runs.length)
    return new Set(splits.map(canonicalText)).size < 2
      ? undefined
      : 'These runs were judged on other rows: they hold out another share, in another way, or a split was drawn anew. A better figure may be the rows’ luck.';
  const left = runs.map((run) => {
    const steps = recipeOf(run)?.steps ?? [];
    const dropped = steps.flatMap(({ step, settings }) =>
      step === 'drop' && Array.isArray(settings['columns']) ? settings['columns'].map(String) : [],
    );
    const { without, group, time } = run.manifest.setup;
    const judges = steps.some(({ step }) => step === 'drop-useless');
    return JSON.stringify([[...new Set([...dropped, ...without])].sort(), judges, group, time]);
  });
  return new Set(left).size < 2
    ? undefined
    : 'Their recipes leave different columns out, and rows are held out by what stands in the columns that stay: these runs may have been judged on other rows, and a better figure may be the rows’ luck.';
}
