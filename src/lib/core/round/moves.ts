// The steps that rounds of both kinds are made of: a member's move, a report's answer, the end of reporting, the end without a
// version. When they are taken is round.ts and buffer.ts.
import type { ParticipantId } from '../ids.ts';
import { decide } from './decide.ts';
import type { Effect, Entry, RoundEvent, Step } from './round-events.ts';
import {
  acceptedReports,
  isAsynchronous,
  memberOf,
  stageOf,
  stalenessOf,
  type Aggregation,
  type Delivered,
  type Member,
  type Reporting,
  type Round,
  type Selection,
  type Standing,
} from './round-state.ts';

/** A round whose members train. */
export type Manned = Reporting | Aggregation;
export interface Moved<R extends Manned> {
  readonly round: R;
  readonly effects: readonly Effect[];
}

export const unchanged = <R extends Round>(
  round: R,
): { readonly round: R; readonly effects: readonly Effect[] } => ({
  round,
  effects: [],
});

/** Not named `then`: a module that exports that is taken for a promise. */
export const followedBy = (effects: readonly Effect[], next: Step): Step => ({
  round: next.round,
  effects: [...effects, ...next.effects],
});

export type MemberEvent = Extract<
  RoundEvent,
  { readonly type: 'progress' | 'rejected' | 'withdrawn' | 'lost' | 'returned' }
>;

/** What happens to one member, whatever becomes of its round by it. */
export function ofMember<R extends Manned>(round: R, event: MemberEvent): Moved<R> {
  const { participant, at } = event;
  const member = memberOf(round, participant);
  if (member === undefined) return unchanged(round);
  const { type } = member.standing;
  const recorded = (standing: Standing, entry: Entry): Moved<R> => ({
    round: stand(round, participant, standing, at),
    effects: [{ type: 'record', entry }],
  });
  switch (event.type) {
    case 'progress': {
      if (type !== 'active' && type !== 'dropped') return unchanged(round);
      const standing: Standing = { type: 'active', stage: event.stage, fraction: event.fraction };
      return unchanged(stand(round, participant, standing, at));
    }
    case 'rejected': {
      if (type === 'accepted' || type === 'withdrawn') return unchanged(round);
      const { reason } = event;
      return recorded({ type: 'refused', reason }, { type: 'rejected', participant, reason });
    }
    case 'withdrawn': {
      if (type === 'accepted' || type === 'withdrawn') return unchanged(round);
      const { reason, tried } = event;
      const why = tried === undefined ? { reason } : { reason, tried };
      return recorded({ type: 'withdrawn', ...why }, { type: 'withdrawn', participant, ...why });
    }
    case 'lost': {
      if (type !== 'active') return unchanged(round);
      const reason = 'The connection was lost.';
      return recorded({ type: 'dropped', reason }, { type: 'dropped', participant, reason });
    }
    case 'returned': {
      if (type !== 'active' && type !== 'dropped') return unchanged(round);
      const standing: Standing = { type: 'active', stage: 'waiting', fraction: null };
      return {
        round: type === 'active' ? round : stand(round, participant, standing, at),
        effects: [{ type: 'configure', participants: [participant] }],
      };
    }
    default:
      return event satisfies never;
  }
}

/** No effect: the report is wanted. */
export function answer(round: Round, report: Delivered): Step {
  const { participant, base, update, examples } = report;
  const decision = decide(round, { participant, round: report.round, base, update, examples });
  switch (decision.type) {
    case 'wanted':
      return unchanged(round);
    case 'later':
      return { round, effects: [{ type: 'ask-again', participant }] };
    case 'repeated':
      return { round, effects: [{ type: 'accept', report: decision.report }] };
    case 'refused':
      return { round, effects: [{ type: 'refuse', participant, refusal: decision.refusal }] };
    default:
      return decision satisfies never;
  }
}

/** Takes a report that answer() wants. */
export function accept(round: Reporting, delivered: Delivered, at: number): Moved<Reporting> {
  const task = memberOf(round, delivered.participant)?.task;
  if (task === undefined) throw new Error(`${delivered.participant} is no member of round ${round.round}.`);
  const report = { ...delivered, version: task.version, staleness: stalenessOf(round, task) };
  return {
    round: stand(round, delivered.participant, { type: 'accepted', report }, at),
    effects: [
      { type: 'record', entry: { type: 'accepted', report } },
      { type: 'accept', report },
    ],
  };
}

export function aggregate(round: Reporting): Step {
  const reports = acceptedReports(round);
  const examples = reports.reduce((total, report) => total + report.examples, 0);
  return {
    round: { ...round, phase: 'aggregation' },
    effects: [
      { type: 'stop-timer' },
      { type: 'record', entry: { type: 'closed', reports: reports.length, examples } },
      { type: 'aggregate' },
    ],
  };
}

/** `carries`: whoever still trains goes on in the next round (buffer.ts), and is no member of this one any more. */
export function abandon(round: Selection | Manned, reason: string, at: number, carries = false): Step {
  const { round: number, run, base, baseDigest, rules, maximumStaleness, roots, drawnFrom, openedAt } = round;
  const cohort =
    round.phase === 'selection' ? [] : carries ? withoutCarried(round.cohort) : leaveRest(round.cohort, at);
  return {
    round: {
      round: number,
      run,
      base,
      baseDigest,
      rules,
      maximumStaleness,
      ...(roots === undefined ? {} : { roots }),
      ...(drawnFrom === undefined ? {} : { drawnFrom }),
      openedAt,
      phase: 'abandoned',
      cohort,
      reason,
      endedAt: at,
    },
    effects: [
      { type: 'stop-timer' },
      { type: 'record', entry: { type: 'abandoned', reason } },
      { type: 'announce-abandon', reason },
    ],
  };
}

/** Who is still at it: in asynchronous rounds a member of the next one too. */
export const isUnderWay = ({ standing }: Member): boolean =>
  standing.type === 'active' || standing.type === 'dropped';

export const withoutCarried = (cohort: readonly Member[]): Member[] =>
  cohort.filter((member) => !isUnderWay(member));

/** Members as a committed or abandoned round keeps them. */
export const membersLeft = (round: Manned, at: number): Member[] =>
  isAsynchronous(round) ? withoutCarried(round.cohort) : leaveRest(round.cohort, at);

/** Members that had not reported when the round ended. */
const leaveRest = (cohort: readonly Member[], at: number): Member[] =>
  cohort.map((member) =>
    member.standing.type === 'active'
      ? moved(member, { type: 'dropped', reason: 'The round ended before its update arrived.' }, at)
      : member,
  );

export function moved(member: Member, standing: Standing, at: number): Member {
  const stage = stageOf(standing);
  const history = stageOf(member.standing) === stage ? member.history : [...member.history, { stage, at }];
  return { ...member, standing, history };
}

export const stand = <R extends Manned>(
  round: R,
  participant: ParticipantId,
  standing: Standing,
  at: number,
): R => ({
  ...round,
  cohort: round.cohort.map((member) =>
    member.candidate.participant === participant ? moved(member, standing, at) : member,
  ),
});
