// Successive halving (Jamieson & Talwalkar 2016): many settings on few rows, the best third on three times as many, and so on: what is
// bad shows early and costs little.

export interface Rung {
  /** Share of the rows, 1 in the last rung. */
  readonly share: number;
  /** Settings that are tried in it. */
  readonly settings: number;
}

/**
 * Rungs for `settings` settings, a `factor`-th of them going on each time, the last with all rows. Few rows allow few rungs: none has
 * fewer than `fewestRows`.
 */
export function rungsFor(settings: number, rows: number, fewestRows: number, factor = 3): Rung[] {
  const most = Math.floor(Math.log(Math.max(1, rows / fewestRows)) / Math.log(factor) + 1e-9);
  const needed = Math.ceil(Math.log(settings) / Math.log(factor) - 1e-9);
  const rungs = Math.max(0, Math.min(most, needed));
  return Array.from({ length: rungs + 1 }, (_, at) => ({
    share: factor ** (at - rungs),
    settings: Math.max(1, Math.ceil(settings / factor ** at)),
  }));
}

/** The best `wanted` of those tried, lowest loss first; earlier ones first among equals. */
export const survivors = <T extends { readonly loss: number }>(tried: readonly T[], wanted: number): T[] =>
  tried.toSorted((a, b) => a.loss - b.loss).slice(0, wanted);
