// Whether a recipe that somebody fitted to rows of his own may go to others: only where nothing that it learnt is a value of a single row.
// Means and deviations are of many; a smallest value, a quantile, a word is somebody's.
import * as v from 'valibot';
import { categoryOf, categorySpellings, numericSpelling } from '../data/cell-category.ts';
import type { TableContract } from '../data/contract.ts';
import { quoted } from '../spoken-list.ts';
import type { FittedRecipe } from './fit.ts';
import type { RecipeStep } from './recipe.ts';
import { OneHotState } from './steps/one-hot.ts';

/** What stands in the way, in a sentence that names the step and says what to do; undefined: nothing. */
export function rowValuesIn({ recipe, states }: FittedRecipe, contract: TableContract): string | undefined {
  for (const [at, step] of recipe.steps.entries()) {
    const held = heldBy(step, states[at], contract);
    if (held !== undefined) return `Step ${at + 1} (${step.step}) ${held}`;
  }
  return undefined;
}

function heldBy(
  { step, settings }: RecipeStep,
  state: unknown,
  { columns }: TableContract,
): string | undefined {
  switch (step) {
    case 'terms':
    case 'words':
    case 'tf-idf':
      return 'holds words of single rows. Use hash-text, which learns nothing.';
    case 'impute':
      return settings['method'] === 'median' || settings['method'] === 'most-frequent'
        ? 'may hold the value of a single row. Fill in the mean or a constant.'
        : undefined;
    case 'clip':
      return settings['by'] === 'values'
        ? undefined
        : 'holds values of single rows. Clip to values of your own.';
    case 'bin':
      return settings['by'] === 'edges' ? undefined : 'holds values of single rows. Give edges of your own.';
    case 'scale':
      return settings['method'] === 'standard'
        ? undefined
        : 'holds values of single rows. Use standard, or fit it from a survey.';
    case 'one-hot':
      return heldByCategories(state, columns);
    default:
      return undefined;
  }
}

function heldByCategories(state: unknown, columns: TableContract['columns']): string | undefined {
  const read = v.safeParse(OneHotState, state);
  for (const { name, labels, other } of read.success ? read.output : []) {
    const column = columns.find((one) => one.name === name);
    const own = labels.filter((_, place) => place !== other);
    // Of bins and of crossed columns, the steps that made them tell.
    if (column?.type === 'number' && own.every((label) => numericSpelling(label) !== undefined))
      return `holds the numbers that rows have in ${quoted(name)}. Bin them at edges of your own, or scale them.`;
    if (column?.type !== 'category') continue;
    const spellings = categorySpellings(column.categories.map((label) => [label]));
    const strange = own.find((label) => categoryOf(spellings, label) < 0);
    if (strange !== undefined)
      return `holds ${quoted(strange)}, which is no category of ${quoted(name)} in the contract. Fit it from a survey.`;
  }
  return undefined;
}
