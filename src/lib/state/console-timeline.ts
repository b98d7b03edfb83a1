// The geometry of a round's timeline: from a RoundView to bars, marks, ticks and the two lines "now" and "deadline", in
// pixels of a plot `width` wide. Drawing is RoundTimeline.svelte's work.
import type { RoundView, Stage } from '#lib/protocol/views.ts';
import { clock } from './clock-text.ts';

export interface TimelineBar {
  readonly stage: Stage;
  readonly x: number;
  readonly width: number;
  readonly startedAt: number;
  /** Null while it lasts. */
  readonly endedAt: number | null;
}
export interface TimelineRow {
  readonly participant: string;
  readonly name: string;
  readonly stage: Stage;
  readonly bars: readonly TimelineBar[];
  /** Where an update was accepted, refused, or the device dropped out; `label` says why it ended badly. */
  readonly mark: {
    readonly stage: 'accepted' | 'refused' | 'dropped';
    readonly x: number;
    readonly label: string | null;
  } | null;
  /** The row as a sentence, for the table and the reader that sees no picture. */
  readonly sentence: string;
}
export interface Timeline {
  readonly startAt: number;
  readonly endAt: number;
  readonly ticks: readonly { readonly x: number; readonly label: string }[];
  readonly rows: readonly TimelineRow[];
  /** Null once the round is over. */
  readonly nowX: number | null;
  /** Null when there is none, or when it lies beyond the drawn time. */
  readonly deadlineX: number | null;
}

export const stageWords: Readonly<Record<Stage, string>> = {
  waiting: 'waiting',
  receiving: 'receiving the model',
  training: 'training',
  uploading: 'uploading',
  accepted: 'update accepted',
  refused: 'update refused',
  dropped: 'dropped out',
};

const spansMs = [2, 5, 10, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400].map(
  (s) => s * 1000,
);
const ticksMs = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800].map(
  (s) => s * 1000,
);

/** A drawn span that grows in steps, so that bars do not creep while time passes; never beyond the deadline when that is near. */
function spanOf(round: RoundView, startAt: number, now: number): number {
  if (round.endedAt !== null) return Math.max(1_000, (round.endedAt - startAt) * 1.02);
  const elapsed = Math.max(0, now - startAt);
  const step = spansMs.find((span) => span >= elapsed * 1.15) ?? elapsed * 1.15;
  if (round.deadlineAt === null) return step;
  const toDeadline = round.deadlineAt - startAt;
  return toDeadline > elapsed && toDeadline * 1.05 <= step * 1.5 ? toDeadline * 1.05 : step;
}

const isEnd = (stage: Stage): stage is 'accepted' | 'refused' | 'dropped' =>
  stage === 'accepted' || stage === 'refused' || stage === 'dropped';

/** When the cohort was told to train: the 0:00 of a timeline. The opening of the round while nobody is picked. */
export function configuredAt(round: RoundView): number {
  const firsts = round.cohort.flatMap((member) => member.history.map((entry) => entry.at));
  return firsts.length === 0 ? round.openedAt : Math.min(...firsts);
}

/** `now` is in the server's clock, as all times of a view are. Ticks keep at least `tickPitch` pixels apart. */
export function timelineOf(round: RoundView, now: number, width: number, tickPitch = 56): Timeline {
  const startAt = configuredAt(round);
  const until = round.endedAt ?? Math.max(now, startAt);
  const span = spanOf(round, startAt, now);
  const endAt = startAt + span;
  const x = (at: number): number => Math.min(width, Math.max(0, ((at - startAt) / span) * width));

  const rows = round.cohort.map((member): TimelineRow => {
    const history = [...member.history].sort((a, b) => a.at - b.at);
    const bars: TimelineBar[] = [];
    let mark: TimelineRow['mark'] = null;
    const told: string[] = [];
    for (const [index, entry] of history.entries()) {
      if (isEnd(entry.stage)) {
        const since = clock(entry.at - startAt);
        const why = entry.stage === 'accepted' ? null : (member.reason ?? stageWords[entry.stage]);
        mark = { stage: entry.stage, x: x(entry.at), label: why === null ? null : `${since} · ${why}` };
        told.push(
          `${stageWords[entry.stage]} at ${since}${entry.stage !== 'accepted' && member.reason !== null ? `: ${member.reason}` : ''}`,
        );
        continue;
      }
      const next = history[index + 1];
      const stopAt = next?.at ?? until;
      const lasts = next === undefined && round.endedAt === null;
      bars.push({
        stage: entry.stage,
        x: x(entry.at),
        width: Math.max(1, x(stopAt) - x(entry.at)),
        startedAt: entry.at,
        endedAt: lasts ? null : stopAt,
      });
      told.push(
        `${stageWords[entry.stage]} ${lasts ? 'for' : ''} ${clock(stopAt - entry.at)}`.replace('  ', ' '),
      );
    }
    const sentence = `${member.name}: ${told.length === 0 ? stageWords[member.stage] : told.join(', ')}.`;
    return { participant: member.participant, name: member.name, stage: member.stage, bars, mark, sentence };
  });

  const mostTicks = Math.max(1, Math.floor(width / tickPitch));
  const pitch = ticksMs.find((step) => span / step <= mostTicks) ?? span / mostTicks;
  const ticks = [];
  for (let at = 0; at <= span; at += pitch) ticks.push({ x: x(startAt + at), label: clock(at) });

  const deadline = round.deadlineAt;
  return {
    startAt,
    endAt,
    ticks,
    rows,
    nowX: round.endedAt === null ? x(now) : null,
    deadlineX: deadline !== null && round.endedAt === null && deadline <= endAt ? x(deadline) : null,
  };
}

/** The whole round in a sentence: what the figure says to a reader that does not see it. */
export function timelineSentence(round: RoundView): string {
  const count = (stage: Stage): number => round.cohort.filter((member) => member.stage === stage).length;
  const parts = (['accepted', 'uploading', 'training', 'receiving', 'waiting', 'refused', 'dropped'] as const)
    .map((stage) => [count(stage), stage] as const)
    .filter(([number]) => number > 0)
    .map(([number, stage]) => `${number} ${stage}`);
  const all = round.cohort.length;
  return all === 0
    ? `Round ${round.round}: nobody is picked yet.`
    : `Round ${round.round}, ${all} ${all === 1 ? 'device' : 'devices'}: ${parts.join(', ')}; ${count('accepted')} of ${round.goal} updates needed are in.`;
}
