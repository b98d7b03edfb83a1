// One round, as a pure state machine (Bonawitz et al. 2019, §2.2):
//
//   SELECTION ── cohort full, or deadline and ≥ minimum ──► REPORTING ── goal, or deadline and ≥ minimum ──► AGGREGATION ──► COMMITTED
//       └─ deadline, too few ──► ABANDONED                    └─ too few can report any more ──► ABANDONED      └─ failed ──► ABANDONED
//
// step(round, event) → { round, effects }: the coordinator performs the effects in order. A `record` effect comes first
// wherever a step must be durable before anybody hears of it.
import type { ParticipantId } from '../ids.ts';
import { decide } from './decide.ts';
import type { Effect, Entry, RoundEvent, Step } from './round-events.ts';
import {
  acceptedReports,
  memberOf,
  stageOf,
  type Aggregation,
  type Member,
  type Report,
  type Reporting,
  type Round,
  type Selection,
  type Standing,
} from './round-state.ts';

export type RoundSetting = Pick<Selection, 'round' | 'run' | 'base' | 'baseDigest' | 'rules' | 'openedAt'>;

/** Devices configured for a goal: ⌈goal × overSelection⌉. */
export const cohortSize = (rules: Selection['rules']): number =>
  Math.ceil(rules.goal * rules.overSelection - 1e-9);

/** A round that has just opened; its caller records it, starts its timer and tells it who is available. */
export const openRound = (setting: RoundSetting): Selection => ({
  ...setting,
  phase: 'selection',
  candidates: [],
  population: 0,
});

const unchanged = (round: Round): Step => ({ round, effects: [] });

/** The unit of the sum that the strategy will make of updates of at most so many examples each (core/aggregation). */
export type QuantumOf = (claimedExamples: readonly number[]) => number;

export function step(round: Round, event: RoundEvent, quantumOf: QuantumOf): Step {
  switch (round.phase) {
    case 'selection':
      return inSelection(round, event, quantumOf);
    case 'reporting':
      return inReporting(round, event);
    case 'aggregation':
      return inAggregation(round, event);
    case 'committed':
    case 'abandoned':
      return event.type === 'report' ? answer(round, event.report) : unchanged(round);
    default:
      return round satisfies never;
  }
}

function inSelection(round: Selection, event: RoundEvent, quantumOf: QuantumOf): Step {
  switch (event.type) {
    case 'available': {
      const candidates = [...round.candidates];
      for (const candidate of event.candidates) {
        const known = candidates.findIndex((one) => one.participant === candidate.participant);
        if (known !== -1) candidates[known] = candidate;
        else if (candidates.length < cohortSize(round.rules)) candidates.push(candidate);
      }
      const population = Math.max(round.population, event.population, candidates.length);
      const next = { ...round, candidates, population };
      return candidates.length >= cohortSize(round.rules)
        ? configure(next, event.at, quantumOf)
        : unchanged(next);
    }
    case 'left':
    case 'lost':
    case 'withdrawn':
      return unchanged({
        ...round,
        candidates: round.candidates.filter((one) => one.participant !== event.participant),
      });
    case 'deadline':
      if (event.round !== round.round || event.phase !== 'selection') return unchanged(round);
      return round.candidates.length >= round.rules.minimum
        ? configure(round, event.at, quantumOf)
        : abandon(round, tooFew('took part', round.candidates.length, round.rules.minimum), event.at);
    case 'report':
      return answer(round, event.report);
    case 'cancelled':
      return abandon(round, event.reason, event.at);
    case 'progress':
    case 'rejected':
    case 'returned':
    case 'aggregated':
    case 'failed':
      return unchanged(round);
    default:
      return event satisfies never;
  }
}

function configure(round: Selection, at: number, quantumOf: QuantumOf): Step {
  const { candidates, phase: _, ...setting } = round;
  const quantum = quantumOf(candidates.map((one) => one.examples));
  const cohort = candidates.map((candidate): Member => ({
    candidate,
    standing: { type: 'active', stage: 'waiting', fraction: null },
    history: [{ stage: 'waiting', at }],
  }));
  const participants = candidates.map((one) => one.participant);
  return {
    round: { ...setting, phase: 'reporting', cohort, quantum, configuredAt: at },
    effects: [
      { type: 'record', entry: { type: 'configured', participants, quantum } },
      { type: 'start-timer', phase: 'reporting', ms: round.rules.reportingDeadlineMs },
      { type: 'configure', participants },
    ],
  };
}

function inReporting(round: Reporting, event: RoundEvent): Step {
  switch (event.type) {
    case 'progress': {
      const member = memberOf(round, event.participant);
      if (member === undefined || (member.standing.type !== 'active' && member.standing.type !== 'dropped'))
        return unchanged(round);
      const standing: Standing = { type: 'active', stage: event.stage, fraction: event.fraction };
      return unchanged(stand(round, event.participant, standing, event.at));
    }
    case 'report': {
      const answered = answer(round, event.report);
      if (answered.effects.length > 0) return answered;
      const next = stand(
        round,
        event.report.participant,
        { type: 'accepted', report: event.report },
        event.at,
      );
      const accepted: Effect[] = [
        { type: 'record', entry: { type: 'accepted', report: event.report } },
        { type: 'accept', report: event.report },
      ];
      return then(accepted, settle(next, event.at));
    }
    case 'rejected':
    case 'withdrawn': {
      const member = memberOf(round, event.participant);
      if (member === undefined || member.standing.type === 'accepted' || member.standing.type === 'withdrawn')
        return unchanged(round);
      const { participant, reason } = event;
      const standing: Standing =
        event.type === 'rejected' ? { type: 'refused', reason } : { type: 'withdrawn', reason };
      const next = stand(round, participant, standing, event.at);
      return then(
        [{ type: 'record', entry: { type: event.type, participant, reason } }],
        settle(next, event.at),
      );
    }
    case 'lost': {
      const member = memberOf(round, event.participant);
      if (member?.standing.type !== 'active') return unchanged(round);
      const reason = 'The connection was lost.';
      const next = stand(round, event.participant, { type: 'dropped', reason }, event.at);
      const entry: Entry = { type: 'dropped', participant: event.participant, reason };
      return then([{ type: 'record', entry }], settle(next, event.at));
    }
    case 'returned': {
      const member = memberOf(round, event.participant);
      if (member?.standing.type === 'active')
        return { round, effects: [{ type: 'configure', participants: [event.participant] }] };
      if (member?.standing.type !== 'dropped') return unchanged(round);
      const standing: Standing = { type: 'active', stage: 'waiting', fraction: null };
      return {
        round: stand(round, event.participant, standing, event.at),
        effects: [{ type: 'configure', participants: [event.participant] }],
      };
    }
    case 'deadline': {
      if (event.round !== round.round || event.phase !== 'reporting') return unchanged(round);
      const reports = acceptedReports(round).length;
      return reports >= round.rules.minimum
        ? aggregate(round)
        : abandon(round, tooFew('reported in time', reports, round.rules.minimum), event.at);
    }
    case 'cancelled':
      return abandon(round, event.reason, event.at);
    case 'available':
    case 'left':
    case 'aggregated':
    case 'failed':
      return unchanged(round);
    default:
      return event satisfies never;
  }
}

function inAggregation(round: Aggregation, event: RoundEvent): Step {
  switch (event.type) {
    case 'report':
      return answer(round, event.report);
    case 'aggregated': {
      const { version, digest, at } = event;
      return {
        round: {
          ...round,
          cohort: leaveRest(round.cohort, at),
          phase: 'committed',
          version,
          digest,
          endedAt: at,
        },
        effects: [
          { type: 'record', entry: { type: 'committed', version, digest } },
          { type: 'announce-commit' },
        ],
      };
    }
    case 'failed':
      return abandon(round, event.reason, event.at);
    case 'available':
    case 'left':
    case 'progress':
    case 'rejected':
    case 'withdrawn':
    case 'lost':
    case 'returned':
    case 'deadline':
    // The updates are in and the version is about to be made: a cancellation comes too late.
    case 'cancelled':
      return unchanged(round);
    default:
      return event satisfies never;
  }
}

/** No effect: the report is wanted. */
function answer(round: Round, report: Report): Step {
  const { participant, base, update, examples } = report;
  const decision = decide(round, { participant, round: round.round, base, update, examples });
  switch (decision.type) {
    case 'wanted':
      return unchanged(round);
    case 'repeated':
      return { round, effects: [{ type: 'accept', report: decision.report }] };
    case 'refused':
      return { round, effects: [{ type: 'refuse', participant, refusal: decision.refusal }] };
    default:
      return decision satisfies never;
  }
}

/** Closes the round where the goal is met, where nobody is left to wait for, or where the minimum is out of reach. */
function settle(round: Reporting, at: number): Step {
  const { goal, minimum } = round.rules;
  const count = (...types: Standing['type'][]): number =>
    round.cohort.filter((member) => types.includes(member.standing.type)).length;
  const reports = count('accepted');
  if (reports >= goal) return aggregate(round);
  if (count('active') === 0 && reports >= minimum) return aggregate(round);
  // Whoever lost its connection may still come back before the deadline.
  if (reports + count('active', 'dropped') < minimum)
    return abandon(round, tooFew('could report any more', reports + count('active', 'dropped'), minimum), at);
  return unchanged(round);
}

function aggregate(round: Reporting): Step {
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

function abandon(round: Selection | Reporting | Aggregation, reason: string, at: number): Step {
  const { round: number, run, base, baseDigest, rules, openedAt } = round;
  const cohort = round.phase === 'selection' ? [] : leaveRest(round.cohort, at);
  return {
    round: {
      round: number,
      run,
      base,
      baseDigest,
      rules,
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

/** Members that had not reported when the round ended. */
const leaveRest = (cohort: readonly Member[], at: number): Member[] =>
  cohort.map((member) =>
    member.standing.type === 'active'
      ? moved(member, { type: 'dropped', reason: 'The round ended before its update arrived.' }, at)
      : member,
  );

function moved(member: Member, standing: Standing, at: number): Member {
  const stage = stageOf(standing);
  const history = stageOf(member.standing) === stage ? member.history : [...member.history, { stage, at }];
  return { ...member, standing, history };
}

const stand = (round: Reporting, participant: ParticipantId, standing: Standing, at: number): Reporting => ({
  ...round,
  cohort: round.cohort.map((member) =>
    member.candidate.participant === participant ? moved(member, standing, at) : member,
  ),
});

const then = (effects: readonly Effect[], next: Step): Step => ({
  round: next.round,
  effects: [...effects, ...next.effects],
});

const tooFew = (did: string, got: number, minimum: number): string =>
  `Only ${got} ${got === 1 ? 'device' : 'devices'} ${did}; the round needs ${minimum}.`;
