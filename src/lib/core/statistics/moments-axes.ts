// The axes along which rows of all devices differ most (principal component analysis of standardised columns), of figures that a survey gave:
// its correlations are all that it takes. Nothing more is asked or charged for it (post-processing: Dwork & Roth 2014, proposition 2.1).
import type { DataContract } from '../data/contract.ts';
import { mostOf, type Axis } from '../projection/projection.ts';
import { symmetricEigen } from '../projection/symmetric-eigen.ts';
import { columnsOf, rangeIn, scaledTo } from './columns.ts';
import type { Figures } from './moments.ts';

export interface MomentsAxis extends Axis {
  /** How far the noise may move the share, 95 times of 100; 0: it is exact. */
  readonly band: number;
  /** Another axis is no further off than noise may move them: which direction is which says nothing (Davis & Kahan 1970). */
  readonly isBlurred: boolean;
}

/** `deviation`: of the noise on each sum. The largest share first; none where fewer than two columns differ. */
export function momentsAxes(figures: Figures, contract: DataContract, deviation: number): MomentsAxis[] {
  const { columns, correlations } = figures;
  const held = [...columns.keys()].filter(
    (column) => correlations[column * columns.length + column] !== null,
  );
  const d = held.length;
  if (d < 2) return [];
  const between = (a: number, b: number): number =>
    a === b ? 1 : (correlations[held[a]! * columns.length + held[b]!] ?? 0);
  const matrix = Float64Array.from({ length: d * d }, (_, at) => between(Math.floor(at / d), at % d));
  const { values, vectors } = symmetricEigen(matrix, d);
  const names = held.map((column) => columns[column]!.name);
  const noise = deviation === 0 ? 0 : noiseOf(figures, contract, deviation, held, between) / d;
  // Where a column seems not to differ at all, nothing is known.
  const band = noise < 1 ? noise : 1;
  return Array.from(values, (value, axis) => ({
    // Noise can leave less than nothing along an axis.
    share: Math.max(0, value / d),
    mostly: mostOf(vectors.subarray(axis * d, (axis + 1) * d), names),
    band,
    isBlurred: [axis - 1, axis + 1].some((other) => Math.abs((values[other] ?? Infinity) - value) < band * d),
  }));
}

/**
 * How far noise moves an eigenvalue of the correlations: no further than the largest of the noise's own (Weyl 1912), which for entries
 * that are drawn apart is about twice the root of the most variance in a row (Bandeira & van Handel 2016).
 */
function noiseOf(
  { columns, complete }: Figures,
  contract: DataContract,
  deviation: number,
  held: readonly number[],
  between: (a: number, b: number) => number,
): number {
  const found = columnsOf(
    contract,
    columns.map(({ name }) => name),
  );
  // In the units of the sums, ±1 over the contract's range.
  const scaled = held.map((column) => {
    const { mean, standardDeviation } = columns[column]!;
    const range = rangeIn(found[column]!);
    const spread = (2 * (standardDeviation ?? 0)) / (range.maximum - range.minimum);
    return { squares: (mean === null ? 0 : scaledTo(mean, range)) ** 2, variance: spread ** 2 };
  });
  const one = (deviation / Math.max(complete, 1)) ** 2;
  const rows = scaled.map((a, i) =>
    scaled.reduce((sum, b, j) => {
      if (i === j) return sum;
      // Of Σxy/n − Σx/n · Σy/n, and of both variances that it is divided by.
      const product = (1 + a.squares + b.squares) / (a.variance * b.variance);
      const scales = (1 + 4 * a.squares) / a.variance ** 2 + (1 + 4 * b.squares) / b.variance ** 2;
      return sum + one * (product + (between(i, j) ** 2 / 4) * scales);
    }, 0),
  );
  return 2 * Math.sqrt(Math.max(...rows));
}
