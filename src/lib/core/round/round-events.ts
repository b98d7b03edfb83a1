// What can happen to a round, and what is to be done about it: the letters of the state machine in round.ts.
import type { Charged } from '../privacy/rules.ts';
import type { Digest, ParticipantId, RoundNumber, VersionNumber } from '../ids.ts';
import type { Tried } from '../search/judged.ts';
import type { ReportRefusal } from './decide.ts';
import type { ActiveStage, Candidate, Delivered, Report, Round } from './round-state.ts';

export type TimedPhase = 'selection' | 'reporting';

export type RoundEvent =
  /** Devices that may be picked, in the order in which they are to be picked. */
  | {
      readonly type: 'available';
      readonly candidates: readonly Candidate[];
      /** All that are there, picked or not. */
      readonly population: number;
      readonly at: number;
    }
  /** A candidate went before it was picked. */
  | { readonly type: 'left'; readonly participant: ParticipantId; readonly at: number }
  | {
      readonly type: 'progress';
      readonly participant: ParticipantId;
      readonly stage: ActiveStage;
      readonly fraction: number;
      readonly at: number;
    }
  /** A verified update: length, digest, values. */
  | { readonly type: 'report'; readonly report: Delivered; readonly at: number }
  /** An update whose values are refused for good. */
  | {
      readonly type: 'rejected';
      readonly participant: ParticipantId;
      readonly reason: string;
      readonly at: number;
    }
  | {
      readonly type: 'withdrawn';
      readonly participant: ParticipantId;
      readonly reason: string;
      readonly tried?: Tried | undefined;
      readonly at: number;
    }
  /** Asynchronous rounds: a member’s own deadline has passed; `round` is the one that it was configured in. */
  | {
      readonly type: 'overdue';
      readonly participant: ParticipantId;
      readonly round: RoundNumber;
      readonly at: number;
    }
  /** The coordinator trusts these devices now: of rounds that need a root. */
  | { readonly type: 'roots'; readonly roots: readonly ParticipantId[]; readonly at: number }
  /** Disconnected for longer than the grace. */
  | { readonly type: 'lost'; readonly participant: ParticipantId; readonly at: number }
  /** A cohort member is back (a reload, a lost network, a restart of the server). */
  | { readonly type: 'returned'; readonly participant: ParticipantId; readonly at: number }
  | {
      readonly type: 'deadline';
      readonly round: RoundNumber;
      readonly phase: TimedPhase;
      readonly at: number;
    }
  | {
      readonly type: 'aggregated';
      readonly version: VersionNumber;
      readonly digest: Digest;
      readonly charged?: Charged | undefined;
      readonly at: number;
    }
  | { readonly type: 'failed'; readonly reason: string; readonly at: number }
  | { readonly type: 'cancelled'; readonly reason: string; readonly at: number };

/** A line of the journal: what became true, durable before it is acted on. */
export type Entry =
  | { readonly type: 'configured'; readonly participants: readonly ParticipantId[]; readonly quantum: number }
  | { readonly type: 'accepted'; readonly report: Report }
  | { readonly type: 'rejected'; readonly participant: ParticipantId; readonly reason: string }
  | {
      readonly type: 'withdrawn';
      readonly participant: ParticipantId;
      readonly reason: string;
      readonly tried?: Tried;
    }
  | { readonly type: 'dropped'; readonly participant: ParticipantId; readonly reason: string }
  | { readonly type: 'closed'; readonly reports: number; readonly examples: number }
  | { readonly type: 'committed'; readonly version: VersionNumber; readonly digest: Digest }
  | { readonly type: 'abandoned'; readonly reason: string };

export type Effect =
  /** Write the round as it now is, and this entry, in one transaction. */
  | { readonly type: 'record'; readonly entry: Entry }
  /** Starts the one timer of a round, in place of an earlier one. */
  | { readonly type: 'start-timer'; readonly phase: TimedPhase; readonly ms: number }
  | { readonly type: 'stop-timer' }
  | { readonly type: 'configure'; readonly participants: readonly ParticipantId[] }
  | { readonly type: 'accept'; readonly report: Report }
  /** No decision yet: the same report again, once the version that is being made is there. */
  | { readonly type: 'ask-again'; readonly participant: ParticipantId }
  | { readonly type: 'refuse'; readonly participant: ParticipantId; readonly refusal: ReportRefusal }
  | { readonly type: 'aggregate' }
  | { readonly type: 'announce-commit' }
  | { readonly type: 'announce-abandon'; readonly reason: string };

export interface Step {
  readonly round: Round;
  readonly effects: readonly Effect[];
}
