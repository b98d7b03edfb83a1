// The decision on one report: the same however often it is asked for, and before or after its bytes have travelled.
import type { Digest, ParticipantId, RoundNumber } from '../ids.ts';
import { memberOf, type Report, type Round } from './round-state.ts';

/** Why a report is not counted, as far as the round itself can tell; the shapes of protocol/refusals.ts. */
export type ReportRefusal =
  | { readonly kind: 'not-in-cohort'; readonly round: number }
  | { readonly kind: 'duplicate'; readonly round: number }
  | { readonly kind: 'stale-base'; readonly expected: string; readonly got: string }
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
  | { readonly type: 'refused'; readonly refusal: ReportRefusal };

const refused = (refusal: ReportRefusal): Decision => ({ type: 'refused', refusal });

export function decide(round: Round, offer: Offer): Decision {
  const member = memberOf(round, offer.participant);
  if (member?.standing.type === 'accepted')
    return member.standing.report.update === offer.update
      ? { type: 'repeated', report: member.standing.report }
      : refused({ kind: 'duplicate', round: round.round });
  if (round.phase === 'selection') return refused({ kind: 'not-in-cohort', round: round.round });
  if (member === undefined) return refused({ kind: 'not-in-cohort', round: round.round });
  if (round.phase !== 'reporting')
    return refused({ kind: 'round-closed', round: round.round, current: null });
  switch (member.standing.type) {
    case 'refused':
      return refused({
        kind: 'invalid',
        reason: `an earlier update of this round was refused: ${member.standing.reason}`,
      });
    case 'withdrawn':
      return refused({ kind: 'invalid', reason: 'this device gave up the round before' });
    case 'active':
    case 'dropped':
      break;
    default:
      member.standing satisfies never;
  }
  if (offer.base !== round.baseDigest)
    return refused({ kind: 'stale-base', expected: round.baseDigest, got: offer.base });
  if (offer.examples > member.candidate.examples)
    return refused({
      kind: 'invalid',
      reason: `it claims ${offer.examples} examples where the device checked in with ${member.candidate.examples}`,
    });
  return { type: 'wanted' };
}
