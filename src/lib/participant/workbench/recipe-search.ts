// Which preparation suits the rows, asked before models are searched through: the recipe as it is, or with a further step, each judged by
// two quick models on rows to learn from alone, in the same parts. A step is taken where the better of the two errs less by more than
// twice the standard error of the difference, row by row: what is no better than luck leaves the recipe as it is. What is taken follows
// from the rows and the seed, and never from the clock.
import { classLabels, exampleShape } from '../../core/data/contract.ts';
import type { Examples } from '../../core/data/examples.ts';
import type { OptionValues } from '../../core/named-options.ts';
import type { Digest } from '../../core/ids.ts';
import { recipeDigest, recipeJson, type Recipe } from '../../core/recipe/recipe.ts';
import type { BenchData, SomeRows } from './bench-data.ts';
import type { FitSurroundings } from './fit.ts';
import { furtherSteps, withSteps, type FurtherStep } from './further-steps.ts';
import { benchModelNamed, chosenWith } from './models.ts';
import { partsOf, tryOut } from './try-out.ts';

/** One preparation that was tried; all of it can be written down. */
export interface RecipeTried {
  /** As a phrase that begins a sentence. */
  readonly title: string;
  readonly recipe: Digest;
  /** The quick model that did better with it, and its loss: the share of wrong answers, or RMSE, on rows not learnt from. */
  readonly model: string;
  readonly loss: number;
  readonly isTaken: boolean;
  /** Why, in a sentence. */
  readonly reason: string;
}

export interface RecipeFound {
  /** Prepared by what was taken. */
  readonly data: BenchData;
  /** The first is the recipe as it is. Empty where there was nothing to try. */
  readonly tried: readonly RecipeTried[];
}

/** As a manifest keeps it: nothing where the recipe was left as it was. */
export const recipeTaken = (
  { preparation }: BenchData,
  { recipes = [] }: { readonly recipes?: readonly RecipeTried[] | undefined },
) =>
  preparation !== undefined && recipes.slice(1).some(({ isTaken }) => isTaken)
    ? { recipe: recipeJson(preparation.fitted.recipe) }
    : {};

/** Rows that are asked at most: so many are judged in five parts, in seconds; and the numbers that they are encoded as. */
const MOST_ROWS = 3000;
const FEWEST_ROWS = 500;
const MOST_CELLS = 300_000;
/** Trees are grown for each class; beyond so many a line alone is asked. */
const MOST_CLASSES = 6;
/** One step on top of another, at most. */
const ROUNDS = 2;
/** Differences beyond so many standard errors of theirs are no luck. */
const SURE = 2;
/** A line, and trees that bend by themselves; both within a second or so. */
const LINES: Quick = [
  ['linear', {}],
  ['logistic', {}],
];
const WITH_TREES: Quick = [...LINES, ['boosted-trees', { stages: 30 }]];
type Quick = readonly (readonly [string, OptionValues])[];

/** Rejects with the signal's reason. `tell`: what came of each preparation; `onProgress`: the share that is done. */
export async function searchRecipe(
  data: BenchData,
  seed: number,
  surroundings: FitSurroundings,
  tell: (tried: RecipeTried) => void,
  onProgress: (share: number) => void = () => {},
): Promise<RecipeFound> {
  const { preparation } = data;
  const none = { data, tried: [] };
  if (preparation === undefined || data.someBy === undefined || data.preparedBy === undefined) return none;
  const { recipe } = preparation.fitted;
  const width = exampleShape(data.contract).reduce((size, side) => size * side, 1);
  const most = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, Math.floor(MOST_CELLS / width)));
  const asItIs = data.someBy(recipe, most);
  if (!asItIs.ok) return none;
  let left = furtherSteps(asItIs.value.contract, asItIs.value.rows);
  if (left.length === 0) return none;
  const ask = async (title: string, wanted: Recipe): Promise<JudgedRecipe | undefined> => {
    // To prepare rows is one piece of work.
    await surroundings.clock.tick();
    surroundings.signal?.throwIfAborted();
    const some = data.someBy?.(wanted, most);
    // A step that these rows do not bear is none to take.
    return some?.ok === true
      ? judged({ title, recipe: wanted, some: some.value }, seed, surroundings)
      : undefined;
  };
  const steps = 1 + left.length + (left.length - 1);
  let done = 0;
  const progressed = (): void => onProgress(Math.min(1, (done += 1) / steps));
  let best = await ask('As usual', recipe);
  progressed();
  if (best === undefined) return none;
  const tried: RecipeTried[] = [];
  const say = (one: RecipeTried): void => {
    tried.push(one);
    tell(one);
  };
  say(told(best, true, 'What the others are held against.'));
  for (let round = 0; round < ROUNDS && left.length > 0; round += 1) {
    const before: JudgedRecipe = best;
    const others: Asked[] = [];
    for (const further of left) {
      const other = await ask(further.title, withSteps(before.recipe, further.steps));
      if (other !== undefined) others.push({ further, other, gain: gainOver(before, other) });
      progressed();
    }
    const first = others.toSorted((a, b) => b.gain.mean - a.gain.mean)[0];
    const isTaken = first !== undefined && first.gain.mean > SURE * first.gain.standardError;
    for (const { further, other, gain } of others)
      if (round === 0 || further === first?.further) {
        const isIt = isTaken && further === first.further;
        say(told(other, isIt, reasonOf(gain, isIt)));
      }
    if (!isTaken) break;
    best = first.other;
    left = left.filter((one) => one !== first.further);
  }
  onProgress(1);
  if (best.recipe === recipe) return { data, tried };
  const prepared = data.preparedBy(best.recipe);
  if (prepared.ok) return { data: prepared.value, tried };
  // What some rows bear, all of them may not: too large, or a category with too many kinds.
  return {
    data,
    tried: tried.map((one, at) => (at === 0 ? one : { ...one, isTaken: false, reason: prepared.error })),
  };
}

interface PreparedSome {
  readonly title: string;
  readonly recipe: Recipe;
  readonly some: SomeRows;
}
interface JudgedRecipe extends Omit<PreparedSome, 'some'> {
  readonly model: string;
  readonly loss: number;
  /** By row, in the order of the parts. */
  readonly errors: Float64Array;
}
interface Asked {
  readonly further: FurtherStep;
  readonly other: JudgedRecipe;
  readonly gain: Gain;
}

/** By the quick model that does better; undefined where none can be fitted. */
async function judged(
  { title, recipe, some: { contract, rows, together } }: PreparedSome,
  seed: number,
  surroundings: FitSurroundings,
): Promise<JudgedRecipe | undefined> {
  const parts = partsOf(rows, together);
  const quick = (classLabels(contract)?.length ?? 1) > MOST_CLASSES ? LINES : WITH_TREES;
  let best: JudgedRecipe | undefined;
  for (const [name, given] of quick) {
    const model = benchModelNamed(name);
    if (model === undefined || model.unsuited(contract) !== undefined) continue;
    const { options } = chosenWith(model, given);
    const task = { contract, rows, parts, seed, deadline: null };
    const tried = await tryOut(model, { model: name, options, share: 1 }, task, surroundings);
    const loss = tried?.trial.loss ?? null;
    if (tried === undefined || loss === null) continue;
    const judging = parts.map((part) => part.judging);
    const errors = errorsOf(rows, judging, tried.outputs);
    if (best === undefined || meanOf(errors) < meanOf(best.errors))
      best = { title, recipe, model: model.title, loss, errors };
  }
  return best;
}

/**
 * Of classes the Brier score of each row (Brier 1950): half of the squares of how far its shares are off. Of numbers how far off, and not
 * its square: of what grows by its order a few rows would be all that counts.
 */
function errorsOf(
  { targets }: Examples,
  judging: readonly Uint32Array[],
  outputs: readonly Float64Array[],
): Float64Array {
  const errors: number[] = [];
  for (const [part, rows] of judging.entries()) {
    const said = outputs[part]!;
    const width = said.length / rows.length;
    for (const [at, row] of rows.entries())
      errors.push(
        targets instanceof Int32Array
          ? brier(said.subarray(at * width, (at + 1) * width), targets[row]!)
          : Math.abs(said[at]! - targets[row]!),
      );
  }
  return Float64Array.from(errors);
}

const brier = (shares: Float64Array, target: number): number =>
  shares.reduce((sum, share, output) => sum + (share - Number(output === target)) ** 2, 0) / 2;

interface Gain {
  readonly mean: number;
  readonly standardError: number;
}

/** Of the same rows: a recipe adds columns, and leaves the rows and their parts as they are. */
function gainOver({ errors: before }: JudgedRecipe, { errors }: JudgedRecipe): Gain {
  const gains = errors.map((error, row) => before[row]! - error);
  const mean = meanOf(gains);
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / Math.max(1, gains.length - 1);
  return { mean, standardError: Math.sqrt(variance / gains.length) };
}

const meanOf = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const told = (
  { title, recipe, model, loss }: JudgedRecipe,
  isTaken: boolean,
  reason: string,
): RecipeTried => ({
  title,
  recipe: recipeDigest(recipe),
  model,
  loss,
  isTaken,
  reason,
});

function reasonOf({ mean, standardError }: Gain, isTaken: boolean): string {
  if (isTaken) return 'Better by more than two standard errors.';
  if (mean > SURE * standardError) return 'Better too, but another one helped more.';
  return mean > 0 ? 'Better by less than two standard errors: that may be luck.' : 'No better.';
}
