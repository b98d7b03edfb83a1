// How well one column alone predicts the target on rows that it was not fitted to: a feature that does so nearly perfectly was
// most likely made from it, and will not be there when the model is used.
import type { ColumnValues } from './columns.ts';
import { quantile } from '../metrics/quantile.ts';

/** From here on it is called a leak. */
export const LEAK = 0.95;
const BINS = 64;
/** A target of more classes is a name or a number, not a class. */
const MOST_LABELS = 1000;
/** Of the table of groups and classes: 80 MB. */
const MOST_CELLS = 20_000_000;

/** The half that is judged: by no period that rows could have (Knuth's multiplicative hash). */
const isJudged = (row: number): boolean => Math.imul(row, 0x9e3779b1) < 0;

/**
 * Fitted to one half of the rows, judged on the other, so that a column of names, which knows every row by heart, foretells nothing. Classes:
 * the share of the most frequent class's mistakes that the most frequent class of each group avoids. Numbers: the share of
 * the squared error about the mean that the mean of each group avoids (R²). Groups are categories, or 64 ranges that hold equally many
 * rows; missing is a group too. 0 at least; undefined where the target does not vary, and where the column or the target has so many
 * different texts that nothing could be told.
 */
export function foretells(column: ColumnValues, target: ColumnValues): number | undefined {
  if (column.type === 'category' && column.labels.length > column.codes.length / 2) return undefined;
  if (target.type === 'category' && target.labels.length > MOST_LABELS) return undefined;
  const { groups, count } = groupsOf(column);
  if (target.type === 'category' && count * target.labels.length > MOST_CELLS) return undefined;
  return target.type === 'category'
    ? foretellsClass(groups, count, target.codes, target.labels.length)
    : foretellsNumber(groups, count, target.values);
}

/** Group 0 is that of missing cells. */
function groupsOf(column: ColumnValues): { readonly groups: Int32Array; readonly count: number } {
  if (column.type === 'category')
    return { groups: column.codes.map((code) => code + 1), count: column.labels.length + 1 };
  const sorted = column.values.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0) return { groups: new Int32Array(column.values.length), count: 1 };
  const edges = Float64Array.from(
    new Set(Array.from({ length: BINS - 1 }, (_, bin) => quantile(sorted, (bin + 1) / BINS))),
  );
  const groups = Int32Array.from(column.values, (value) => {
    if (Number.isNaN(value)) return 0;
    // Edges that are ≤ value.
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edges[middle]! <= value) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  });
  return { groups, count: edges.length + 2 };
}

function foretellsClass(
  groups: Int32Array,
  count: number,
  classes: Int32Array,
  labels: number,
): number | undefined {
  const seen = new Uint32Array(count * labels);
  const all = new Uint32Array(labels);
  for (let row = 0; row < groups.length; row += 1) {
    if (isJudged(row)) continue;
    const own = classes[row]!;
    if (own < 0) continue;
    const at = groups[row]! * labels + own;
    seen[at] = seen[at]! + 1;
    all[own] = all[own]! + 1;
  }
  const most = (from: number): number => {
    let best = -1;
    for (let label = 0; label < labels; label += 1)
      if (seen[from + label]! > (best < 0 ? 0 : seen[from + best]!)) best = label;
    return best;
  };
  const usual = all.indexOf(all.reduce((largest, one) => Math.max(largest, one), 0));
  const guesses = Int32Array.from({ length: count }, (_, group) => most(group * labels));
  let wrong = 0;
  let usuallyWrong = 0;
  for (let row = 0; row < groups.length; row += 1) {
    if (!isJudged(row)) continue;
    const own = classes[row]!;
    if (own < 0) continue;
    const guess = guesses[groups[row]!]!;
    if ((guess < 0 ? usual : guess) !== own) wrong += 1;
    if (usual !== own) usuallyWrong += 1;
  }
  return usuallyWrong === 0 ? undefined : Math.max(0, 1 - wrong / usuallyWrong);
}

function foretellsNumber(groups: Int32Array, count: number, values: Float64Array): number | undefined {
  const sums = new Float64Array(count);
  const counts = new Uint32Array(count);
  let total = 0;
  let known = 0;
  let lowest = Infinity;
  let highest = -Infinity;
  for (let row = 0; row < groups.length; row += 1) {
    if (isJudged(row)) continue;
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    const group = groups[row]!;
    sums[group] = sums[group]! + value;
    counts[group] = counts[group]! + 1;
    total += value;
    known += 1;
  }
  const mean = total / known;
  let error = 0;
  let usual = 0;
  for (let row = 0; row < groups.length; row += 1) {
    if (!isJudged(row)) continue;
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    const group = groups[row]!;
    error += (value - (counts[group]! > 0 ? sums[group]! / counts[group]! : mean)) ** 2;
    usual += (value - mean) ** 2;
  }
  return lowest >= highest || usual === 0 || known === 0 ? undefined : Math.max(0, 1 - error / usual);
}
