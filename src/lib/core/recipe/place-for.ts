// Where a step stands among others.
import type { RecipeStep } from './recipe.ts';
import { steps } from './steps/index.ts';

/** Where a new step usually belongs: before the first that is usually done after it. */
export function placeFor(recipe: readonly RecipeStep[], name: string): number {
  const rank = (one: string): number => steps.findIndex((step) => step.name === one);
  const at = recipe.findIndex(({ step }) => rank(step) > rank(name));
  return at < 0 ? recipe.length : at;
}
