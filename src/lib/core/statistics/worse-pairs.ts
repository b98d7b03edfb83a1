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
  /** Rows that a pair has at least, and whatever is left where told pairs are taken from what else is told. */
  readonly least: number;
  /** All of them. */
  readonly rows: number;
  /** Parts of which nothing is told, nor of pairs with them. */
  readonly hidden: ReadonlySet<number>;
  /** Standard deviation of the noise on each sum; 0: they are exact. */
  readonly deviation: number;
}

/** Those to tell, worst first. */
export function worsePairs(
  pairs: readonly PairSums[],
  parts: readonly Sums[],
  { least, rows: all, hidden, deviation }: Telling,
): PairSums[] {
  const luck = LUCK / Math.max(1, pairs.length);
  const bound = deviation === 0 ? 0 : normalQuantile(1 - luck) * deviation;
  const isTold = ({ rows }: Sums): boolean => rows >= least;
  const worse = pairs
    .filter(isTold)
    .filter((pair) =>
      pair.parts.every((part) => !hidden.has(part) && isWorse(pair, parts[part]!, bound, luck, least)),
    )
    .toSorted((a, b) => b.losses / b.rows - a.losses / a.rows);
  const told: PairSums[] = [];
  for (const pair of worse) {
    const ofCut = [...told.filter(({ cut }) => cut === pair.cut), pair];
    if (leastLeft(ofCut, parts, all) < least) continue;
    told.push(pair);
    if (told.length === MOST_TOLD) break;
  }
  return told;
}

const rowsIn = (sums: readonly Pick<Sums, 'rows'>[]): number => sums.reduce((sum, { rows }) => sum + rows, 0);

/**
 * What is told of pairs, of their parts and of all rows says by differences what other rows are: the rest of a part without its pairs; and,
 * where every pair of some parts with some others is told, the rows that are in none of these. The fewest rows that come out so.
 */
function leastLeft(told: readonly PairSums[], parts: readonly Sums[], all: number): number {
  const partRows = (of: Iterable<number>): number => rowsIn([...of].map((part) => parts[part]!));
  const rests = [...new Set(told.flatMap((pair) => pair.parts))].map(
    (part) => partRows([part]) - rowsIn(told.filter((pair) => pair.parts.includes(part))),
  );
  const seconds = new Map<number, readonly number[]>();
  for (const {
    parts: [first, second],
  } of told)
    seconds.set(first, [...(seconds.get(first) ?? []), second]);
  const nones = crossings([...seconds.values()]).map((others) => {
    const firsts = [...seconds].flatMap(([first, own]) =>
      others.every((one) => own.includes(one)) ? [first] : [],
    );
    const inFirsts = ({ parts: [first] }: PairSums): boolean => firsts.includes(first);
    const inOthers = ({ parts: [, second] }: PairSums): boolean => others.includes(second);
    const both = rowsIn(told.filter((pair) => inFirsts(pair) && inOthers(pair)));
    const neither = rowsIn(told.filter((pair) => !inFirsts(pair) && !inOthers(pair)));
    return all - partRows(firsts) - partRows(others) + both - neither;
  });
  return Math.min(...rests, ...nones);
}

/** What any number of the sets have in common, each once, where that is something. */
function crossings(sets: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const found = new Map<string, readonly number[]>();
  for (const set of sets)
    for (const other of [set, ...found.values()]) {
      const common = set.filter((one) => other.includes(one)).toSorted((a, b) => a - b);
      if (common.length > 0) found.set(common.join(), common);
    }
  return [...found.values()];
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
