// The way back from each change of a recipe, and forward again.
import * as v from 'valibot';
import { fail, ok, type Result } from '../result.ts';
import { readRecipe, recipeDigest, recipeJson, usualRecipe, type Recipe } from './recipe.ts';

export interface RecipeHistory {
  readonly now: Recipe;
  /** The newest last. */
  readonly past: readonly Recipe[];
  /** Undone, the next to be done again last. */
  readonly undone: readonly Recipe[];
}

const MOST_KEPT = 50;

export const newHistory = (now: Recipe = usualRecipe): RecipeHistory => ({ now, past: [], undone: [] });

/** A change that changes nothing leaves no trace. */
export const changed = (history: RecipeHistory, now: Recipe): RecipeHistory =>
  recipeDigest(now) === recipeDigest(history.now)
    ? history
    : { now, past: [...history.past, history.now].slice(-MOST_KEPT), undone: [] };

export function undo({ now, past, undone }: RecipeHistory): RecipeHistory {
  const before = past.at(-1);
  return before === undefined
    ? { now, past, undone }
    : { now: before, past: past.slice(0, -1), undone: [...undone, now] };
}

export function redo({ now, past, undone }: RecipeHistory): RecipeHistory {
  const next = undone.at(-1);
  return next === undefined
    ? { now, past, undone }
    : { now: next, past: [...past, now], undone: undone.slice(0, -1) };
}

export const historyJson = ({ now, past, undone }: RecipeHistory) => ({
  now: recipeJson(now),
  past: past.map(recipeJson),
  undone: undone.map(recipeJson),
});

const Kept = v.strictObject({
  now: v.unknown(),
  past: v.pipe(v.array(v.unknown()), v.maxLength(2 * MOST_KEPT)),
  undone: v.pipe(v.array(v.unknown()), v.maxLength(2 * MOST_KEPT)),
});

/** Of what was kept by `historyJson`. Refused where a later version has kept it. */
export function readHistory(given: unknown): Result<RecipeHistory, string> {
  const parsed = v.safeParse(Kept, given);
  if (!parsed.success) return fail('The recipe that is kept here cannot be read.');
  const now = readRecipe(parsed.output.now);
  if (!now.ok) return now;
  const past: Recipe[] = [];
  const undone: Recipe[] = [];
  for (const [from, into] of [
    [parsed.output.past, past],
    [parsed.output.undone, undone],
  ] as const)
    for (const one of from) {
      const read = readRecipe(one);
      if (!read.ok) return read;
      into.push(read.value);
    }
  return ok({ now: now.value, past, undone });
}
