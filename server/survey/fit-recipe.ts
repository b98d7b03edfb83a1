// A recipe for all devices of a federation, fitted to what its newest survey about the rows said.
import type { DataContract } from '#lib/core/data/contract.ts';
import type { PinnedRecipe } from '#lib/core/federation.ts';
import { recipeText } from '#lib/core/recipe/recipe.ts';
import { pinFromFile, surveySource, usualShared } from '#lib/core/recipe/shared-recipe.ts';
import { tellsOfRows } from '#lib/core/statistics/usual-question.ts';
import type { SurveyView } from '#lib/protocol/survey-views.ts';

export const USUAL = 'usual';

/** `steps`: JSON, of the file `name`; or `usual`. Throws where they cannot be fitted, with what to do. */
export function fittedRecipe(
  steps: string,
  name: string,
  surveys: readonly SurveyView[],
  contract: DataContract,
): PinnedRecipe {
  if (contract.kind !== 'table')
    throw new Error('--recipe: a recipe prepares the columns of a table, and this federation takes none.');
  const survey = surveys.find(({ figures }) => tellsOfRows(figures));
  if (survey?.figures == null)
    throw new Error('--recipe: no survey about the rows was answered. Ask one first, with --about data.');
  const text = steps === USUAL ? recipeText(usualShared(contract)) : steps;
  const pinned = pinFromFile(text, name, contract, { figures: survey.figures, from: surveySource(survey) });
  if (!pinned.ok) throw new Error(`--recipe: ${pinned.error}`);
  return pinned.value;
}
