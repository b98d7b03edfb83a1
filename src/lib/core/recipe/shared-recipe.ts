// A recipe that all devices are to share, on its way to being pinned: the usual one for a contract, and whatever a file holds, steps that
// a survey is to fit or a recipe that was fitted already.
import * as v from 'valibot';
import { exampleShape, type TableContract } from '../data/contract.ts';
import { PinnedRecipe, type FederationSpec } from '../federation.ts';
import { modelContract } from './model-contract.ts';
import { unpreparedSums } from './unprepared-sums.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Figures } from '../statistics/index.ts';
import type { Settings } from './fields.ts';
import { Json, readFitted, type RecipeProblem } from './fit.ts';
import { fittedFromSurvey, type FederatedFit } from './from-survey.ts';
import { jsonOf } from './json-of.ts';
import { openPinned, pinRecipe } from './pinned.ts';
import { readRecipe, usualStep, type Recipe } from './recipe.ts';
import { rowValuesIn } from './row-values.ts';

/** Numbers scaled, with a feature where they may be missing; categories told apart; times taken apart; terms of texts hashed. Of columns as the contract has them. */
export function usualShared({ columns }: TableContract): Recipe {
  const times: string[] = [];
  const numbers: string[] = [];
  const told: string[] = [];
  const texts: string[] = [];
  for (const column of columns) {
    if (column.type === 'category') told.push(column.name);
    else if (column.type === 'text') texts.push(column.name);
    else if (column.type === 'number') (column.reads === 'time' ? times : numbers).push(column.name);
  }
  const of = (names: readonly string[], step: string, settings: Settings = {}) =>
    names.length === 0 ? [] : [usualStep(step, { columns: names, ...settings })];
  return {
    steps: [
      ...of(times, 'dates', { cyclic: true }),
      ...of(texts, 'hashed-terms'),
      ...of(numbers, 'cast'),
      ...of(told, 'one-hot'),
      ...of(numbers, 'scale'),
      ...of(times.flatMap(partNames), 'scale', { method: 'min-max' }),
    ],
  };
}

/**
 * The same before anybody was asked: numbers within the ranges that the contract gives, and all buckets of texts alike. Devices learn by it
 * until a survey tells more.
 */
export const unaskedShared = (contract: TableContract): Recipe => ({
  steps: usualShared(contract).steps.map(({ step, settings }) =>
    step === 'scale'
      ? usualStep(step, { ...settings, method: 'min-max' })
      : step === 'hashed-terms'
        ? usualStep(step, { ...settings, idf: false })
        : { step, settings },
  ),
});

/** Nobody was asked. */
export const UNASKED: GivenFigures = { figures: [], from: 'the data contract alone' };

const partNames = (name: string): string[] =>
  ['year', 'month', 'day', 'weekday', 'hour'].map((part) => `${name} (${part})`);

export interface GivenFigures {
  readonly figures: readonly Figures[];
  /** "survey 2, the sum of 5 devices" */
  readonly from: string;
}

export interface PinnedFit extends Pick<FederatedFit, 'reports' | 'found'> {
  readonly pinned: PinnedRecipe;
}

/** "survey 2, the sum of 5 devices" */
export const surveySource = ({
  survey,
  devices,
  deviations,
}: {
  readonly survey: number;
  readonly devices: number | null;
  readonly deviations: readonly number[];
}): string =>
  `survey ${survey}, the ${deviations.some((one) => one > 0) ? 'noisy ' : ''}sum of ${devices ?? 0} devices`;

/** Fitted to what a survey said, and pinned. */
export function pinFromSurvey(
  recipe: Recipe,
  contract: TableContract,
  { figures, from }: GivenFigures,
): Result<PinnedFit, RecipeProblem> {
  const fit = fittedFromSurvey(recipe, contract, figures);
  if (!fit.ok) return fit;
  const { fitted, reports, found } = fit.value;
  const pinned = pinRecipe(fitted, contract, from);
  return pinned.ok
    ? ok({ pinned: pinned.value, reports, found })
    : fail({ step: null, message: pinned.error, reports, found });
}

/** The federation with the recipe: its network is the same from the first layer on, and takes what the recipe leaves. */
export function specWithRecipe(spec: FederationSpec, recipe: PinnedRecipe): Result<FederationSpec, string> {
  if (!('network' in spec)) return fail(unpreparedSums('Models of this kind'));
  const inputShape = exampleShape(modelContract({ contract: spec.contract, recipe }));
  return ok({ ...spec, recipe, network: { ...spec.network, inputShape } });
}

const ModelFile = v.looseObject({ format: v.literal('tributary-model'), preparation: Json });

/**
 * What a file holds: a recipe's steps, which `survey` fits; a fitted recipe; or a model of the workbench, whose recipe is taken. What was
 * fitted to somebody's rows is refused where it holds values of theirs. `name`: of the file.
 */
export function pinFromFile(
  text: string,
  name: string,
  contract: TableContract,
  survey: GivenFigures | undefined,
): Result<PinnedRecipe, string> {
  const given = jsonOf(text);
  if (given === undefined) return fail(`${name} holds no JSON.`);
  const steps = v.safeParse(v.looseObject({ format: v.literal('tributary-recipe') }), given);
  if (steps.success) {
    const recipe = readRecipe(given);
    if (!recipe.ok) return recipe;
    const fit = pinFromSurvey(recipe.value, contract, survey ?? UNASKED);
    if (fit.ok) return ok(fit.value.pinned);
    return fail(
      survey === undefined
        ? `${name} holds steps, and nothing that they learnt. Fit them from a survey, or take a model that was trained with them. ${fit.error.message}`
        : fit.error.message,
    );
  }
  // All devices of some federation have it already.
  const shared = v.safeParse(PinnedRecipe, given);
  if (shared.success) {
    const opened = openPinned(shared.output, contract);
    return opened.ok ? ok(shared.output) : opened;
  }
  const model = v.safeParse(ModelFile, given);
  const fitted = readFitted(model.success ? model.output.preparation : given);
  if (!fitted.ok)
    return fail(
      `${name} holds no recipe: neither steps, nor a fitted recipe, nor a model that rows are prepared for.`,
    );
  const held = rowValuesIn(fitted.value, contract);
  if (held !== undefined)
    return fail(`The recipe of ${name} would send values of somebody’s rows to all devices. ${held}`);
  return pinRecipe(fitted.value, contract, `the file ${name}`.slice(0, 200));
}
