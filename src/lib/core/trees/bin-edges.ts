// Where the edges between bins lie, the same for every device: evenly over the contract's range, or at quantiles of the rows of
// all devices, from counts in fine cells that add up exactly. The finished edges are encoded numbers, (value − mean) / σ.
import type { BinnedColumn, BinnedColumns } from './columns.ts';
import { edgesBelow, isMissingNumber } from './columns.ts';

type NumberColumn = Extract<BinnedColumn, { type: 'number' }>;

/** Cells of the counts by which quantiles are found, for each column of numbers. */
export const FINE_CELLS = 1024;

/** Encoded ends of a column: the contract's bounds, or `deviations` standard deviations from the mean where it has none. */
function ends({ source }: NumberColumn, deviations: number): readonly [low: number, high: number] {
  const { minimum, maximum, mean, standardDeviation } = source;
  const low = minimum === null ? -deviations : (minimum - mean) / standardDeviation;
  const high = maximum === null ? deviations : (maximum - mean) / standardDeviation;
  return low < high ? [low, high] : [low, low + 1];
}

/** The part of the ends that lies within `deviations` of the mean, where most rows are; all of it where none does. */
function usual(column: NumberColumn, deviations: number): readonly [low: number, high: number] {
  const [low, high] = ends(column, deviations);
  const [from, to] = [Math.max(low, -deviations), Math.min(high, deviations)];
  return from < to ? [from, to] : [low, high];
}

/** `count` numbers evenly inside (low, high), both ends left out. */
const inside = ([low, high]: readonly [number, number], count: number): number[] =>
  Array.from({ length: count }, (_, i) => low + ((high - low) * (i + 1)) / (count + 1));

/** Edges [bins − 1] that need no row: evenly over what the contract allows, within three standard deviations. */
export const rangeEdges = (column: NumberColumn, bins: number): Float32Array =>
  Float32Array.from(inside(usual(column, 3), bins - 1));

/**
 * Edges between the fine cells, [FINE_CELLS − 1], ascending. Half of them over the whole range, for what is skewed; half within
 * four standard deviations, for a range that was drawn wide.
 */
export function fineEdges(column: NumberColumn): Float32Array {
  const half = FINE_CELLS / 2;
  return Float32Array.from([...inside(ends(column, 8), half), ...inside(usual(column, 4), half - 1)]).sort();
}

/** Rows in each fine cell, [numbers, FINE_CELLS]; missing ones are left out. `features` [count, F]. */
export function fineCounts(
  columns: BinnedColumns,
  features: ArrayLike<number>,
  count: number,
): Float64Array<ArrayBuffer> {
  const counts = new Float64Array(columns.numbers.length * FINE_CELLS);
  for (const column of columns.numbers) {
    const edges = fineEdges(column);
    for (let row = 0; row < count; row += 1) {
      const at = row * columns.features + column.feature;
      if (isMissingNumber(column, features, at)) continue;
      const cell = edgesBelow(edges, 0, edges.length, features[at]!);
      counts[column.numberIndex * FINE_CELLS + cell]! += 1;
    }
  }
  return counts;
}

/**
 * Edges [bins − 1], ascending, that cut the counts [FINE_CELLS] of one column into bins of nearly equal rows. A value that many
 * rows share takes one bin and leaves the others to the rest (as LightGBM's GreedyFindBin does, Ke et al. 2017); with fewer
 * occupied cells than bins the last edge repeats, and the bins between are empty.
 */
export function quantileEdges(column: NumberColumn, counts: Float64Array, bins: number): Float32Array {
  const fine = fineEdges(column);
  const edges: number[] = [];
  let left = counts.reduce((total, count) => total + count, 0);
  let open = 0;
  const close = (cell: number): void => {
    edges.push(fine[cell]!);
    left -= open;
    open = 0;
  };
  for (let cell = 0; cell < fine.length && edges.length < bins - 1; cell += 1) {
    const count = counts[cell]!;
    const share = (): number => left / (bins - edges.length);
    if (open > 0 && count > 0 && count >= share() && edges.length < bins - 2) close(cell - 1);
    open += count;
    if (open > 0 && open >= share() && open < left) close(cell);
  }
  const last = edges.at(-1) ?? fine[FINE_CELLS / 2]!;
  return Float32Array.from({ length: bins - 1 }, (_, i) => edges[i] ?? last);
}
