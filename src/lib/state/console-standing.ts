// How a federation stands, in a few words: for the pill of a header, the title of a tab, and a line of the list.
import { figure } from '#lib/core/metrics/figures.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import { measures } from '#lib/core/metrics/metric-name.ts';
import type { FederationView, RoundPhase, RoundView, RunState, VersionView } from '#lib/protocol/views.ts';
import { clock } from './clock-text.ts';
import { count, isBetter, metricChange } from './format.ts';

export interface Standing {
  readonly tone: 'neutral' | 'accent' | 'ok' | 'warn' | 'info';
  readonly glyph: string;
  readonly words: string;
}

export const phaseWords: Readonly<Record<RoundPhase, string>> = {
  selection: 'Waiting for devices',
  reporting: 'Collecting updates',
  aggregation: 'Averaging',
  committed: 'Committed',
  abandoned: 'Abandoned',
};

export function stateStanding(state: RunState): Standing {
  switch (state) {
    case 'draft':
      return { tone: 'neutral', glyph: '○', words: 'Not started' };
    case 'running':
      return { tone: 'accent', glyph: '●', words: 'Running' };
    case 'paused':
      return { tone: 'warn', glyph: '❚❚', words: 'Paused' };
    case 'finished':
      return { tone: 'ok', glyph: '✓', words: 'Finished' };
    default:
      return state satisfies never;
  }
}

/** The round, while it is in progress. */
export const openRound = (round: RoundView | null): RoundView | null =>
  round !== null && round.endedAt === null ? round : null;
export const isOpen = (round: RoundView | null): boolean => openRound(round) !== null;

/** The pill beside the title: the phase of the open round with the time left, else the state of the run. */
export function standingOf(view: FederationView, now: number): Standing {
  const round = openRound(view.round);
  if (round === null) return stateStanding(view.state);
  const left = round.deadlineAt === null ? '' : ` · ${clock(Math.max(0, round.deadlineAt - now))} left`;
  return {
    tone: round.phase === 'selection' ? 'neutral' : 'info',
    glyph: round.phase === 'selection' ? '○' : '■',
    words: `${phaseWords[round.phase]}${left}`,
  };
}

export const acceptedIn = (round: RoundView): number =>
  round.cohort.filter((member) => member.stage === 'accepted').length;

/** "Run 7 · round 93" while one is open (rounds count over all runs), "Run 7 · 13 of 40 rounds" between, "No run yet". */
export function runHeading(view: FederationView): string {
  if (view.run === null) return 'No run yet';
  const round = openRound(view.round);
  return round === null
    ? `Run ${view.run} · ${count(view.roundsCommitted)} of ${count(view.spec.rules.maximumRounds)} rounds`
    : `Run ${view.run} · round ${count(round.round)}`;
}

/** Of the tab: "● 7/8 · Skin triage · Run 7". */
export function tabTitle(view: FederationView, section: string): string {
  const round = openRound(view.round);
  const begins = round === null ? '' : `● ${acceptedIn(round)}/${round.goal} · `;
  return `${begins}${view.spec.brief.title} · ${section}`;
}

export interface MetricStanding {
  readonly version: number;
  /** As measured: a share, or in the metric's own unit. */
  readonly value: number;
  /** Against the live version, or against the one before where the newest scored one is live. */
  readonly against:
    | {
        readonly version: number;
        readonly isLive: boolean;
        readonly change: string;
        readonly better: boolean | undefined;
      }
    | undefined;
}

/** The success metric at the newest scored version; undefined until one was scored. */
export function metricStanding(
  view: FederationView,
  versions: readonly VersionView[],
): MetricStanding | undefined {
  const { name } = view.spec.metric;
  const scored = versions.flatMap((one) => {
    const value = one.evaluation === null ? undefined : figure(one.evaluation.tally, name);
    return value === undefined ? [] : [{ version: one.version, value }];
  });
  const newest = scored.at(-1);
  if (newest === undefined) return undefined;
  const live = scored.find((one) => one.version === view.live && one.version !== newest.version);
  const other = live ?? scored.at(-2);
  return {
    ...newest,
    against:
      other === undefined
        ? undefined
        : {
            version: other.version,
            isLive: other === live,
            change: metricChange(name, other.value, newest.value),
            better: isBetter(name, other.value, newest.value),
          },
  };
}

/** What this federation's tallies have; before the first, what classes have. */
export const metricNames = (versions: readonly VersionView[]): (keyof typeof metrics)[] => {
  const tally = versions.findLast(({ evaluation }) => evaluation !== null && evaluation.participants > 0)
    ?.evaluation?.tally;
  return (Object.keys(metrics) as (keyof typeof metrics)[]).filter((name) =>
    tally === undefined ? measures(name, 'classification') : figure(tally, name) !== undefined,
  );
};
