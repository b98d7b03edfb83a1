// A recipe fitted to the rows of all devices, of which nobody has seen one: means and deviations come of the exact sums of a survey
// (core/statistics/moments.ts), so that every device encodes alike, as if the rows had been pooled.
import type { Canonical } from '../canonical.ts';
import type { Moments } from '../exploration/number-summary.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Figures } from '../statistics/moments.ts';
import { listOf, quoted } from '../spoken-list.ts';
import type { FittedRecipe } from './fit.ts';
import type { Recipe, RecipeStep } from './recipe.ts';
import { roundedScale, scaleOfMoments } from './steps/scale.ts';

/**
 * `figures`: what a survey without noise, or with noise that leaves something of it, says of the columns; `rows`: of all devices, those
 * without a value too. As exact as the survey, whose sums are in steps of 2⁻³⁰ of the range that the contract gives a column. Numbers
 * alone, by cast, impute (mean) and scale (standard): other steps need rows, and are refused.
 */
export function fittedFromSurvey(
  recipe: Recipe,
  figures: Figures,
  rows: number,
): Result<FittedRecipe, string> {
  const known = new Map<string, Moments>();
  for (const { name, count, mean, standardDeviation } of figures.columns) {
    if (mean === null || standardDeviation === null)
      return fail(`The survey says nothing of ${quoted(name)}: no row has it, or the noise hides it.`);
    known.set(name, { count, mean, squares: standardDeviation ** 2 * count });
  }
  const states: Canonical[] = [];
  for (const [at, step] of recipe.steps.entries()) {
    const state = stateOf(step, known, rows);
    if (!state.ok) return fail(`Step ${at + 1} (${step.step}): ${state.error}`);
    states.push(state.value);
  }
  return ok({ recipe, states, inputs: figures.columns.map(({ name }) => name) });
}

/** `known` is as the step leaves it. */
function stateOf(
  { step, settings }: RecipeStep,
  known: Map<string, Moments>,
  rows: number,
): Result<Canonical, string> {
  const named = Array.isArray(settings['columns']) ? (settings['columns'] as readonly string[]) : undefined;
  const unknown = (named ?? []).filter((name) => !known.has(name));
  if (unknown.length > 0) return fail(`the survey did not ask about ${listOf(unknown.map(quoted))}.`);
  const columns = [...known].filter(([name]) => named?.includes(name) !== false);
  if (step === 'cast' && (settings['to'] === 'by-values' || settings['to'] === 'number'))
    return ok(columns.map(([name, { count }]) => ({ name, to: 'number', hadMissing: count < rows })));
  if (step === 'impute' && settings['method'] === 'mean' && settings['indicator'] === false) {
    // The mean in the place of what is missing moves no mean and adds no square; it thins the spread.
    for (const [name, moments] of columns) known.set(name, { ...moments, count: rows });
    return ok(columns.map(([name, { mean }]) => ({ name, fill: mean })));
  }
  if (step === 'scale' && settings['method'] === 'standard')
    return ok(
      columns.map(([name, moments]) => {
        const exact = scaleOfMoments(moments);
        return { name, ...(settings['rounded'] === true ? roundedScale(exact) : exact) };
      }),
    );
  return fail(
    'sums are not enough to fit it: cast to numbers, impute with the mean (without indicator) and standard scaling are what they are enough for.',
  );
}
