// A recipe: what is done to a table before a model sees it, as steps in order, as JSON that says its version. It is known by the digest
// of its canonical text, in which every setting stands, so that what is left out and what is written out are the same recipe.
import * as v from 'valibot';
import { canonicalText, type Canonical } from '../canonical.ts';
import { digestOfText } from '../digest.ts';
import type { Digest } from '../ids.ts';
import { fail, ok, type Result } from '../result.ts';
import { listOf, quoted } from '../spoken-list.ts';
import { wantedBy, type Settings } from './fields.ts';
import type { SettingProblem, Step } from './step.ts';
import { stepNamed, steps } from './steps/index.ts';

export interface RecipeStep {
  readonly step: string;
  /** All of the step's, with those that were left out. */
  readonly settings: Settings;
}

export interface Recipe {
  readonly steps: readonly RecipeStep[];
}

export const RECIPE_FORMAT = 'tributary-recipe';
export const RECIPE_VERSION = 1;
export const MOST_STEPS = 100;

const Envelope = v.object({
  format: v.literal(RECIPE_FORMAT),
  version: v.number(),
  steps: v.array(v.unknown()),
});

/** Reads what JSON.parse gave; refused in a sentence that names the step and says what to do. */
export function readRecipe(given: unknown): Result<Recipe, string> {
  const parsed = v.safeParse(Envelope, given);
  if (!parsed.success)
    return fail(
      `This is no recipe. It begins as {"format":"${RECIPE_FORMAT}","version":${RECIPE_VERSION},"steps":[…]}.`,
    );
  const { version, steps: all } = parsed.output;
  if (version !== RECIPE_VERSION)
    return fail(
      `This recipe is of version ${version}, and this program reads version ${RECIPE_VERSION}. Use the program that wrote it.`,
    );
  if (all.length > MOST_STEPS)
    return fail(`This recipe has ${all.length} steps; ${MOST_STEPS} are the most. Leave some out.`);
  const read: RecipeStep[] = [];
  for (const [at, one] of all.entries()) {
    const step = readStep(one);
    if (!step.ok) return fail(`Step ${at + 1}${step.error}`);
    read.push(step.value);
  }
  return ok({ steps: read });
}

/** The rest of a sentence that begins with the step's number. */
function readStep(given: unknown): Result<RecipeStep, string> {
  const parsed = v.safeParse(v.looseObject({ step: v.string() }), given);
  if (!parsed.success)
    return fail(` has no name. Write it as {"step":"impute","columns":["age"],"method":"median"}.`);
  const { step: name, ...settings } = parsed.output;
  const step = stepNamed(name);
  if (step === undefined)
    return fail(`: there is no step ${quoted(name)}. Use one of ${steps.map((one) => one.name).join(', ')}.`);
  const read = step.readSettings(settings);
  return read.ok
    ? ok({ step: name, settings: read.value })
    : fail(` (${name}): ${problemSentence(step, read.error, settings)}`);
}

function problemSentence(
  step: Step,
  { setting, isUnknown, message }: SettingProblem,
  given: Readonly<Record<string, unknown>>,
): string {
  if (setting === undefined) return message ?? 'its settings cannot be read.';
  const names = Object.keys(step.fields);
  if (isUnknown)
    return `it has no setting ${quoted(setting)}. ${
      names.length === 0 ? 'It has none.' : `It has ${listOf(names, 10)}.`
    }`;
  const field = step.fields[setting];
  const got = given[setting];
  return `${quoted(setting)} needs ${field === undefined ? 'another value' : wantedBy(field)}, but ${
    got === undefined ? 'it is left out' : `got ${JSON.stringify(got).slice(0, 60)}`
  }.`;
}

/** As it stands in a file, all settings written out. */
export const recipeJson = ({ steps: all }: Recipe) => ({
  format: RECIPE_FORMAT,
  version: RECIPE_VERSION,
  steps: all.map(({ step, settings }) => ({ step, ...settings })),
});

/** A line a step. */
export const recipeText = (recipe: Recipe): string =>
  `{"format":"${RECIPE_FORMAT}","version":${RECIPE_VERSION},"steps":[${recipeJson(recipe)
    .steps.map((one) => `\n ${JSON.stringify(one)}`)
    .join(',')}\n]}`;

const digestOfJson = (value: Canonical): Digest => digestOfText(canonicalText(value));

/** What the recipe is known by: the same steps with the same settings, and no others. */
export const recipeDigest = (recipe: Recipe): Digest => digestOfJson(recipeJson(recipe));

const usual = (step: Step, given: Settings = {}): RecipeStep => {
  const settings = step.readSettings(given);
  if (!settings.ok) throw new Error(`“${step.name}” has no such settings: ${JSON.stringify(settings.error)}`);
  return { step: step.name, settings: settings.value };
};

/** A step with its usual settings; throws where it has none such. */
export function usualStep(name: string, given: Settings = {}): RecipeStep {
  const step = stepNamed(name);
  if (step === undefined) throw new Error(`There is no step “${name}”.`);
  return usual(step, given);
}

/**
 * What is done where nobody says otherwise: dates taken apart, prose as the terms that it holds, numbers told from texts, what teaches nothing left out, texts and
 * codes as categories, numbers scaled. Missing numbers stay missing: the encoding gives them the mean and says so in a feature of its own.
 */
export const usualRecipe: Recipe = {
  steps: [
    usualStep('dates'),
    usualStep('terms'),
    usualStep('cast'),
    usualStep('drop-useless'),
    usualStep('one-hot'),
    usualStep('scale', { rounded: true }),
  ],
};
