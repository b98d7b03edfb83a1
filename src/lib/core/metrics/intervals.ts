// How far a figure could be off by the luck of the rows it was measured on: 95 % intervals.
// Areas below ROC curves by DeLong et al. (1988); anything else by the percentile bootstrap (Efron &
// Tibshirani 1993, §13.3) from a seed. (Shares: wilson.ts.)
import { random } from '../random.ts';
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

/** Of sorted values, linear between neighbours (Hyndman & Fan 1996, type 7). */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}

export interface AreaInterval extends Interval {
  readonly area: number;
  /** Of the area. */
  readonly standardError: number;
}

/**
 * The area below a ROC curve and its interval by DeLong's variance: Var(V₁₀)/m + Var(V₀₁)/n over the placement values, which are ranks
 * (Sun & Xu 2014). undefined where a kind has fewer than two rows.
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
  const standardError = Math.sqrt(variance(placedPositive) / m + variance(placedNegative) / n);
  return {
    area,
    standardError,
    low: Math.max(0, area - z95 * standardError),
    high: Math.min(1, area + z95 * standardError),
  };
}

/** Ranks from 1; equal values share the mean of theirs. */
function midRanks(values: readonly number[]): Float64Array {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
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
function variance(values: Float64Array): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}
