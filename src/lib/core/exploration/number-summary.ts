// What one column of numbers is like. Definitions are those of pandas and numpy, whose answers the tests hold.
import { quantile } from '../metrics/quantile.ts';

export interface Histogram {
  /** [bins + 1], ascending; the last bin holds its upper edge too (numpy.histogram). */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

export interface NumberSummary {
  readonly count: number;
  readonly missing: number;
  readonly distinct: number;
  readonly mean: number;
  /** Of a sample, n − 1; 0 for a single value. */
  readonly standardDeviation: number;
  readonly minimum: number;
  readonly maximum: number;
  /** At 1, 5, 25, 50, 75, 95 and 99 %, between neighbours by straight lines (Hyndman & Fan 1996, type 7). */
  readonly quantiles: readonly number[];
  readonly histogram: Histogram;
  readonly areWhole: boolean;
  readonly outliers: Outliers;
}

/** Tukey 1977: outside, beyond 1.5 interquartile ranges of the quartiles (of a bell curve 0.7 %); far out, beyond 3 (2 in a million). */
export interface Outliers {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly farLow: number;
  readonly farHigh: number;
  readonly farCount: number;
  /** Rows of those far out, from 0, the first hundred. */
  readonly farRows: readonly number[];
}

export const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;
const LISTED_ROWS = 100;

/** Mean and sum of squared deviations in one pass, stable where the mean is large (Welford 1962). */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
}

export function momentsOf(values: ArrayLike<number>): Moments {
  let count = 0;
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    count += 1;
    const step = value - mean;
    mean += step / count;
    squares += step * (value - mean);
  }
  return { count, mean, squares };
}

/** Bins of equal width over [minimum, maximum], with numpy's own corrections at the edges. */
export function histogram(values: ArrayLike<number>, minimum: number, maximum: number, bins = 20): Histogram {
  const isFlat = minimum === maximum;
  const low = isFlat ? minimum - 0.5 : minimum;
  const high = isFlat ? maximum + 0.5 : maximum;
  const edges = Array.from({ length: bins + 1 }, (_, i) =>
    i === bins ? high : low + ((high - low) / bins) * i,
  );
  const counts = new Array<number>(bins).fill(0);
  const scale = bins / (high - low);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    let bin = Math.min(bins - 1, Math.floor((value - low) * scale));
    if (value < edges[bin]!) bin -= 1;
    else if (bin < bins - 1 && value >= edges[bin + 1]!) bin += 1;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { edges, counts };
}

/** undefined where every value is missing. */
export function summariseNumbers(values: Float64Array): NumberSummary | undefined {
  const { count, mean, squares } = momentsOf(values);
  if (count === 0) return undefined;
  const sorted = count === values.length ? values.slice() : values.filter((value) => !Number.isNaN(value));
  sorted.sort();
  const minimum = sorted[0]!;
  const maximum = sorted[count - 1]!;
  let distinct = 1;
  let areWhole = Number.isInteger(minimum);
  for (let i = 1; i < count; i += 1) {
    if (sorted[i] !== sorted[i - 1]) distinct += 1;
    areWhole = areWhole && Number.isInteger(sorted[i]!);
  }
  // Whole numbers of few values have a bin each: bars between them would say that there could be more.
  const isCounted = areWhole && maximum - minimum < 20;
  return {
    count,
    missing: values.length - count,
    distinct,
    mean,
    standardDeviation: count < 2 ? 0 : Math.sqrt(squares / (count - 1)),
    minimum,
    maximum,
    quantiles: QUANTILES.map((share) => quantile(sorted, share)),
    histogram: isCounted
      ? histogram(values, minimum - 0.5, maximum + 0.5, maximum - minimum + 1)
      : histogram(values, minimum, maximum),
    areWhole,
    outliers: outliersOf(values, sorted),
  };
}

function outliersOf(values: Float64Array, sorted: Float64Array): Outliers {
  const first = quantile(sorted, 0.25);
  const third = quantile(sorted, 0.75);
  const low = first - 1.5 * (third - first);
  const high = third + 1.5 * (third - first);
  const farLow = first - 3 * (third - first);
  const farHigh = third + 3 * (third - first);
  const farRows: number[] = [];
  let count = 0;
  let farCount = 0;
  // No spread in the middle half: everything else would be called an outlier.
  if (third > first)
    for (let row = 0; row < values.length; row += 1)
      if (values[row]! < low || values[row]! > high) {
        count += 1;
        if (values[row]! >= farLow && values[row]! <= farHigh) continue;
        farCount += 1;
        if (farRows.length < LISTED_ROWS) farRows.push(row);
      }
  return { low, high, count, farLow, farHigh, farCount, farRows };
}
