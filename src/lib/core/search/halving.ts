// Asynchronous successive halving (Li, Jamieson, Rostamizadeh et al. 2020, "A System for Massively Parallel Hyperparameter Tuning",
// Algorithm 2): many settings on few rows, and whoever is among the best third of those that were tried on as many goes on to three
// times as many. Nothing waits for a bracket to be full, so that a search which is cut off at any time has used what it had.

/** How many times as many rows the next rung has, and which share of a rung goes on. */
const FACTOR = 3;

/**
 * Shares of the rows, ascending to 1: as many rungs as part `settings` settings down to one, unless fewer than `fewestRows` would be
 * left. Few rows have one rung.
 */
export function sharesFor(settings: number, rows: number, fewestRows: number): number[] {
  const most = Math.floor(Math.log(Math.max(1, rows / fewestRows)) / Math.log(FACTOR) + 1e-9);
  const needed = Math.ceil(Math.log(settings) / Math.log(FACTOR) - 1e-9);
  const rungs = Math.max(0, Math.min(most, needed));
  return Array.from({ length: rungs + 1 }, (_, at) => FACTOR ** (at - rungs));
}

interface Tried {
  readonly share: number;
  /** Lower is better; Infinity for one that could not be fitted, which never goes on. */
  readonly loss: number;
}

export interface Promotion<T> {
  readonly one: T;
  /** What it is to be tried on next. */
  readonly share: number;
}

/**
 * Who goes on: of the highest rung that has anybody, the best of its best third who has not. undefined: nobody, and a new setting is
 * due on the lowest rung. `keyOf` is the same for one setting on every rung; earlier ones come first among equals.
 */
export function promotion<T extends Tried>(
  tried: readonly T[],
  shares: readonly number[],
  keyOf: (one: T) => string,
): Promotion<T> | undefined {
  for (let rung = shares.length - 2; rung >= 0; rung -= 1) {
    const share = shares[rung + 1]!;
    const there = new Set(tried.filter((one) => one.share === share).map(keyOf));
    const here = [
      ...new Map(tried.filter((one) => one.share === shares[rung]).map((one) => [keyOf(one), one])).values(),
    ];
    const best = here.toSorted((a, b) => a.loss - b.loss).slice(0, Math.floor(here.length / FACTOR));
    const one = best.find((candidate) => candidate.loss < Infinity && !there.has(keyOf(candidate)));
    if (one !== undefined) return { one, share };
  }
  return undefined;
}
