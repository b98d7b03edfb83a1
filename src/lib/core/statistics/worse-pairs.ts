// Pairs of parts in which a version does worse than in either part alone, read of sums over rows. The rule is Slice Finder's (Chung et al.
// 2019, §3: rows enough, an effect that matters, and one that luck does not make), with the noise of a release taken off first; that a pair
// must add to both of its parts, and how rows and errors of all pairs are had at once, is of SliceLine (Sagadeeva & Boehm 2021, §3).
import { hypergeometricTail } from '../metrics/hypergeometric.ts';
import { normalQuantile } from '../metrics/normal-quantile.ts';
import { welchTest } from '../metrics/welch.ts';

/** Noise, and likewise luck, makes any pair of a survey look worse less often than this, however many there are (Bonferroni). */
const LUCK = 0.01;
/** √2 (mean − other mean) / √(σ² + other σ²): 0.2 is small, 0.8 large (Cohen 1988). As alone in the tab (core/error-analysis). */
const LEAST_EFFECT = 0.2;
/** Of one survey. */
const MOST_TOLD = 20;

/** Of rows that are in one part of the rows. */
export interface Sums {
  readonly rows: number;
  /** Each from 0 to 1. */
  readonly losses: number;
  /** Of the losses; null: each is 0 or 1. */
  readonly squares: number | null;
}

export interface PairSums extends Sums {
  /** Indices of the two parts. */
  readonly parts: readonly [number, number];
  /** The same for pairs out of the same two columns. */
  readonly cut: number;
}

export interface Telling {
  /** Rows that a pair has at least, and the rest of each of its parts without the pairs that are told. */
  readonly least: number;
  /** Standard deviation of the noise on each sum; 0: they are exact. */
  readonly deviation: number;
}

/** Those to tell, worst first. */
export function worsePairs(
  pairs: readonly PairSums[],
  parts: readonly Sums[],
  { least, deviation }: Telling,
): PairSums[] {
  const luck = LUCK / Math.max(1, pairs.length);
  const bound = deviation === 0 ? 0 : normalQuantile(1 - luck) * deviation;
  const isTold = ({ rows }: Sums): boolean => rows >= least;
  const worse = pairs
    .filter(isTold)
    .filter((pair) => pair.parts.every((part) => isWorse(pair, parts[part]!, bound, luck, least)))
    .toSorted((a, b) => b.losses / b.rows - a.losses / a.rows);
  // What is told of a part's pairs says what its other rows are: too few of these would be told by the difference.
  const rest = new Map<string, number>();
  const told: PairSums[] = [];
  for (const pair of worse) {
    const places = pair.parts.map((part) => ({ part, place: `${pair.cut} ${part}` }));
    const left = places.map(({ part, place }) => (rest.get(place) ?? parts[part]!.rows) - pair.rows);
    if (left.some((rows) => rows < least)) continue;
    for (const [at, { place }] of places.entries()) rest.set(place, left[at]!);
    told.push(pair);
    if (told.length === MOST_TOLD) break;
  }
  return told;
}

/** Than the rest of the part: that is the same question as than the whole of it, of rows that are counted once. */
function isWorse(pair: Sums, part: Sums, bound: number, luck: number, least: number): boolean {
  const rest: Sums = {
    rows: part.rows - pair.rows,
    losses: part.losses - pair.losses,
    squares: part.squares === null || pair.squares === null ? null : part.squares - pair.squares,
  };
  if (rest.rows < least) return false;
  const [own, other] = [meanOf(pair), meanOf(rest)];
  // To first order of the noises on the pair's losses and rows, and on the part's.
  const noise =
    bound *
    Math.hypot(
      1 / pair.rows + 1 / rest.rows,
      own / pair.rows + other / rest.rows,
      1 / rest.rows,
      other / rest.rows,
    );
  const difference = own - other - noise;
  if (difference <= 0) return false;
  // The rest is a difference of two noisy sums.
  const [ownVariance, otherVariance] = [variance(pair, bound), variance(rest, Math.SQRT2 * bound)];
  if (Math.SQRT2 * difference < LEAST_EFFECT * Math.sqrt(ownVariance + otherVariance)) return false;
  const [drawn, others] = [Math.round(pair.rows), Math.round(rest.rows)];
  if (rest.squares !== null)
    return welchTest(difference, [ownVariance, drawn], [otherVariance, others]).chance < luck;
  const hits = Math.floor(drawn * (other + difference) + 1e-6);
  const marked = hits + Math.round(others * other);
  return hypergeometricTail(hits, { drawn, marked, all: drawn + others }) < luck;
}

const meanOf = ({ rows, losses }: Sums): number => Math.min(1, Math.max(0, losses / rows));

/** Where noise hides it, the largest that it may be. */
function variance(sums: Sums, bound: number): number {
  const { rows, losses, squares } = sums;
  if (squares === null) return meanOf(sums) * (1 - meanOf(sums));
  const mean = Math.max(0, (losses - bound) / rows);
  return Math.max(0, (squares + bound) / rows - mean * mean) * (rows / (rows - 1));
}
