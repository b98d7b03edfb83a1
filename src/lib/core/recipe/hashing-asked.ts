// By which hashing a survey has to ask about texts, so that its figures fit the steps that are to learn of them.
import * as v from 'valibot';
import type { PinnedRecipe } from '../federation.ts';
import type { Hashing } from './hashed-terms.ts';
import { jsonOf } from './json-of.ts';

const HashedTerms = v.object({
  step: v.literal('hashed-terms'),
  of: v.picklist(['words', 'letters']),
  longest: v.number(),
  buckets: v.number(),
});
const Steps = v.object({ steps: v.array(v.unknown()) });

/** Of the first step that hashes terms, in a recipe's JSON with all settings written out; undefined: there is none. */
export function hashingOf(recipe: unknown): Hashing | undefined {
  const read = v.safeParse(Steps, recipe);
  for (const step of read.success ? read.output.steps : []) {
    const hashed = v.safeParse(HashedTerms, step);
    if (!hashed.success) continue;
    const { of, longest, buckets } = hashed.output;
    return { of, longest, buckets };
  }
  return undefined;
}

/** Of the recipe that a federation has. */
export function hashingOfPinned(pinned: Pick<PinnedRecipe, 'text'> | undefined): Hashing | undefined {
  const fitted = v.safeParse(
    v.object({ recipe: v.unknown() }),
    pinned === undefined ? undefined : jsonOf(pinned.text),
  );
  return fitted.success ? hashingOf(fitted.output.recipe) : undefined;
}
