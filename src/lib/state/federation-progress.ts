// What a federation's versions say of its progress, ready for tiles, tables and charts. A version whose evaluation has
// not come in yet has no figure, and none is made up for it.
import { metrics } from '../core/metrics/metric-list.ts';
import type { MetricName } from '../core/metrics/metric-name.ts';
import type { FederationView, RoundView, VersionView } from '../protocol/views.ts';

export interface MeasuredVersion {
  readonly version: VersionView;
  /** Of the federation's own metric. */
  readonly value: number;
}

/** The figure of one version; undefined until a device has scored it. */
export const versionFigure = ({ evaluation }: VersionView): number | undefined =>
  evaluation?.figure ?? undefined;

/** Versions that have been measured, ascending. */
export const measured = (versions: readonly VersionView[]): readonly MeasuredVersion[] =>
  versions.flatMap((version) => {
    const value = versionFigure(version);
    return value === undefined ? [] : [{ version, value }];
  });

export interface Quality {
  readonly latest: MeasuredVersion;
  /** The measured version before it. */
  readonly before: MeasuredVersion | undefined;
  readonly best: MeasuredVersion;
}

/** The newest measured version, the one before, and the best; undefined while nothing is measured. */
export function quality(versions: readonly VersionView[], metric: MetricName): Quality | undefined {
  const known = measured(versions);
  const latest = known.at(-1);
  if (latest === undefined) return undefined;
  const better = (a: number, b: number): boolean => (metrics[metric].higherIsBetter ? a > b : a < b);
  const best = known.reduce((winner, one) => (better(one.value, winner.value) ? one : winner), latest);
  return { latest, before: known.at(-2), best };
}

/** Updates that are in, of how many that close the round. */
export const reportsIn = (round: RoundView): number =>
  round.cohort.filter((member) => member.stage === 'accepted').length;

/** Places of the cohort that are still free while devices are picked. */
export const openPlaces = (round: RoundView): number =>
  round.phase === 'selection' ? Math.max(0, round.goal - round.cohort.length) : 0;

/** The line under the ring: "12 devices this round, 8 needed". */
export function ringSentence(view: FederationView): string {
  const { round } = view;
  const devices = (count: number): string => (count === 1 ? '1 device' : `${count} devices`);
  if (round === null)
    return view.state === 'running'
      ? `${devices(view.checkedIn)} waiting, ${view.spec.rules.minimum} needed for a round`
      : `${devices(view.connected)} here`;
  return `${devices(round.cohort.length)} this round, ${round.goal} needed`;
}

/** What a person reads for each state of a federation. */
export function stateWords(view: Pick<FederationView, 'state'>): {
  readonly words: string;
  readonly tone: 'ok' | 'warn' | 'neutral' | 'info';
} {
  switch (view.state) {
    case 'draft':
      return { words: 'Not open yet', tone: 'info' };
    case 'running':
      return { words: 'Running', tone: 'ok' };
    case 'paused':
      return { words: 'Paused', tone: 'warn' };
    case 'finished':
      return { words: 'Ended', tone: 'neutral' };
    default:
      return view.state satisfies never;
  }
}
