// What a person asks of a model once it has a figure: which columns it leans on, where it does worst, how it treats groups of people, and
// which labels look wrong. On held-out rows; cells and rows stay on the device.
import type { Balance } from '../../core/balance/balances.ts';
import { selectExamples, type Examples } from '../../core/data/examples.ts';
import { clearOf, foldsOf } from '../../core/data/row-split.ts';
import { worstSlices, type Condition, type Slice } from '../../core/error-analysis/slices.ts';
import { suspectLabels } from '../../core/error-analysis/suspect-labels.ts';
import { columnPlaces, type ColumnPlace } from '../../core/explanation/black-box.ts';
import { termsFor } from '../../core/explanation/line-effects.ts';
import type { WordEffect } from '../../core/explanation/words-by-lime.ts';
import { hasTerms } from '../../core/learners/sparse-rows.ts';
import { linesOf } from './explain.ts';
import { dependence, permutationImportance, type Importance } from '../../core/explanation/importance.ts';
import { classLabels, type TableColumn, type TableContract } from '../../core/data/contract.ts';
import { spokenNumber } from '../../core/data/spoken-number.ts';
import { quantile } from '../../core/metrics/quantile.ts';
import { predictedClass } from '../../core/metrics/class-scores.ts';
import { groupFairness, type GroupFairness } from '../../core/metrics/group-fairness.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { BenchData } from './bench-data.ts';
import { fitModel, predictAndClose, type Fitted, type FitSurroundings } from './fit.ts';
import { meritOfOutputs } from './judge.ts';
import type { ChosenModel } from './models.ts';

export interface Analysis {
  /** What accuracy (or −RMSE) loses where a column is shuffled, highest first; empty for pictures. */
  readonly importance: readonly Importance[];
  /** How the answer moves with the columns that it leans on most: the share of the last class, or the number in its own units. */
  readonly dependence: readonly ShownDependence[];
  /** Worst first, without their rows; empty for pictures, or where none is worse by more than luck. */
  readonly slices: readonly ShownSlice[];
  /** Of a linear model of texts: the terms that speak most for each class, or for a higher number. */
  readonly tellingTerms?: readonly TellingTerms[];
}

export interface TellingTerms {
  readonly column: string;
  /** A class; null: a higher number. */
  readonly for: string | null;
  /** What each adds to a text, on average over the held-out rows; the largest first. */
  readonly terms: readonly WordEffect[];
}

export interface ShownDependence {
  readonly column: string;
  /** Mean answer where every row has this value. */
  readonly points: readonly { readonly value: string; readonly mean: number }[];
}

/** A column asked about by name, with the answers of single rows beside their mean. */
export interface RowsDependence extends ShownDependence {
  /** Of some rows, the answer at each value. */
  readonly rows: readonly (readonly number[])[];
}

export type ShownSlice = Omit<Slice, 'rows'> & {
  readonly conditions: readonly Condition[];
  readonly count: number;
};

/** The worst slices that are told; their rows are asked for by their place among these. */
export const SLICES_SHOWN = 5;
/** So many held-out rows are shuffled and scored: enough to rank columns by. */
const SHUFFLED_ROWS = 1000;
/** Each is shuffled once where there are more: words of a text are hundreds. */
const MANY_COLUMNS = 60;

/** `outputs` [held-out rows, outputs]: what the model says of them. */
export async function analyse(
  data: BenchData,
  fitted: Fitted,
  outputs: Float64Array,
  seed: number,
): Promise<Analysis> {
  const { contract, heldOut } = data;
  if (contract.kind !== 'table') return { importance: [], dependence: [], slices: [] };
  const some = spread(heldOut, SHUFFLED_ROWS);
  const features = Float32Array.from(some.features);
  const importance = await permutationImportance(
    async (shuffled) => meritOfOutputs(contract, await fitted.predict(shuffled, some.count), some),
    features,
    some.count,
    columnPlaces(contract),
    { seed, repeats: contract.columns.length > MANY_COLUMNS ? 1 : 3 },
  );
  const losses = rowLosses(data, outputs);
  const slices = worstSlices(contract, heldOut, losses, { most: SLICES_SHOWN }).map(({ rows, ...slice }) => ({
    ...slice,
    count: rows.length,
  }));
  const moves = await dependences(contract, fitted, features, some.count, importance);
  const telling = tellingTerms(contract, fitted, features, some.count);
  return {
    importance,
    dependence: moves,
    slices,
    ...(telling.length === 0 ? {} : { tellingTerms: telling }),
  };
}

const TELLING = 12;

function tellingTerms(
  contract: TableContract,
  { line }: Fitted,
  features: Float32Array,
  count: number,
): TellingTerms[] {
  if (line === undefined || !hasTerms(contract)) return [];
  const labels = classLabels(contract);
  const isBinary = labels?.length === 2;
  return (labels ?? [null]).flatMap((label, at) => {
    const of = linesOf(line, isBinary || label === null ? 0 : at);
    return termsFor(contract, of, features, count, isBinary && at === 0 ? -1 : 1).map(
      ({ column, words }) => ({
        column,
        for: label,
        terms: words.slice(0, TELLING),
      }),
    );
  });
}

const DEPENDENCES = 3;
const DEPENDENT_ROWS = 200;
const MOST_CATEGORIES = 12;

/** What a model says of rows: as a Fitted predicts them. */
export type Predicts = (
  features: Float32Array<ArrayBuffer>,
  count: number,
) => Float64Array | Promise<Float64Array>;

async function dependences(
  contract: TableContract,
  fitted: Fitted,
  features: Float32Array,
  count: number,
  importance: readonly Importance[],
): Promise<ShownDependence[]> {
  const shown: ShownDependence[] = [];
  for (const { column, loss } of importance.slice(0, DEPENDENCES)) {
    if (loss <= 0) continue;
    const found = await dependenceOn(contract, (given, of) => fitted.predict(given, of), column, {
      features,
      count,
    });
    if (found !== undefined) shown.push({ column, points: found.points });
  }
  return shown;
}

/** Rows whose own lines are given; more are a thicket. */
const SHOWN_LINES = 30;

/** How the answer moves with a column, on average and row by row, over some of the rows. undefined: there is no such column. */
export async function dependenceOn(
  contract: TableContract,
  predict: Predicts,
  name: string,
  { features, count }: { readonly features: Float32Array; readonly count: number },
): Promise<RowsDependence | undefined> {
  const places = columnPlaces(contract);
  const at = places.findIndex((place) => place.name === name);
  const [column, place] = [contract.columns[at], places[at]];
  if (column === undefined || place === undefined) return undefined;
  const asked = Math.min(count, DEPENDENT_ROWS);
  const outputs = classLabels(contract)?.length ?? 1;
  const { target } = contract;
  const [scale, shift] = target.type === 'number' ? [target.standardDeviation, target.mean] : [1, 0];
  const score = async (given: Float32Array<ArrayBuffer>, of: number): Promise<Float64Array> => {
    const all = await predict(given, of);
    return Float64Array.from({ length: of }, (_, row) => all[(row + 1) * outputs - 1]! * scale + shift);
  };
  const values = valuesOf(column, place, features, count, places.at(-1)?.to ?? 0);
  // Of texts there is no row of values to go through.
  if (values.length === 0) return undefined;
  const encoded = values.map((value) => value.encoded);
  const { mean, rows } = await dependence(score, features, asked, places, place, encoded);
  return {
    column: name,
    points: values.map(({ says }, i) => ({ value: says, mean: mean[i]! })),
    rows: Array.from({ length: Math.min(SHOWN_LINES, asked) }, (_, row) => [
      ...rows.subarray(row * values.length, (row + 1) * values.length),
    ]),
  };
}

/** Categories, or the values at seven quantiles of the rows. */
function valuesOf(
  column: TableColumn,
  { from, to }: ColumnPlace,
  features: Float32Array,
  count: number,
  width: number,
): { readonly says: string; readonly encoded: readonly number[] }[] {
  if (column.type === 'category')
    return column.categories
      .slice(0, MOST_CATEGORIES)
      .map((says, at) => ({ says, encoded: column.categories.map((_, one) => (one === at ? 1 : 0)) }));
  if (column.type !== 'number') return [];
  const isKnown = (row: number): boolean => to - from === 1 || features[row * width + from + 1] === 0;
  const known = Array.from({ length: count }, (_, row) => row).filter(isKnown);
  const sorted = Float64Array.from(known, (row) => features[row * width + from]!).sort();
  if (sorted.length === 0) return [];
  const encoded = new Set([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98].map((share) => quantile(sorted, share)));
  return [...encoded].map((value) => ({
    says: spokenNumber(column, value),
    encoded: to - from === 1 ? [value] : [value, 0],
  }));
}

/** Wrong or not, for classes; the squared error, for numbers. */
export function rowLosses(
  { contract, heldOut }: Pick<BenchData, 'contract' | 'heldOut'>,
  outputs: Float64Array,
): Float64Array {
  const classes = classLabels(contract)?.length;
  return Float64Array.from({ length: heldOut.count }, (_, row) =>
    classes === undefined
      ? (outputs[row]! - heldOut.targets[row]!) ** 2
      : Number(predictedClass(outputs, row, classes) !== heldOut.targets[row]),
  );
}

/** So many rows at the most, evenly over all. */
export function spread(rows: Examples, most: number): Examples {
  if (rows.count <= most) return rows;
  return selectExamples(
    rows,
    Array.from({ length: most }, (_, at) => Math.floor((at * rows.count) / most)),
  );
}

export interface ShownFairness extends GroupFairness {
  readonly column: string;
  /** The class that counts as selected. */
  readonly positive: string;
}

/** How a class is given to the groups of a column; the last of the contract where none is named. Refused with a sentence. */
export function fairnessOf(
  data: BenchData,
  outputs: Float64Array,
  column: string,
  wanted: string | null = null,
): Result<ShownFairness, string> {
  const labels = classLabels(data.contract);
  const groups = data.heldOutCells(column);
  if (groups === undefined) return fail(`There is no column “${column}” to compare groups by.`);
  const positive = wanted ?? labels?.at(-1);
  if (labels === undefined || positive === undefined)
    return fail('Groups are compared by the class that they are given, and the target is a number.');
  const chosen = labels.indexOf(positive);
  if (chosen < 0)
    return fail(
      `There is no class “${positive}”. The target has ${labels.map((one) => `“${one}”`).join(', ')}.`,
    );
  const isSelected = groups.map((_, row) => predictedClass(outputs, row, labels.length) === chosen);
  const isPositive = groups.map((_, row) => data.heldOut.targets[row] === chosen);
  return ok({ column, positive, ...groupFairness({ groups, isPositive, isSelected }) });
}

export interface ShownSuspect {
  /** In what was read, from 1. */
  readonly row: number;
  readonly label: string;
  readonly likelier: string;
  readonly margin: number;
}

const FOLDS = 5;

/** Labels among the rows to learn from that look wrong to models that have not seen them: five fits. Refused with a sentence. */
export async function checkLabels(
  data: BenchData,
  { model, options }: ChosenModel,
  seed: number,
  surroundings: FitSurroundings,
  balance?: Balance,
): Promise<Result<readonly ShownSuspect[], string>> {
  const { contract, training } = data;
  const labels = classLabels(contract);
  if (labels === undefined) return fail('Labels are checked where the target is classes.');
  const hashes = Uint32Array.from({ length: training.count }, (_, row) => training.hashes[2 * row + 1]!);
  const classes = Int32Array.from(training.targets);
  const folds = foldsOf({ hashes, classes }, FOLDS, data.together);
  const shares = new Float64Array(training.count * labels.length);
  const all = Uint32Array.from(folds, (_, row) => row);
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const inside = all.filter((row) => folds[row] === fold);
    if (inside.length === 0) continue;
    if (inside.length === all.length)
      return fail('Labels are checked by rows of other groups, and all rows to learn from are of one.');
    const others = all.filter((row) => folds[row] !== fold);
    const rows = selectExamples(training, clearOf(others, inside, data.together));
    const fitted = await fitModel({ model, options, contract, rows, seed, balance }, surroundings);
    if (!fitted.ok) return fitted;
    const own = await predictAndClose(fitted.value, selectExamples(training, inside));
    for (const [at, row] of inside.entries())
      shares.set(own.subarray(at * labels.length, (at + 1) * labels.length), row * labels.length);
  }
  return ok(
    suspectLabels(shares, classes, labels.length).map(({ row, label, likelier, margin }) => ({
      row: data.trainingPlace(row),
      label: labels[label] ?? String(label),
      likelier: labels[likelier] ?? String(likelier),
      margin,
    })),
  );
}
