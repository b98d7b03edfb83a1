// What a search may try of each model: the settings that matter, within the bounds that make sense, or what a person wrote instead. A
// model without a line is tried with its usual settings alone.
import * as v from 'valibot';
import type { NumberOption } from '../../core/named-options.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { Dimension, Space } from '../../core/search/space.ts';
import { listOf, quoted } from '../../core/spoken-list.ts';

const dimension = (
  name: string,
  [minimum, maximum]: readonly [number, number],
  scale: Dimension['scale'],
  isWhole = false,
): Dimension => ({ name, minimum, maximum, scale, isWhole });

const spaces: Readonly<Record<string, Space>> = {
  linear: [dimension('lambda', [1e-3, 1e3], 'log')],
  logistic: [dimension('lambda', [1e-3, 1e3], 'log')],
  'k-nn': [dimension('k', [1, 100], 'log', true)],
  tree: [dimension('depth', [2, 12], 'linear', true), dimension('leaf', [1, 50], 'log', true)],
  forest: [
    dimension('depth', [4, 24], 'linear', true),
    dimension('leaf', [1, 20], 'log', true),
    dimension('share', [0.1, 1], 'linear'),
  ],
  'boosted-trees': [
    dimension('stages', [30, 400], 'log', true),
    dimension('depth', [2, 8], 'linear', true),
    dimension('rate', [0.02, 0.3], 'log'),
    dimension('lambda', [0.1, 20], 'log'),
    dimension('child', [0.5, 20], 'log'),
  ],
  mlp: [
    dimension('units', [16, 256], 'log', true),
    dimension('layers', [1, 3], 'linear', true),
    dimension('dropout', [0, 0.5], 'linear'),
    dimension('rate', [3e-4, 1e-2], 'log'),
    dimension('epochs', [5, 60], 'log', true),
  ],
  softmax: [dimension('rate', [1e-4, 1e-2], 'log'), dimension('epochs', [2, 10], 'log', true)],
  cnn: [dimension('rate', [3e-4, 3e-3], 'log'), dimension('epochs', [1, 5], 'linear', true)],
  'cnn-small': [
    dimension('channels', [8, 32], 'log', true),
    dimension('dropout', [0, 0.5], 'linear'),
    dimension('rate', [3e-4, 3e-3], 'log'),
    dimension('epochs', [5, 30], 'log', true),
  ],
};

/** As usual. */
export const spaceOf = (model: string): Space => spaces[model] ?? [];

/**
 * Of a search, as it stands in a file or a form: the models that are tried, each with the settings that are varied and the bounds of
 * each, both inclusive. What is not named stays as usual.
 */
export const SearchSpace = v.record(
  v.string(),
  v.record(v.string(), v.tuple([v.pipe(v.number(), v.finite()), v.pipe(v.number(), v.finite())])),
);
export type SearchSpace = v.InferOutput<typeof SearchSpace>;

interface Searched {
  readonly name: string;
  readonly title: string;
  readonly options: readonly NumberOption[];
}

/** By the name of each model that is tried. Refused in a sentence that names the model, the setting and what was expected. */
export function readSpace(
  given: SearchSpace,
  models: readonly Searched[],
): Result<ReadonlyMap<string, Space>, string> {
  const read = new Map<string, Space>();
  for (const [name, bounds] of Object.entries(given)) {
    const model = models.find((one) => one.name === name);
    if (model === undefined)
      return fail(
        `There is no model ${quoted(name)} to search through. Name one of ${models.map((one) => one.name).join(', ')}.`,
      );
    const space: Dimension[] = [];
    for (const [setting, [minimum, maximum]] of Object.entries(bounds)) {
      const option = model.options.find((one) => one.name === setting);
      if (option === undefined)
        return fail(
          `${model.title} has no setting ${quoted(setting)}. ${model.options.length === 0 ? 'It has none.' : `It has ${listOf(model.options.map((one) => one.name))}.`}`,
        );
      const problem = boundsProblem(option, minimum, maximum);
      if (problem !== undefined) return fail(`${model.title}, ${option.title}: ${problem}`);
      space.push(dimensionOf(name, option, minimum, maximum));
    }
    read.set(name, space);
  }
  if (read.size === 0) return fail('No model is left to search through: choose one at least.');
  return ok(read);
}

/** Why a search cannot go through it, in a sentence; undefined: it can. */
export function spaceProblem(given: SearchSpace, models: readonly Searched[]): string | undefined {
  const read = readSpace(given, models);
  return read.ok ? undefined : `What is tried: ${read.error}`;
}

/** Why a setting cannot be varied between these; undefined where it can. */
export function boundsProblem(option: NumberOption, minimum: number, maximum: number): string | undefined {
  const isWhole = option.isWhole === true;
  const kind = isWhole ? 'whole numbers' : 'numbers';
  if (!(minimum >= option.minimum && maximum <= option.maximum && minimum <= maximum))
    return `it is varied between two ${kind} from ${option.minimum} to ${option.maximum}, the smaller first, and not from ${minimum} to ${maximum}.`;
  return isWhole && !(Number.isInteger(minimum) && Number.isInteger(maximum))
    ? `it takes whole numbers, and not ${minimum} to ${maximum}.`
    : undefined;
}

/** Settings over more than one order of magnitude are alike by their ratio, unless it is known better. */
const RATIO_OF_LOG = 10;

function dimensionOf(model: string, option: NumberOption, minimum: number, maximum: number): Dimension {
  const usual = spaceOf(model).find((one) => one.name === option.name);
  const isLog = usual === undefined ? maximum / minimum >= RATIO_OF_LOG : usual.scale === 'log';
  return {
    name: option.name,
    minimum,
    maximum,
    scale: isLog && minimum > 0 ? 'log' : 'linear',
    isWhole: option.isWhole === true,
  };
}

/** The usual value of each setting, or where it is varied elsewhere the nearest of those. */
export const withinSpace = (
  space: Space,
  options: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> => ({
  ...options,
  ...Object.fromEntries(
    space.flatMap(({ name, minimum, maximum }) => {
      const usual = options[name];
      return usual === undefined ? [] : [[name, Math.min(maximum, Math.max(minimum, usual))]];
    }),
  ),
});
