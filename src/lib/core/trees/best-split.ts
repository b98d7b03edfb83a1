// The best split of one node from its histogram: exact whole sums in, so that the same rows give the same split in whatever order
// and place they were added. Chen & Guestrin 2016: eq. 6 (weights), eq. 7 (gain), algorithm 3 (the direction of missing values).
import type { BinnedColumns } from './columns.ts';
import type { TreesSpec } from './spec.ts';
import type { Split } from './state.ts';

/** Σ of first and of second derivatives, in their unit. */
export interface Sums {
  readonly first: number;
  readonly second: number;
}

export interface BestSplit extends Split {
  readonly left: Sums;
  readonly right: Sums;
}

/** Sums of every cell of every column, [cells] each. The cells of one column hold every row once. */
export interface Histogram {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

type Rule = Pick<TreesSpec, 'lambda' | 'gamma' | 'minimumChildWeight'>;

/** All rows of the node. */
export function totalOf(histogram: Histogram, columns: BinnedColumns): Sums {
  let first = 0;
  let second = 0;
  for (let cell = 0; cell < (columns.columns[0]?.cells ?? 0); cell += 1) {
    first += histogram.first[cell]!;
    second += histogram.second[cell]!;
  }
  return { first, second };
}

/** w* = −G / (H + λ), eq. 6; 0 where nothing is known. */
export const bestWeight = ({ first, second }: Sums, unit: number, lambda: number): number =>
  second > 0 ? (-first * unit) / (second * unit + lambda) : 0;

/**
 * The split with the highest gain above 0 whose children both weigh enough; undefined where there is none. The first of equal
 * ones is taken: columns in the contract's order, cells upwards, missing to the left before missing to the right.
 */
export function bestSplit(
  histogram: Histogram,
  columns: BinnedColumns,
  rule: Rule,
  unit: number,
): BestSplit | undefined {
  const total = totalOf(histogram, columns);
  const score = (sums: Sums): number =>
    (sums.first * unit * (sums.first * unit)) / (sums.second * unit + rule.lambda);
  const weighsEnough = ({ second }: Sums): boolean => second > 0 && second * unit >= rule.minimumChildWeight;
  if (!(total.second > 0)) return undefined;
  const parent = score(total);
  let best: BestSplit | undefined;
  const consider = (column: number, cell: number, missingGoesLeft: boolean, left: Sums): void => {
    const right = { first: total.first - left.first, second: total.second - left.second };
    if (!weighsEnough(left) || !weighsEnough(right)) return;
    const gain = 0.5 * (score(left) + score(right) - parent) - rule.gamma;
    if (gain > (best?.gain ?? 0)) best = { column, cell, missingGoesLeft, gain, left, right };
  };
  for (const [index, column] of columns.columns.entries()) {
    const { firstCell } = column;
    const last = firstCell + column.cells - 1;
    const missing = { first: histogram.first[last]!, second: histogram.second[last]! };
    let first = 0;
    let second = 0;
    for (let cell = firstCell; cell < last; cell += 1) {
      first = (column.type === 'number' ? first : 0) + histogram.first[cell]!;
      second = (column.type === 'number' ? second : 0) + histogram.second[cell]!;
      if (missing.first === 0 && missing.second === 0) {
        // Nothing was missing here: what will be goes with the heavier child.
        consider(index, cell - firstCell, second * 2 >= total.second, { first, second });
        continue;
      }
      consider(index, cell - firstCell, true, {
        first: first + missing.first,
        second: second + missing.second,
      });
      consider(index, cell - firstCell, false, { first, second });
    }
  }
  return best;
}
