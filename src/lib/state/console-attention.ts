// What a coordinator should look at, worst first: who left or was refused in the round now in progress, rounds that came
// to nothing, a round that waits for devices, a shared model that got worse, and one that nobody has scored.
import { figure } from '#lib/core/metrics/figures.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import type { CohortMember, FederationView, RoundView, VersionView } from '#lib/protocol/views.ts';
import { clock } from './clock-text.ts';
import { compareFigure } from './console-comparison.ts';
import { openRound } from './console-standing.ts';
import { isExact, scoredBy, unscoredWords } from './score-words.ts';
import { configuredAt } from './console-timeline.ts';

export interface AttentionItem {
  readonly id: string;
  readonly tone: 'danger' | 'warn' | 'info';
  readonly title: string;
  readonly text: string;
  /** The round that it is about, to be opened. */
  readonly round: number | null;
}

/** Rounds older than this many no longer ask for attention. */
const RECENT_ROUNDS = 3;

export function attentionOf(
  view: FederationView,
  rounds: readonly RoundView[],
  versions: readonly VersionView[],
): AttentionItem[] {
  const items: AttentionItem[] = [];
  const current = openRound(view.round);

  const lately = rounds.filter(
    (round) => round.phase === 'abandoned' && round.round > newest(view, rounds) - RECENT_ROUNDS,
  );
  if (lately.length > 1 && view.state !== 'finished')
    items.push({
      id: 'abandoned-many',
      tone: 'danger',
      title: `${lately.length} of the last ${RECENT_ROUNDS} rounds were abandoned`,
      text: `Latest, round ${lately[0]?.round}: ${sentence(lately[0]?.reason ?? 'no reason recorded')} Fewer devices per round, or a longer deadline, would help.`,
      round: lately[0]?.round ?? null,
    });
  else
    for (const round of lately)
      items.push({
        id: `abandoned-${round.round}`,
        tone: 'warn',
        title: `Round ${round.round} was abandoned`,
        text: `${sentence(round.reason ?? 'no reason recorded')} Version ${round.base} stays the newest.`,
        round: round.round,
      });

  if (current !== null) {
    const accepted = current.cohort.filter((member) => member.stage === 'accepted').length;
    const lost = current.cohort.filter((member) => member.stage === 'dropped' || member.stage === 'refused');
    const possible = current.cohort.length - lost.length;
    if (current.phase === 'reporting' && possible < current.minimum)
      items.push({
        id: `hopeless-${current.round}`,
        tone: 'danger',
        title: `Round ${current.round} can no longer reach its minimum`,
        text: `${accepted} of at least ${current.minimum} updates are in, and ${possible === accepted ? 'nobody still works on one' : `only ${possible - accepted} still ${possible - accepted === 1 ? 'works' : 'work'} on theirs`}. It will be abandoned at its deadline.`,
        round: current.round,
      });
    const remaining =
      possible >= current.goal
        ? 'The round still has enough devices.'
        : `${possible} of ${current.goal} wanted updates can still come.`;
    for (const stage of ['refused', 'dropped'] as const) {
      const members = lost.filter((member) => member.stage === stage);
      for (const reason of new Set(members.map((member) => member.reason ?? 'No reason came with it'))) {
        const same = members.filter((member) => (member.reason ?? 'No reason came with it') === reason);
        items.push({
          id: `${stage}-${current.round}-${reason}`,
          tone: stage === 'refused' ? 'danger' : 'warn',
          title: lossTitle(stage, same, current),
          text: `${same.length > 1 ? `${same.map((member) => member.name).join(', ')}. ` : ''}${sentence(reason)} ${remaining}`,
          round: current.round,
        });
      }
    }
  }

  if (view.state === 'running' && view.checkedIn < view.spec.rules.minimum && current?.phase !== 'reporting')
    items.push({
      id: 'too-few',
      tone: 'info',
      title: 'Waiting for devices',
      text: `${view.checkedIn} checked in; a round needs at least ${view.spec.rules.minimum}. Share the invitation.`,
      round: null,
    });

  const live = versions.find((version) => version.version === view.live);
  const name = view.spec.metric.name;
  const evaluated = [...versions]
    .reverse()
    .find((version) => version.evaluation !== null && version.version > view.live);
  if (live?.evaluation != null && evaluated?.evaluation != null) {
    const exact = isExact(evaluated.evaluation) && isExact(live.evaluation);
    const compared = compareFigure(name, evaluated.evaluation.tally, live.evaluation.tally, exact);
    if (compared.verdict === 'worse')
      items.push({
        id: `worse-${evaluated.version}`,
        tone: 'warn',
        title: `Version ${evaluated.version} is worse than the live version ${live.version}`,
        text: `${metrics[name].title} by ${compared.isShare ? `${Math.abs((compared.difference ?? 0) * 100).toFixed(1)} points` : Math.abs(compared.difference ?? 0).toPrecision(3)}, beyond what chance explains.`,
        round: null,
      });
  }
  if (
    view.state !== 'draft' &&
    view.head.version > 0 &&
    versions.length > 2 &&
    versions.every(
      (version) => version.evaluation === null || figure(version.evaluation.tally, name) === undefined,
    )
  )
    items.push({
      id: 'unscored',
      tone: 'info',
      title: 'No version has been scored',
      text:
        scoredBy(view.spec) === 'devices'
          ? 'Devices score a version on the rows that they hold out. None has done so yet: their data sets may be too small to hold any out.'
          : unscoredWords(view.spec),
      round: null,
    });

  const order = { danger: 0, warn: 1, info: 2 } as const;
  return items.sort((a, b) => order[a.tone] - order[b.tone]);
}

function lossTitle(stage: 'refused' | 'dropped', same: readonly CohortMember[], round: RoundView): string {
  const [only] = same;
  if (only === undefined || same.length > 1)
    return stage === 'refused'
      ? `${same.length} updates were refused`
      : `${same.length} devices left round ${round.round}`;
  if (stage === 'refused') return `${only.name}'s update was refused`;
  const at = only.history.at(-1)?.at;
  return `${only.name} left round ${round.round}${at === undefined ? '' : ` at ${clock(at - configuredAt(round))}`}`;
}

const newest = (view: FederationView, rounds: readonly RoundView[]): number =>
  view.round?.round ?? rounds[0]?.round ?? 0;

/** First letter large, one full stop at the end. */
const sentence = (text: string): string => {
  const trimmed = text.trim();
  const ended = /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
};
