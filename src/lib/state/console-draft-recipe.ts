// A spec with a recipe, and the model made anew for what the recipe leaves.
import { unpreparedSums, type FederationSpec, type PinnedRecipe } from '#lib/core/federation.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { summedFamilyNamed } from '#lib/core/summed-models.ts';
import { modelTyped } from './console-draft-check.ts';
import { draftFrom } from './console-draft.ts';

/** Refused in a sentence where the model cannot take what the recipe makes. */
export function specWithRecipe(spec: FederationSpec, recipe: PinnedRecipe): Result<FederationSpec, string> {
  if (!('network' in spec)) return fail(unpreparedSums(summedFamilyNamed(spec.family)?.title ?? spec.family));
  const model = modelTyped({ ...draftFrom(spec), recipe });
  if (!model.ok) return fail(model.error.message);
  if (model.value.type !== 'network') throw new Error('A network stays one.');
  return ok({ ...spec, recipe, network: model.value.network.spec });
}
