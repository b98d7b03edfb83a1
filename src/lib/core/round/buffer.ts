// Asynchronous rounds: a round is one buffer of K updates (Nguyen et al. 2022, algorithm 1; K is the goal). It opens with its
// version, takes reports of devices that began from it or from older ones, and closes at its K-th. Whoever still trains then is
// a member of the next round, with its own base and its own deadline. A device has one place in a buffer: what one person's
// update can do to a version stays what one update can do, and a fast device does not fill a buffer alone.
import type { ParticipantId } from '../ids.ts';
import { isUnderWay, moved, stand, unchanged, type Manned, type Moved } from './moves.ts';
import type { RoundEvent, Step } from './round-events.ts';
import {
  cohortOf,
  isAsynchronous,
  memberOf,
  stalenessOf,
  type Candidate,
  type Member,
  type Reporting,
  type Round,
  type Selection,
} from './round-state.ts';
import type { QuantumOf } from './round.ts';

export type RoundSetting = Pick<
  Selection,
  'round' | 'run' | 'base' | 'baseDigest' | 'rules' | 'maximumStaleness' | 'roots' | 'drawnFrom' | 'openedAt'
>;

/** Members whose work goes on when this round ends. */
export const carriedFrom = (round: Round): readonly Member[] =>
  isAsynchronous(round) ? cohortOf(round).filter(isUnderWay) : [];

/**
 * The unit of the sum is fixed here, for any K updates: of strategies that weigh each by 1 at most. A carried member whose
 * base has become too old to count has expired, and may be configured anew at once.
 */
export function openBuffer(
  setting: RoundSetting,
  carried: readonly Member[],
  quantumOf: QuantumOf,
): Reporting {
  const { maximumStaleness, openedAt } = setting;
  return {
    ...setting,
    phase: 'reporting',
    cohort: carried.map((member) => {
      const age = stalenessOf(setting, member.task);
      if (age <= maximumStaleness) return member;
      const reason = `Its base is ${age} versions old; at most ${maximumStaleness} still count.`;
      return moved(member, { type: 'expired', cause: 'stale', reason }, openedAt);
    }),
    quantum: quantumOf(Array.from({ length: setting.rules.goal }, () => 1)),
    population: carried.length,
    configuredAt: openedAt,
  };
}

/** Devices that may begin now. A lost one whose seat was given away may come back to its work: then there are fewer than none. */
export function freeSeats({ rules, cohort }: Reporting): number {
  if (rules.mode.type !== 'asynchronous') return 0;
  const busy = cohort.filter((member) => member.standing.type === 'active').length;
  return Math.max(0, rules.mode.concurrency - busy);
}

/** Whether this device may be configured in this round: neither at work for it, nor in it already, nor refused in it for good. */
export function mayTakeSeat(round: Reporting, participant: ParticipantId): boolean {
  const member = memberOf(round, participant);
  if (member === undefined) return true;
  switch (member.standing.type) {
    case 'active':
    case 'dropped':
    case 'accepted':
      return false;
    case 'withdrawn':
    case 'expired':
      return true;
    case 'refused':
      // The decision on (round, participant) stands; one on an earlier round does not bind this one.
      return member.task.round < round.round;
    default:
      return member.standing satisfies never;
  }
}

/** Configures whom there are seats for, in the order given, with this round's base. */
export function seat(round: Reporting, candidates: readonly Candidate[], at: number): Step {
  const taken = new Map<ParticipantId, Candidate>();
  const seats = freeSeats(round);
  for (const candidate of candidates) {
    if (taken.size === seats) break;
    if (mayTakeSeat(round, candidate.participant)) taken.set(candidate.participant, candidate);
  }
  if (taken.size === 0) return unchanged(round);
  const { round: number, base, baseDigest, rules, quantum } = round;
  const seated = [...taken.values()].map((candidate): Member => ({
    candidate,
    task: { round: number, version: base, digest: baseDigest, leftMs: rules.reportingDeadlineMs },
    standing: { type: 'active', stage: 'waiting', fraction: null },
    history: [{ stage: 'waiting', at }],
  }));
  const participants = [...taken.keys()];
  const cohort = [...round.cohort.filter((one) => !taken.has(one.candidate.participant)), ...seated];
  return {
    round: { ...round, cohort, population: Math.max(round.population, cohort.length) },
    effects: [
      { type: 'record', entry: { type: 'configured', participants, quantum } },
      { type: 'configure', participants },
    ],
  };
}

/** A member's own deadline: it is waited for no longer, and its seat is another's. */
export function expire<R extends Manned>(
  round: R,
  { participant, round: configured, at }: Extract<RoundEvent, { readonly type: 'overdue' }>,
): Moved<R> {
  const member = memberOf(round, participant);
  if (member === undefined || member.task.round !== configured || !isUnderWay(member))
    return unchanged(round);
  const reason = 'It did not report within its time.';
  return {
    round: stand(round, participant, { type: 'expired', cause: 'late', reason }, at),
    effects: [{ type: 'record', entry: { type: 'dropped', participant, reason } }],
  };
}
