// What rounds cost the server, added up for a page: processor time, memory and bytes, and what they come to by the operator's prices.
import type { MetricName } from '#lib/core/metrics/metric-name.ts';
import { ServerCosts, type Prices } from '#lib/protocol/costs.ts';
import type { VersionView } from '#lib/protocol/views.ts';
import { address, request } from './console-api.ts';
import { bytesAPoint, type RunRecord } from './console-runs.ts';

export const readCosts = (fetching: typeof fetch, federation: string) =>
  request(fetching, 'GET', `${address(federation)}/costs`, ServerCosts);

export interface CostRow {
  readonly round: number;
  readonly cpuMs: number;
  readonly largestBytes: number;
  /** Of models; null: the round made no version, and what it sent is told with the next that does. */
  readonly bytesDown: number | null;
  /** Null: no price is set. */
  readonly cost: number | null;
}

/** Null where neither price is set; what has none is not in it. */
export function costOf(
  { cpuHour, gigabyteOut }: Prices,
  { cpuMs, bytesDown }: { readonly cpuMs: number; readonly bytesDown: number },
): number | null {
  if (cpuHour === null && gigabyteOut === null) return null;
  return ((cpuHour ?? 0) * cpuMs) / 3_600_000 + ((gigabyteOut ?? 0) * bytesDown) / 1e9;
}

/** Which part of the costs has a price; null: none. */
export function pricedWords({ cpuHour, gigabyteOut }: Prices): string | null {
  if (cpuHour !== null && gigabyteOut !== null) return 'of processor time and of models sent';
  if (cpuHour !== null) return 'of processor time alone: models sent have no price (--price-gb-out)';
  return gigabyteOut === null ? null : 'of models sent alone: processor time has no price (--price-cpu-hour)';
}

/** Newest first. */
export function costRows({ rounds, prices }: ServerCosts, versions: readonly VersionView[]): CostRow[] {
  const made = new Map(versions.flatMap((one) => (one.round === null ? [] : [[one.round as number, one]])));
  return rounds
    .map(({ round, cpuMs, largestBytes }) => {
      const bytesDown = made.get(round)?.bytesDown ?? null;
      return {
        round,
        cpuMs,
        largestBytes,
        bytesDown,
        cost: costOf(prices, { cpuMs, bytesDown: bytesDown ?? 0 }),
      };
    })
    .reverse();
}

export interface RunCost {
  readonly run: number;
  /** Rounds that were metered, and their time. */
  readonly rounds: number;
  readonly cpuMs: number;
  /** Null: no price is set. */
  readonly cost: number | null;
  readonly aRound: number | null;
  /** For each hundredth that a share rose; null where it did not, or is none, or no price is set. */
  readonly aPoint: number | null;
}

/** Of runs whose rounds were metered at all; `versions` as in costRows. */
export function runCosts(
  rows: readonly CostRow[],
  runs: readonly RunRecord[],
  versions: readonly VersionView[],
  prices: Prices,
  metric: MetricName,
): RunCost[] {
  return runs.flatMap((run) => {
    // The page has the newest rounds alone, and all versions; a run's rounds follow one another.
    const known = [
      ...run.rounds.map(({ round }) => round as number),
      ...versions.flatMap((one) => (one.run === run.run && one.round !== null ? [one.round as number] : [])),
    ];
    const [first, last] = [Math.min(...known), Math.max(...known)];
    const own = rows.filter(({ round }) => round >= first && round <= last);
    if (own.length === 0) return [];
    const cpuMs = own.reduce((sum, row) => sum + row.cpuMs, 0);
    const bytesDown = own.reduce((sum, row) => sum + (row.bytesDown ?? 0), 0);
    const cost = costOf(prices, { cpuMs, bytesDown });
    // A part of a run's cost for all that it gained would be too little; its round that is open has gained nothing yet.
    const open = run.rounds.filter(({ endedAt }) => endedAt === null).length;
    const isWhole = own.length === last - first + 1 - open;
    // Of one byte, what a point took: the inverse of the points gained.
    const each = isWhole ? bytesAPoint({ ...run, bytesUp: 1, bytesDown: 0 }, metric) : undefined;
    return [
      {
        run: run.run,
        rounds: own.length,
        cpuMs,
        cost,
        aRound: cost === null ? null : cost / own.length,
        aPoint: cost === null || each === undefined ? null : cost * each,
      },
    ];
  });
}
