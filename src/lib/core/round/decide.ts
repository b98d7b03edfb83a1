// The decision on one report: the same however often it is asked for, and before or after its bytes have travelled.
import type { Digest, ParticipantId, RoundNumber } from '../ids.ts';
import { isAsynchronous, isOver, memberOf, stalenessOf, type Report, type Round } from './round-state.ts';

/** Why a report is not counted, as far as the round itself can tell; the shapes of protocol/refusals.ts. */
export type ReportRefusal =
  | { readonly kind: 'not-in-cohort'; readonly round: number }
  | { readonly kind: 'duplicate'; readonly round: number }
  | {
      readonly kind: 'stale-base';
      readonly expected: string;
      readonly got: string;
      /** How old the base is and may be, in versions; absent where it is simply another one. */
      readonly age?: { readonly versions: number; readonly most: number };
    }
  | { readonly kind: 'round-closed'; readonly round: number; readonly current: number | null }
  | { readonly kind: 'invalid'; readonly reason: string };

/** What is offered: a report before anything of its content has been checked. */
export interface Offer {
  readonly participant: ParticipantId;
  readonly round: RoundNumber;
  readonly base: Digest;
  readonly update: Digest;
  readonly examples: number;
}

export type Decision =
  | { readonly type: 'wanted' }
  /** The very same update was accepted before: the receipt is given again. */
  | { readonly type: 'repeated'; readonly report: Report }
  /** The buffer is full and its version is being made: the report is one of the next round, which opens at once. */
  | { readonly type: 'later' }
  | { readonly type: 'refused'; readonly refusal: ReportRefusal };

const refused = (refusal: ReportRefusal): Decision => ({ type: 'refused', refusal });

export function decide(round: Round, offer: Offer): Decision {
  const member = memberOf(round, offer.participant);
  if (round.phase === 'selection') return refused({ kind: 'not-in-cohort', round: round.round });
  if (member === undefined)
    return refused(
      // Its device was a member once: a buffer that is over does not say so any more.
      isAsynchronous(round) && (offer.round < round.round || isOver(round))
        ? { kind: 'round-closed', round: offer.round, current: null }
        : { kind: 'not-in-cohort', round: offer.round },
    );
  const { task, standing } = member;
  // It was configured anew since.
  if (task.round > offer.round)
    return refused({ kind: 'stale-base', expected: task.digest, got: offer.base });
  if (task.round < offer.round) return refused({ kind: 'not-in-cohort', round: offer.round });
  if (standing.type === 'accepted')
    return standing.report.update === offer.update
      ? { type: 'repeated', report: standing.report }
      : refused({ kind: 'duplicate', round: offer.round });
  const isBetween = round.phase === 'aggregation' && isAsynchronous(round);
  if (round.phase !== 'reporting' && !isBetween)
    return refused({ kind: 'round-closed', round: round.round, current: null });
  switch (standing.type) {
    case 'refused':
      return refused({
        kind: 'invalid',
        reason: `an earlier update of this round was refused: ${standing.reason}`,
      });
    case 'withdrawn':
      return refused({ kind: 'invalid', reason: 'this device gave up the round before' });
    case 'expired':
      return refused(
        standing.cause === 'late'
          ? { kind: 'round-closed', round: offer.round, current: null }
          : {
              kind: 'stale-base',
              expected: round.baseDigest,
              got: offer.base,
              age: { versions: stalenessOf(round, task), most: round.maximumStaleness },
            },
      );
    case 'active':
    case 'dropped':
      break;
    default:
      standing satisfies never;
  }
  if (offer.base !== task.digest)
    return refused({ kind: 'stale-base', expected: task.digest, got: offer.base });
  if (offer.examples > member.candidate.examples)
    return refused({
      kind: 'invalid',
      reason: `it claims ${offer.examples} examples where the device checked in with ${member.candidate.examples}`,
    });
  return { type: isBetween ? 'later' : 'wanted' };
}
