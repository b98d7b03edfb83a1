// The recipe that the devices of a simulation share: fitted to the sums over the rows of those that train, as a survey without noise tells
// them.
import * as v from 'valibot';
import type { TableContract } from '#lib/core/data/contract.ts';
import { selectExamples, type Examples } from '#lib/core/data/examples.ts';
import type { FederationSpec, PinnedRecipe } from '#lib/core/federation.ts';
import { VersionNumber } from '#lib/core/ids.ts';
import type { Hashing } from '#lib/core/recipe/hashed-terms.ts';
import { hashingOf } from '#lib/core/recipe/hashing-asked.ts';
import { jsonOf } from '#lib/core/recipe/json-of.ts';
import { readRecipe, recipeJson, recipeText } from '#lib/core/recipe/recipe.ts';
import { pinFromFile, usualShared, type GivenFigures } from '#lib/core/recipe/shared-recipe.ts';
import type { Figures } from '#lib/core/statistics/index.ts';
import { layoutOf, measureSurvey, readSurvey } from '#lib/core/statistics/survey.ts';
import { questionOf } from '#lib/core/statistics/usual-question.ts';
import { preparing } from '#lib/participant/prepared-rows.ts';
import type { SimulationData } from './data.ts';
import { UnusableSetup, type SimulationSetup } from './setup.ts';

export const USUAL = 'usual';

/** `learning`: the rows of each device that trains. undefined: rows are as the contract encodes them. Throws UnusableSetup. */
export function sharedRecipe(
  { recipe }: Pick<SimulationSetup, 'recipe'>,
  { contract, training }: Pick<SimulationData, 'contract' | 'training'>,
  learning: readonly Uint32Array[],
): PinnedRecipe | undefined {
  if (recipe === undefined) return undefined;
  if (contract.kind !== 'table')
    throw new UnusableSetup('--recipe: a recipe prepares the columns of a table, and --data is none.');
  const steps = readRecipe(recipe === USUAL ? null : jsonOf(recipe));
  const hashing = steps.ok ? hashingOf(recipeJson(steps.value)) : undefined;
  const survey: GivenFigures = {
    figures: figuresOf(contract, selectExamples(training, rowsOf(learning)), hashing),
    from: `sums over the rows of ${learning.length} simulated devices`,
  };
  const text = recipe === USUAL ? recipeText(usualShared(contract)) : recipe;
  const pinned = pinFromFile(text, 'the file', contract, survey);
  if (!pinned.ok) throw new UnusableSetup(`--recipe: ${pinned.error}`);
  return pinned.value;
}

/** Ascending: sums of floats go by their order. */
const rowsOf = (learning: readonly Uint32Array[]): Uint32Array =>
  Uint32Array.from(learning.flatMap((rows) => Array.from(rows))).sort();

function figuresOf(
  contract: TableContract,
  { count, features, targets, texts }: Examples,
  hashing: Hashing | undefined,
): readonly Figures[] {
  // About rows alone: no version is asked about.
  const question = questionOf('data', contract, { version: v.parse(VersionNumber, 0), column: '', hashing });
  const layout = layoutOf(question, contract);
  if (!(features instanceof Float32Array)) throw new Error('Rows of a table are numbers.');
  const values = measureSurvey(
    layout,
    [{ contract, count, features, targets, ...(texts === undefined ? {} : { texts }) }],
    undefined,
  );
  return readSurvey(layout, contract, { values, devices: 1, deviations: [] });
}

/** The rows as the model takes them. */
export function preparedData(
  spec: Pick<FederationSpec, 'contract' | 'recipe'>,
  data: SimulationData,
): Pick<SimulationData, 'training' | 'test'> {
  if (spec.recipe === undefined) return data;
  const opened = preparing(spec, spec.recipe);
  if (!opened.ok) throw new Error(opened.error);
  const { rows } = opened.value;
  // Their texts have become features, and need not go to every thread.
  const prepared = ({ texts: _, ...given }: Examples): Examples => given;
  return { training: prepared(rows(data.training)), test: prepared(rows(data.test)) };
}
