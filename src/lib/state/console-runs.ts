// The history of a federation: its runs as sums over rounds and versions, and what was live when.
import { figure } from '#lib/core/metrics/figures.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import type { MetricName } from '#lib/core/metrics/metric-name.ts';
import type { AliasMove, RoundView, VersionView } from '#lib/protocol/views.ts';

export interface RunRecord {
  readonly run: number;
  readonly committed: number;
  /** Among the rounds at hand. */
  readonly abandoned: number;
  readonly beganAt: number;
  /** Null while a round of it is open. */
  readonly endedAt: number | null;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** The success metric at its first and last scored version. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Newest first. */
  readonly rounds: readonly RoundView[];
}

/** Newest run first. `rounds` newest first, `versions` ascending, as the API serves them. */
export function runRecords(
  rounds: readonly RoundView[],
  versions: readonly VersionView[],
  metric: MetricName,
): RunRecord[] {
  const told = [
    ...rounds.map((round) => round.run as number),
    ...versions.flatMap((version) => version.run ?? []),
  ];
  const numbers = [...new Set(told)].sort((a, b) => b - a);
  return numbers.map((run): RunRecord => {
    const own = rounds.filter((round) => round.run === run);
    const made = versions.filter((version) => version.run === run);
    const figures = made.flatMap((version) => {
      const value = version.evaluation === null ? undefined : figure(version.evaluation.tally, metric);
      return value === undefined ? [] : [value];
    });
    const ends = own.map((round) => round.endedAt);
    return {
      run,
      committed: made.length,
      abandoned: own.filter((round) => round.phase === 'abandoned').length,
      beganAt: Math.min(
        ...own.map((round) => round.openedAt),
        ...made.map((version) => version.committedAt - (version.durationMs ?? 0)),
      ),
      endedAt: ends.includes(null)
        ? null
        : Math.max(...ends.map((at) => at ?? 0), ...made.map((version) => version.committedAt)),
      bytesUp: made.reduce((total, version) => total + version.bytesUp, 0),
      bytesDown: made.reduce((total, version) => total + version.bytesDown, 0),
      from: figures[0],
      to: figures.at(-1),
      rounds: own,
    };
  });
}

/** Bytes both ways for each hundredth that a share (accuracy, F1) rose; undefined where it did not, or is none. */
export function bytesAPoint(
  { from, to, bytesUp, bytesDown }: Pick<RunRecord, 'from' | 'to' | 'bytesUp' | 'bytesDown'>,
  metric: MetricName,
): number | undefined {
  const { isShare, higherIsBetter } = metrics[metric];
  if (!isShare || from === undefined || to === undefined) return undefined;
  const points = 100 * (higherIsBetter ? to - from : from - to);
  return points > 0 ? (bytesUp + bytesDown) / points : undefined;
}

export interface LiveSpan {
  readonly version: number;
  readonly from: number;
  /** Null: live now. */
  readonly until: number | null;
  readonly by: AliasMove['by'];
  /** The version before it, where this move went back to a lower one. */
  readonly rolledBackFrom: number | null;
}

/** What was live when, newest first; `moves` in any order. */
export function liveSpans(moves: readonly AliasMove[]): LiveSpan[] {
  const ordered = [...moves].sort((a, b) => a.at - b.at);
  return ordered
    .map((move, index): LiveSpan => {
      const before = ordered[index - 1];
      return {
        version: move.version,
        from: move.at,
        until: ordered[index + 1]?.at ?? null,
        by: move.by,
        rolledBackFrom: before !== undefined && before.version > move.version ? before.version : null,
      };
    })
    .reverse();
}

/** The version that was live at a moment; undefined before the first. */
export const liveAt = (moves: readonly AliasMove[], at: number): number | undefined =>
  liveSpans(moves).find((span) => span.from <= at)?.version;

export interface VersionNode {
  readonly version: VersionView;
  /** Column by order of commit, lane 0 for the line that leads to the newest version. */
  readonly column: number;
  readonly lane: number;
  readonly parent: { readonly column: number; readonly lane: number } | null;
}

/** A git-style graph: the newest version's ancestors on lane 0, every branch on a lane of its own. `versions` ascending. */
export function versionGraph(versions: readonly VersionView[]): VersionNode[] {
  const byNumber = new Map(versions.map((version) => [version.version as number, version]));
  const main = new Set<number>();
  for (
    let at = versions.at(-1);
    at !== undefined && !main.has(at.version);
    at = at.parent === null ? undefined : byNumber.get(at.parent)
  )
    main.add(at.version);
  const placed = new Map<number, { column: number; lane: number }>();
  const tips = new Map<number, number>();
  let lanes = 1;
  return versions.map((version, column): VersionNode => {
    const parent = version.parent === null ? undefined : placed.get(version.parent);
    let lane = 0;
    if (!main.has(version.version)) {
      const goesOn = parent !== undefined && parent.lane > 0 && tips.get(parent.lane) === version.parent;
      lane = goesOn ? parent.lane : lanes;
      if (!goesOn) lanes += 1;
    }
    tips.set(lane, version.version);
    placed.set(version.version, { column, lane });
    return { version, column, lane, parent: parent ?? null };
  });
}
