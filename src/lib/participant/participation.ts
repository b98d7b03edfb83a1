// What a participant's screen knows of taking part: one list of states and one list of reasons (interface, tests and logs
// all speak of these and no others). The machinery that moves through them is take-part.ts.
import type { FederationId, RoundNumber, VersionNumber } from '../core/ids.ts';
import type { TrainingPlan } from '../core/model/spec.ts';
import type { LinkBytes, LinkState } from '../ports/coordinator-link.ts';
import type { HistoryPoint } from '../ports/participant-store.ts';
import type { BackendName } from '../ports/trainer.ts';

/**
 * idle: not joined · checking: the engine is measured · waiting: for a cohort to fill · receiving · training ·
 * sending · averaging: the update is in, the round is not over · resting: not picked, or between rounds · done: the run ended.
 */
export type ParticipationState =
  'idle' | 'checking' | 'waiting' | 'receiving' | 'training' | 'sending' | 'averaging' | 'resting' | 'done';

/** Why nothing moves although the device takes part: at most one, the first of this list that holds. */
export type BlockedReason =
  | 'user-paused'
  | 'own-limit'
  | 'federation-paused'
  | 'other-tab'
  | 'other-history'
  | 'other-terms'
  | 'offline'
  | 'late'
  | 'frozen-back'
  | 'gpu-lost'
  | 'oom'
  | 'storage-full'
  | 'diverged'
  | 'excluded'
  | 'budget-spent'
  | 'come-back';

export interface BlockedBy {
  readonly reason: BlockedReason;
  readonly since: number;
  /** you · browser · device · coordinator · network */
  readonly actor: 'you' | 'browser' | 'device' | 'coordinator' | 'network';
  /** The sentence on screen. */
  readonly message: string;
}

export interface ParticipationView {
  readonly federation: FederationId;
  readonly state: ParticipationState;
  readonly blocked: BlockedBy | null;
  readonly link: LinkState;
  readonly round: RoundNumber | null;
  readonly base: VersionNumber | null;
  /** It trains in no round: it judges versions, by all its rows where it makes nothing of them for itself. */
  readonly isHeldOut: boolean;
  /** Progress of the present state, 0–1; null where it has no measure. */
  readonly fraction: number | null;
  /** Milliseconds until training here ends; null until it is measured. */
  readonly etaMs: number | null;
  readonly deadlineAt: number | null;
  readonly backend: BackendChoice | null;
  readonly examplesPerSecond: number | null;
  /** Training loss over all rounds of this visit; `epoch` is the round. */
  readonly history: readonly HistoryPoint[];
  readonly bytes: LinkBytes;
  /** Since this device first took part. */
  readonly roundsContributed: number;
  readonly bytesSent: number;
  /** What this device's held-out rows say of the versions it has scored, ascending. */
  readonly localEvaluations: readonly {
    readonly version: VersionNumber;
    readonly count: number;
    /** Of the success metric, and the loss; null: not to be had of these rows. */
    readonly figure: number | null;
    readonly loss: number | null;
    /** Of this device's own model; null: it had none. */
    readonly personal: { readonly figure: number | null } | null;
  }[];
  /** What the round in hand is trained by here; null: none is in hand, or it was trained in an earlier visit. */
  readonly plan: TrainingPlan | null;
  /** In a secure sum: how many others are in it, and a phrase that is the same on all of their devices; null: not in one. */
  readonly peers: { readonly count: number; readonly phrase: string } | null;
  readonly leaveAfterRound: boolean;
  /** The last thing that happened, in a sentence: "Sent update 13 (0.6 MB)." */
  readonly lastEvent: string | null;
}

/** What the self-test said of one back end on *this* model. */
export type BackendReport =
  | {
      readonly backend: BackendName;
      readonly description: string;
      readonly passed: true;
      readonly stepMs: number;
      /** Largest difference of a gradient step from the plain reference, relative to the step's own size. */
      readonly relativeError: number;
    }
  | {
      readonly backend: BackendName;
      readonly description: string;
      readonly passed: false;
      readonly reason: string;
    };

export interface BackendChoice {
  readonly backend: BackendName;
  readonly description: string;
  /** Why this one: "fastest of 3 that passed the self-test: 1.9 ms a step (WebGPU 39 ms, CPU 21 ms)". */
  readonly reason: string;
  readonly reports: readonly BackendReport[];
}
