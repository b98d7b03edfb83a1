// How far a figure could be off by the luck of the rows it was measured on: 95 % intervals.
// Areas below ROC curves by DeLong et al. (1988); anything else by the percentile bootstrap (Efron &
// Tibshirani 1993, §13.3) from a seed, or of many rows by the delta method. (Shares: wilson.ts.)
import { random } from '../random.ts';
import { quantile } from './quantile.ts';
import { z95, type Interval } from './wilson.ts';

/**
 * The middle 95 % of `figure` over `draws` draws of the rows with replacement. A draw for which there is no figure is left out;
 * undefined where fewer than half gave one.
 */
export function bootstrap(
  count: number,
  figure: (rows: Uint32Array) => number | undefined,
  options: { readonly seed: number; readonly draws?: number },
): Interval | undefined {
  const draws = options.draws ?? 1000;
  const source = random(options.seed, 'bootstrap');
  const rows = new Uint32Array(count);
  const figures: number[] = [];
  if (count === 0) return undefined;
  for (let draw = 0; draw < draws; draw += 1) {
    for (let i = 0; i < count; i += 1) rows[i] = source.below(count);
    const value = figure(rows);
    if (value !== undefined && Number.isFinite(value)) figures.push(value);
  }
  if (figures.length === 0 || figures.length * 2 < draws) return undefined;
  figures.sort((a, b) => a - b);
  return { low: quantile(figures, 0.025), high: quantile(figures, 0.975) };
}

/**
 * A smooth figure of means by the delta method (van der Vaart 1998, §3): ± z · s/√n, s over the influence of each row on the figure,
 * whatever their mean. One pass, where a bootstrap needs a thousand.
 */
export function deltaInterval(figure: number, influences: Float64Array): Interval | undefined {
  if (influences.length < 2) return undefined;
  const reach = z95 * Math.sqrt(variance(influences) / influences.length);
  return Number.isFinite(reach) ? { low: figure - reach, high: figure + reach } : undefined;
}

export interface AreaInterval extends Interval {
  readonly area: number;
  /** Of the area. */
  readonly standardError: number;
}

/**
 * The area below a ROC curve and its interval by DeLong's variance: Var(V₁₀)/m + Var(V₀₁)/n over the placement values, which are ranks
 * (Sun & Xu 2014); on the scale of log odds, so that it stays within 0 and 1. Where the scores part the kinds without fault that
 * variance is 0 however few the rows are, and Newcombe's interval answers. undefined where a kind has fewer than two rows.
 */
export function deLong(
  scores: ArrayLike<number>,
  isPositive: ArrayLike<boolean | number>,
): AreaInterval | undefined {
  const positives: number[] = [];
  const negatives: number[] = [];
  for (let row = 0; row < scores.length; row += 1)
    (Number(isPositive[row]) > 0 ? positives : negatives).push(scores[row]!);
  const [m, n] = [positives.length, negatives.length];
  if (m < 2 || n < 2) return undefined;
  const all = midRanks([...positives, ...negatives]);
  const ownPositive = midRanks(positives);
  const ownNegative = midRanks(negatives);
  const placedPositive = Float64Array.from(ownPositive, (own, i) => (all[i]! - own) / n);
  const placedNegative = Float64Array.from(ownNegative, (own, j) => 1 - (all[m + j]! - own) / m);
  const area = mean(placedPositive);
  return areaInterval(area, Math.sqrt(variance(placedPositive) / m + variance(placedNegative) / n), m, n);
}

/**
 * The same of rows that are counted by bins of their score, lowest first: what `deLong` says of scores that are the bins' numbers, rows of
 * one bin half above each other. Rows are taken as drawn one by one; where those of one person or device are alike it is too narrow.
 */
export function deLongOfBins(own: readonly number[], others: readonly number[]): AreaInterval | undefined {
  const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  const [m, n] = [sumOf(own), sumOf(others)];
  if (m < 2 || n < 2) return undefined;
  // Placements of a bin's rows: the share of the other kind below a positive, and above a negative.
  let [below, ownBelow] = [0, 0];
  const placed = own.map((count, bin) => {
    const other = others[bin]!;
    const placement = { positive: (below + other / 2) / n, negative: (m - ownBelow - count / 2) / m };
    below += other;
    ownBelow += count;
    return placement;
  });
  const area = placed.reduce((sum, { positive }, bin) => sum + own[bin]! * positive, 0) / m;
  const squares = (of: 'positive' | 'negative', counts: readonly number[]): number =>
    placed.reduce((sum, one, bin) => sum + counts[bin]! * (one[of] - area) ** 2, 0);
  const spread = squares('positive', own) / (m - 1) / m + squares('negative', others) / (n - 1) / n;
  return areaInterval(area, Math.sqrt(spread), m, n);
}

/** On the scale of log odds; Newcombe's where that has no width. */
function areaInterval(area: number, standardError: number, m: number, n: number): AreaInterval {
  const spread = area * (1 - area);
  if (!(spread > 0 && standardError > 0)) return { area, standardError, ...newcombe(area, m, n) };
  const [middle, reach] = [Math.log(area / (1 - area)), (z95 * standardError) / spread];
  const [low, high] = [logistic(middle - reach), logistic(middle + reach)];
  return { area, standardError, low, high };
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Newcombe 2006, method 5: every θ with |area − θ| ≤ z √V(θ), V by Hanley & McNeil (1982) for exponential scores. It takes no more than the
 * area and how many rows of each kind it is of.
 */
export function newcombe(area: number, positives: number, negatives: number): Interval {
  const extra = (positives + negatives) / 2 - 1;
  const isWithin = (of: number): boolean => {
    const bracket = 1 + extra * ((1 - of) / (2 - of) + of / (1 + of));
    return (area - of) ** 2 <= (z95 * z95 * of * (1 - of) * bracket) / (positives * negatives);
  };
  // Within at the area, or where that is 0 or 1 just beside it; not at the far end.
  const border = (far: number): number => {
    let [inside, outside] = [area, far];
    for (let halving = 0; halving < 50; halving += 1) {
      const middle = (inside + outside) / 2;
      if (isWithin(middle)) inside = middle;
      else outside = middle;
    }
    return inside;
  };
  return { low: area === 0 ? 0 : border(0), high: area === 1 ? 1 : border(1) };
}

/** Ranks from 1; equal values share the mean of theirs. */
export function midRanks(values: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const order = Array.from({ length: values.length }, (_, index) => index).sort(
    (a, b) => values[a]! - values[b]!,
  );
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to += 1;
    for (let i = from; i < to; i += 1) ranks[order[i]!] = (from + to + 1) / 2;
    from = to;
  }
  return ranks;
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
export function variance(values: Float64Array): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}
