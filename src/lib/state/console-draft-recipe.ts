// A spec with a recipe, and the model made anew for what the recipe leaves; and where a survey's recipe says that its figures come from.
import { unpreparedSums, type FederationSpec, type PinnedRecipe } from '#lib/core/federation.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { summedFamilyNamed } from '#lib/core/summed-models.ts';
import type { SurveyView } from '#lib/protocol/survey-views.ts';
import { modelTyped } from './console-draft-check.ts';
import { draftFrom } from './console-draft.ts';
import { counted } from './format.ts';

/** Refused in a sentence where the model cannot take what the recipe makes. */
export function specWithRecipe(spec: FederationSpec, recipe: PinnedRecipe): Result<FederationSpec, string> {
  if (!('network' in spec)) return fail(unpreparedSums(summedFamilyNamed(spec.family)?.title ?? spec.family));
  const model = modelTyped({ ...draftFrom(spec), recipe });
  if (!model.ok) return fail(model.error.message);
  if (model.value.type !== 'network') throw new Error('A network stays one.');
  return ok({ ...spec, recipe, network: model.value.network.spec });
}

/** "survey 2, the sum of 5 devices" */
export const recipeSource = ({ survey, devices, deviations }: SurveyView): string =>
  `survey ${survey}, the ${deviations.some((one) => one > 0) ? 'noisy ' : ''}sum of ${counted(devices ?? 0, 'device')}`;
