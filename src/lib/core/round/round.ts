// One round, as a pure state machine (Bonawitz et al. 2019, §2.2):
//
//   SELECTION ── cohort full, or deadline and ≥ minimum ──► REPORTING ── goal, or deadline and ≥ minimum ──► AGGREGATION ──► COMMITTED
//       └─ deadline, too few ──► ABANDONED                    └─ too few can report any more ──► ABANDONED      └─ failed ──► ABANDONED
//
// An asynchronous round has no selection: it opens in REPORTING as a buffer (buffer.ts) and waits for its goal without a deadline
// of its own. step(round, event) → { round, effects }: the coordinator performs the effects in order. A `record` effect comes
// first wherever a step must be durable before anybody hears of it.
import { expire, seat, type RoundSetting } from './buffer.ts';
import { abandon, accept, aggregate, answer, membersLeft, ofMember, followedBy, unchanged } from './moves.ts';
import type { Effect, RoundEvent, Step } from './round-events.ts';
import {
  acceptedReports,
  isAsynchronous,
  type Aggregation,
  type Candidate,
  type Member,
  type Reporting,
  type Round,
  type Selection,
  type Standing,
} from './round-state.ts';
import { hasRoot, isRoot, rootMissing, rootStands } from './roots.ts';

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

/**
 * A round whose cohort the server drew by chance from `drawnFrom` opens with those of the drawn that are here: the others are absent,
 * also if they come later. Nothing about it may depend on how many were drawn, or a bound that counts on the draw would not hold: it
 * has no minimum, it does not end at its goal (which is what the sum is divided by), and the unit of its sum is that of all.
 */
export function openDrawn(setting: RoundSetting, here: readonly Candidate[], quantumOf: QuantumOf): Step {
  const drawnFrom = setting.drawnFrom ?? [];
  const cohort = here.map((candidate) => newMember(setting, candidate, setting.openedAt));
  const opened: Reporting = {
    ...setting,
    phase: 'reporting',
    cohort,
    quantum: quantumOf(drawnFrom.length === 0 ? [1] : drawnFrom.map(() => 1)),
    population: drawnFrom.length,
    configuredAt: setting.openedAt,
  };
  return followedBy(configuring(opened), settle(opened, setting.openedAt));
}

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
        else if (candidates.length < cohortSize(round.rules) || isRoot(round, candidate.participant))
          candidates.push(candidate);
      }
      const population = Math.max(round.population, event.population, candidates.length);
      return configureWhenFull({ ...round, candidates, population }, event.at, quantumOf);
    }
    case 'roots':
      return round.roots === undefined
        ? unchanged(round)
        : configureWhenFull({ ...round, roots: [...event.roots] }, event.at, quantumOf);
    case 'left':
    case 'lost':
    case 'withdrawn':
      return unchanged({
        ...round,
        candidates: round.candidates.filter((one) => one.participant !== event.participant),
      });
    case 'deadline':
      if (event.round !== round.round || event.phase !== 'selection') return unchanged(round);
      if (round.candidates.length < round.rules.minimum)
        return abandon(round, tooFew('took part', round.candidates.length, round.rules.minimum), event.at);
      return hasRoot(round, round.candidates)
        ? configure(round, event.at, quantumOf)
        : abandon(round, rootMissing(round, 'took part'), event.at);
    case 'report':
      return answer(round, event.report);
    case 'cancelled':
      return abandon(round, event.reason, event.at);
    case 'progress':
    case 'rejected':
    case 'returned':
    case 'overdue':
    case 'aggregated':
    case 'failed':
      return unchanged(round);
    default:
      return event satisfies never;
  }
}

const configureWhenFull = (round: Selection, at: number, quantumOf: QuantumOf): Step =>
  round.candidates.length >= cohortSize(round.rules) && hasRoot(round, round.candidates)
    ? configure(round, at, quantumOf)
    : unchanged(round);

function configure(round: Selection, at: number, quantumOf: QuantumOf): Step {
  const { candidates, phase: _, ...setting } = round;
  const quantum = quantumOf(candidates.map((one) => one.examples));
  const cohort = candidates.map((candidate) => newMember(round, candidate, at));
  const configured: Reporting = { ...setting, phase: 'reporting', cohort, quantum, configuredAt: at };
  return { round: configured, effects: configuring(configured) };
}

const newMember = (setting: RoundSetting, candidate: Candidate, at: number): Member => ({
  candidate,
  task: { round: setting.round, version: setting.base, digest: setting.baseDigest, leftMs: null },
  standing: { type: 'active', stage: 'waiting', fraction: null },
  history: [{ stage: 'waiting', at }],
});

function configuring({ cohort, quantum, rules }: Reporting): readonly Effect[] {
  const participants = cohort.map((one) => one.candidate.participant);
  return [
    { type: 'record', entry: { type: 'configured', participants, quantum } },
    { type: 'start-timer', phase: 'reporting', ms: rules.reportingDeadlineMs },
    { type: 'configure', participants },
  ];
}

function inReporting(round: Reporting, event: RoundEvent): Step {
  switch (event.type) {
    case 'progress':
    case 'returned':
      return ofMember(round, event);
    case 'rejected':
    case 'withdrawn':
    case 'lost': {
      const next = ofMember(round, event);
      return next.effects.length === 0 ? next : followedBy(next.effects, settle(next.round, event.at));
    }
    case 'report': {
      const answered = answer(round, event.report);
      if (answered.effects.length > 0) return answered;
      const next = accept(round, event.report, event.at);
      return followedBy(next.effects, settle(next.round, event.at));
    }
    case 'available':
      return isAsynchronous(round) ? seat(round, event.candidates, event.at) : unchanged(round);
    case 'overdue':
      return isAsynchronous(round) ? expire(round, event) : unchanged(round);
    case 'deadline': {
      if (event.round !== round.round || event.phase !== 'reporting' || isAsynchronous(round))
        return unchanged(round);
      const reports = acceptedReports(round).length;
      if (reports < leastReports(round))
        return abandon(round, tooFew('reported in time', reports, round.rules.minimum), event.at);
      return rootStands(round, 'accepted')
        ? aggregate(round)
        : abandon(round, rootMissing(round, 'reported in time'), event.at);
    }
    case 'roots':
      return round.roots === undefined
        ? unchanged(round)
        : settle({ ...round, roots: [...event.roots] }, event.at);
    case 'cancelled':
      return abandon(round, event.reason, event.at);
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
      const { version, digest, charged, at } = event;
      // What secure sums were opened with is not kept.
      const { sums: _, ...kept } = round;
      return {
        round: {
          ...kept,
          cohort: membersLeft(round, at),
          phase: 'committed',
          version,
          digest,
          ...(charged === undefined ? {} : { charged }),
          endedAt: at,
        },
        effects: [
          { type: 'record', entry: { type: 'committed', version, digest } },
          { type: 'announce-commit' },
        ],
      };
    }
    case 'failed':
      return abandon(round, event.reason, event.at, isAsynchronous(round));
    case 'progress':
    case 'rejected':
    case 'withdrawn':
    case 'lost':
    case 'returned':
      // Whoever still trains here is a member of the next round.
      return isAsynchronous(round) ? ofMember(round, event) : unchanged(round);
    case 'overdue':
      return isAsynchronous(round) ? expire(round, event) : unchanged(round);
    case 'available':
    case 'left':
    case 'deadline':
    case 'roots':
    // The updates are in and the version is about to be made: a cancellation comes too late.
    case 'cancelled':
      return unchanged(round);
    default:
      return event satisfies never;
  }
}

/**
 * Closes the round where the goal is met, where nobody is left to wait for, or where the minimum is out of reach; one that needs
 * a root waits for its update, goal met or not.
 */
function settle(round: Reporting, at: number): Step {
  const minimum = leastReports(round);
  const goal = round.drawnFrom === undefined ? round.rules.goal : Infinity;
  const count = (...types: Standing['type'][]): number =>
    round.cohort.filter((member) => types.includes(member.standing.type)).length;
  const reports = count('accepted');
  if (!rootStands(round, 'active', 'dropped', 'accepted'))
    return abandon(round, rootMissing(round, 'can report any more'), at);
  const isComplete = rootStands(round, 'accepted');
  if (reports >= goal && isComplete) return aggregate(round);
  // A buffer waits for its goal: others take the seats of those who went.
  if (isAsynchronous(round)) return unchanged(round);
  if (count('active') === 0 && reports >= minimum && isComplete) return aggregate(round);
  // Whoever lost its connection may still come back before the deadline.
  if (reports + count('active', 'dropped') < minimum)
    return abandon(round, tooFew('could report any more', reports + count('active', 'dropped'), minimum), at);
  return unchanged(round);
}

const leastReports = ({ drawnFrom, rules }: Reporting): number =>
  drawnFrom === undefined ? rules.minimum : 0;

const tooFew = (did: string, got: number, minimum: number): string =>
  `Only ${got} ${got === 1 ? 'device' : 'devices'} ${did}; the round needs ${minimum}.`;
