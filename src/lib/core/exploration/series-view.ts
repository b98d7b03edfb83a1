// One column of a series to be looked at: the course of it in as many pieces as a screen has room for, its gaps, and how much each value
// tells of those after it.
import type { SeriesPart, SeriesSet } from '../series/windows.ts';

export interface SeriesPiece {
  /** Of the known values; NaN where none is. */
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  /** Moments, and those of them that are not known. */
  readonly moments: number;
  readonly missing: number;
}

export interface SeriesView {
  readonly start: number;
  readonly step: number;
  readonly moments: number;
  readonly missing: number;
  readonly pieces: readonly SeriesPiece[];
  /** Stretches without a value, the longest first. */
  readonly gaps: readonly { readonly from: number; readonly moments: number }[];
  /** [lags + 1], of lag 0 on; NaN where too few pairs are known. */
  readonly autocorrelation: readonly number[];
}

const PIECES = 240;
const LISTED_GAPS = 5;
/** Fewer pairs say little of how two moments go together. */
const FEWEST_PAIRS = 10;

/** `values` [moments], NaN where not known. */
export function seriesView(
  { start, step, moments }: Pick<SeriesPart, 'start' | 'moments'> & Pick<SeriesSet, 'step'>,
  values: Float64Array,
  lags: number,
): SeriesView {
  const count = Math.min(PIECES, moments);
  const pieces = Array.from({ length: count }, (_, at) =>
    pieceOf(values.subarray(Math.floor((at * moments) / count), Math.floor(((at + 1) * moments) / count))),
  );
  return {
    start,
    step,
    moments,
    missing: pieces.reduce((sum, piece) => sum + piece.missing, 0),
    pieces,
    gaps: gapsOf(values)
      .toSorted((a, b) => b.moments - a.moments || a.from - b.from)
      .slice(0, LISTED_GAPS),
    autocorrelation: autocorrelationOf(values, Math.min(lags, moments - 1)),
  };
}

function pieceOf(values: Float64Array): SeriesPiece {
  let [low, high, sum, known] = [Infinity, -Infinity, 0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
    known += 1;
  }
  const missing = values.length - known;
  return known === 0
    ? { low: NaN, high: NaN, mean: NaN, moments: values.length, missing }
    : { low, high, mean: sum / known, moments: values.length, missing };
}

function gapsOf(values: Float64Array): { from: number; moments: number }[] {
  const gaps: { from: number; moments: number }[] = [];
  for (let at = 0; at < values.length; at += 1) {
    if (!Number.isNaN(values[at])) continue;
    const last = gaps.at(-1);
    if (last !== undefined && last.from + last.moments === at) last.moments += 1;
    else gaps.push({ from: at, moments: 1 });
  }
  return gaps;
}

/** r_k = mean of (x_t − m)(x_{t+k} − m) over pairs that are known, by the variance. */
export function autocorrelationOf(values: Float64Array, lags: number): number[] {
  let [sum, known] = [0, 0];
  for (const value of values)
    if (!Number.isNaN(value)) {
      sum += value;
      known += 1;
    }
  const mean = sum / known;
  const about = Float64Array.from(values, (value) => value - mean);
  const covariance = (lag: number): number => {
    let [total, pairs] = [0, 0];
    for (let at = 0; at + lag < about.length; at += 1) {
      const product = about[at]! * about[at + lag]!;
      if (Number.isNaN(product)) continue;
      total += product;
      pairs += 1;
    }
    return pairs < FEWEST_PAIRS ? NaN : total / pairs;
  };
  const variance = covariance(0);
  return Array.from({ length: lags + 1 }, (_, lag) => (variance > 0 ? covariance(lag) / variance : NaN));
}
