// Steps that could be added to a recipe, as the rows to learn from suggest them: logarithms of what is skewed, bins through which a line
// can bend, pairs of categories. Which of them helps, recipe-search.ts finds out.
import type { TableContract } from '../../core/data/contract.ts';
import type { Examples } from '../../core/data/examples.ts';
import { quantile } from '../../core/metrics/quantile.ts';
import { placeFor } from '../../core/recipe/place-for.ts';
import { usualStep, type Recipe, type RecipeStep } from '../../core/recipe/recipe.ts';
import { innerEdges } from '../../core/recipe/steps/bin.ts';
import { listOf, quoted } from '../../core/spoken-list.ts';
import { decodedInputs } from '../../modalities/table/decoded-columns.ts';

export interface FurtherStep {
  /** As a phrase that begins a sentence. */
  readonly title: string;
  readonly steps: readonly RecipeStep[];
}

/** |skewness| above which a logarithm is worth a try: that of an exponential distribution is 2. */
const SKEWED = 2;
/** Fewer different numbers are as good as bins already. */
const FEWEST_VALUES = 12;
const BINS = 5;
const MOST_BINNED = 40;
const MOST_CATEGORIES = 12;
const MOST_CROSSED = 3;
const NAMED = 4;

/** Of columns that the recipe leaves; none where it makes terms of texts, of which a line is best as it is. */
export function furtherSteps(contract: TableContract, training: Examples): readonly FurtherStep[] {
  if (contract.columns.some(({ type }) => type === 'terms' || type === 'text')) return [];
  const { columns } = decodedInputs(contract, training);
  const numbers = columns.flatMap((column) => (column.type === 'number' ? [column] : []));
  const skewed = numbers
    .filter(({ values }) => Math.abs(skewnessOf(values)) > SKEWED)
    .map(({ name }) => name);
  const binned = numbers
    .filter(({ values }) => new Set(values).size > FEWEST_VALUES && hasBins(values))
    .map(({ name }) => name);
  const crossed = columns
    .flatMap((column) =>
      column.type === 'category' && column.labels.length <= MOST_CATEGORIES ? [column] : [],
    )
    .toSorted((a, b) => a.labels.length - b.labels.length)
    .slice(0, MOST_CROSSED)
    .map(({ name }) => name);
  const pairs = crossed.flatMap((one, at) => crossed.slice(at + 1).map((other) => [one, other]));
  const named = (names: readonly string[]): string => listOf(names.map(quoted), NAMED);
  return [
    ...(skewed.length === 0
      ? []
      : [{ title: `Logarithms of ${named(skewed)}`, steps: [usualStep('log', { columns: skewed })] }]),
    ...(binned.length === 0 || binned.length > MOST_BINNED
      ? []
      : [
          {
            title: `Bins of ${named(binned)} beside the numbers`,
            steps: [usualStep('bin', { columns: binned, bins: BINS, keep: true })],
          },
        ]),
    ...(pairs.length === 0
      ? []
      : [
          {
            title: `Pairs of ${named(crossed)}`,
            steps: pairs.map((columns) => usualStep('cross', { columns })),
          },
        ]),
  ];
}

/** Whether its quantiles leave an edge: of a column that is nearly all zeros they do not. */
function hasBins(values: Float64Array): boolean {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return innerEdges(Array.from({ length: BINS + 1 }, (_, at) => quantile(sorted, at / BINS))).length > 0;
}

/** Each step where it usually belongs. */
export const withSteps = ({ steps }: Recipe, further: readonly RecipeStep[]): Recipe => ({
  steps: further.reduce(
    (all: readonly RecipeStep[], step) => all.toSpliced(placeFor(all, step.step), 0, step),
    steps,
  ),
});

/** The third standardised moment, g1 (Joanes & Gill 1998), of what is not missing; 0 where all are alike. */
export function skewnessOf(values: Float64Array): number {
  const known = values.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  let [squares, cubes] = [0, 0];
  for (const value of known) {
    squares += (value - mean) ** 2;
    cubes += (value - mean) ** 3;
  }
  return squares > 0 ? cubes / known.length / (squares / known.length) ** 1.5 : 0;
}
