// Port: every record that must survive: federations, runs, rounds, updates, versions, evaluations, alias moves, invitations and
// who was let in or left out, coordinator sessions and the journal. Large bytes lie in the blob store and are named here by digest.
// Guarantees, repeated by test/contract/stores.test.ts: `write` is one transaction, durable when it resolves, all or
// nothing; what was inserted once is never overwritten; reads see every write that has resolved.
import type { FederationSpec } from '#lib/core/federation.ts';
import type {
  Digest,
  FederationId,
  ParticipantId,
  RoundNumber,
  RunNumber,
  SurveyNumber,
  VersionNumber,
} from '#lib/core/ids.ts';
import type { SliceTally } from '#lib/core/gates/slice-tally.ts';
import type { Tally } from '#lib/core/metrics/tally.ts';
import type { Round } from '#lib/core/round/round-state.ts';
import type { TuningState } from '#lib/core/search/tuned-rounds.ts';
import type { Signature } from '#lib/core/transparency/statements.ts';
import type { InvitationId } from '#lib/protocol/invitations.ts';
import type { Permission, PersonId, Role } from '#lib/protocol/people.ts';
import type { SurveyView } from '#lib/protocol/survey-views.ts';
import type { AliasMove, RunState, SettingsChance } from '#lib/protocol/views.ts';

export interface FederationRecord {
  readonly id: FederationId;
  readonly spec: FederationSpec;
  readonly createdAt: number;
  readonly state: RunState;
  readonly run: RunNumber | null;
  /** Committed rounds of the present run. */
  readonly roundsCommitted: number;
  /** Rounds opened so far, over all runs. */
  readonly lastRound: number;
  readonly live: VersionNumber;
  /** A coordinator chose `live` by hand: commits do not move it. */
  readonly livePinned: boolean;
  /** Devices that the coordinator trusts: where the strategy needs it, others' updates are measured against theirs. */
  readonly roots: readonly ParticipantId[];
}

export interface RunRecord {
  readonly federation: FederationId;
  readonly run: RunNumber;
  readonly spec: FederationSpec;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Why it ended, in a sentence. */
  readonly outcome: string | null;
  /** What its rounds came to of the local settings that they try; absent: of none yet, or they try none. */
  readonly tuning?: TuningState;
}

export interface RoundRecord {
  readonly federation: FederationId;
  readonly round: Round;
  /** What was left of the present phase's deadline when this was written; null where no timer runs. */
  readonly remainingMs: number | null;
}

/** The decision on an update whose bytes were received whole. One a (federation, round, participant), for good. */
export interface UpdateRecord {
  readonly federation: FederationId;
  readonly run: RunNumber;
  readonly round: RoundNumber;
  readonly participant: ParticipantId;
  readonly base: Digest;
  readonly update: Digest;
  readonly bytes: number;
  readonly examples: number;
  readonly receivedAt: number;
  /** The round whose version it is part of: `round` in synchronous runs, and a later one where it took longer; null: refused. */
  readonly countedIn: RoundNumber | null;
  readonly outcome: 'accepted' | 'refused';
  /** Why it was refused: an UpdateRefusal; null when accepted. */
  readonly refusal: unknown;
}

export interface VersionRecord {
  readonly federation: FederationId;
  readonly version: VersionNumber;
  readonly digest: Digest;
  readonly bytes: number;
  /** What the strategy remembers with it (moments, controls): a blob of f32 values; null: nothing. */
  readonly state: Digest | null;
  /** What the downlink's codec lost on the way here: a blob of f32 values [P]; null: nothing. Never leaves the server. */
  readonly residual: Digest | null;
  /** The version as the difference to its anchor (core/update/broadcast.ts), encoded; null where devices get it whole. */
  readonly delta: {
    readonly anchor: VersionNumber;
    readonly digest: Digest;
    readonly bytes: number;
    readonly codec: string;
  } | null;
  /** ‖version − parent‖₂; null for version 0. */
  readonly norm: number | null;
  readonly parent: VersionNumber | null;
  readonly run: RunNumber | null;
  readonly round: RoundNumber | null;
  readonly committedAt: number;
  readonly participants: number;
  readonly examples: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly durationMs: number | null;
  /** The local settings that were in play in its round, and how likely each was; absent: all trained by the plan. */
  readonly tuning?: readonly SettingsChance[];
}

export interface EvaluationRecord {
  readonly federation: FederationId;
  readonly version: VersionNumber;
  readonly participant: ParticipantId;
  readonly tally: Tally;
  /** Of the device's own model on the same rows; null: it had none. */
  readonly personal: Tally | null;
  /** How long one prediction takes on it, as a step (core/metrics/latency.ts); absent: it did not tell. */
  readonly latency?: number;
  /** Of each slice that conditions were about, of no rows too; absent: it did not count. */
  readonly slices?: readonly SliceTally[];
  readonly at: number;
}

export interface InvitationRecord {
  readonly federation: FederationId;
  readonly id: InvitationId;
  /** Of its code, which whoever made it has seen once. */
  readonly digest: Digest;
  readonly note: string;
  readonly createdAt: number;
  /** Null: it does not expire. */
  readonly expiresAt: number | null;
  /** How many devices may join by it. */
  readonly devices: number;
  readonly revokedAt: number | null;
}

/** A device that joined by an invitation: from then on its key lets it in. */
export interface AdmissionRecord {
  readonly federation: FederationId;
  readonly participant: ParticipantId;
  readonly invitation: InvitationId;
  readonly at: number;
}

/** A device that a coordinator left out. */
export interface ExclusionRecord {
  readonly federation: FederationId;
  readonly participant: ParticipantId;
  /** As it was called when it was left out. */
  readonly name: string;
  /** What its person is told. */
  readonly reason: string;
  readonly at: number;
}

/** What was asked of the devices, and what came of it. */
export interface SurveyRecord {
  readonly federation: FederationId;
  readonly survey: SurveyView;
}

/** As it is found again; `unreadable`: the number of one whose record says nothing that can be understood. */
export type StoredSurvey =
  SurveyRecord | { readonly federation: FederationId; readonly unreadable: SurveyNumber };

/** Somebody who works the console. */
export interface PersonRecord {
  readonly id: PersonId;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
}

/** By what a person shows who it is. Secrets lie here as their digests; each of the first two works once. */
export interface CredentialRecord {
  readonly id: string;
  readonly person: PersonId;
  readonly createdAt: number;
  /** Null: it does not expire. */
  readonly expiresAt: number | null;
  readonly secret:
    | { readonly type: 'sign-in-link'; readonly digest: Digest }
    | { readonly type: 'recovery-code'; readonly digest: Digest }
    | {
        readonly type: 'api-token';
        readonly digest: Digest;
        readonly name: string;
        readonly scopes: readonly Permission[];
      }
    | {
        readonly type: 'passkey';
        readonly name: string;
        /** COSE, in base64url. */
        readonly publicKey: string;
        /** Signatures so far, as far as the authenticator counts them. */
        readonly counter: number;
        readonly transports: readonly string[];
      };
}

/** A signed-in person. The cookie's value is known to the browser alone; here lies its digest. */
export interface SessionRecord {
  readonly digest: Digest;
  /** Null: signed in before there were several; the first owner. */
  readonly person: PersonId | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A link of a federation's hash chain, which outlives it: hash = SHA-256(previous ‖ canonical text of the rest). */
export interface JournalRecord {
  readonly federation: FederationId;
  /** Counts from 1 without gaps. */
  readonly sequence: number;
  readonly at: number;
  readonly type: string;
  readonly payload: unknown;
  readonly previous: string;
  readonly hash: string;
}

/** A leaf of a federation's log of versions, and the tree's head with it as the last one. */
export interface LogRecord {
  readonly federation: FederationId;
  /** The leaf's place: one a version, from 0 on. */
  readonly version: VersionNumber;
  /** Canonical JSON of a LoggedVersion: the very text that is hashed. */
  readonly leaf: string;
  readonly root: string;
  /** When the head was signed. */
  readonly at: number;
  /** Hash of the journal's last line before the head. */
  readonly journal: string;
  readonly signed: Signature;
}

/** A link of the chain of coordinators' acts, of the whole server. */
export interface ActRecord {
  /** Counts from 1 without gaps. */
  readonly sequence: number;
  readonly at: number;
  /** Whoever did it: a coordinator, by what is known of it. */
  readonly by: string;
  readonly act: string;
  /** Also of one that is there no more. */
  readonly federation: string | null;
  readonly detail: unknown;
  readonly previous: string;
  readonly hash: string;
}

/** A row as a change leaves it in its table; columns without a value are left out. */
export interface StoredRow {
  readonly table: string;
  /** Within its federation and table; of a table that only grows, "+": the next one. */
  readonly key: string;
  /** Null: the change takes it away. */
  readonly values: Readonly<Record<string, string | number>> | null;
}

export type Change =
  | { readonly type: 'create-federation'; readonly record: FederationRecord }
  | { readonly type: 'change-federation'; readonly record: FederationRecord }
  /** With everything that belongs to it but its journal, which stays for good. */
  | { readonly type: 'delete-federation'; readonly id: FederationId }
  | { readonly type: 'put-run'; readonly record: RunRecord }
  | { readonly type: 'put-round'; readonly record: RoundRecord }
  | { readonly type: 'insert-update'; readonly record: UpdateRecord }
  | { readonly type: 'insert-version'; readonly record: VersionRecord }
  /** Version 0 of a draft, whose seed or network was changed. */
  | { readonly type: 'replace-initial-version'; readonly record: VersionRecord }
  | { readonly type: 'insert-evaluation'; readonly record: EvaluationRecord }
  | { readonly type: 'move-alias'; readonly federation: FederationId; readonly move: AliasMove }
  | { readonly type: 'put-invitation'; readonly record: InvitationRecord }
  | { readonly type: 'insert-admission'; readonly record: AdmissionRecord }
  | { readonly type: 'put-exclusion'; readonly record: ExclusionRecord }
  | {
      readonly type: 'delete-exclusion';
      readonly federation: FederationId;
      readonly participant: ParticipantId;
    }
  | { readonly type: 'put-survey'; readonly record: SurveyRecord }
  | { readonly type: 'put-person'; readonly record: PersonRecord }
  /** With its credentials and sessions. */
  | { readonly type: 'delete-person'; readonly id: PersonId }
  | { readonly type: 'put-credential'; readonly record: CredentialRecord }
  | { readonly type: 'delete-credential'; readonly id: string }
  | { readonly type: 'insert-session'; readonly record: SessionRecord }
  | { readonly type: 'delete-session'; readonly digest: Digest }
  | { readonly type: 'append-log'; readonly record: LogRecord }
  | { readonly type: 'append-act'; readonly record: ActRecord }
  | { readonly type: 'append-journal'; readonly record: JournalRecord };

/** A write that would break a guarantee: an id or key that is there already, a federation that is not. Nothing was written. */
export class RecordConflict extends Error {
  override readonly name = 'RecordConflict';
}

/** The disk has no room for a write. Nothing was written, and everything is as before: no doubt is left, unlike after an I/O error. */
export class RecordsFull extends Error {
  override readonly name = 'RecordsFull';
}

/** Whether a write that failed so is known to have changed nothing: every other failure leaves it unknown. */
export const changedNothing = (error: unknown): boolean =>
  error instanceof RecordConflict || error instanceof RecordsFull;

export interface ActPage {
  /** Acts below this number only. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface RoundPage {
  /** Rounds below this number only. */
  readonly before?: number;
  readonly limit: number;
}

export interface Records {
  /** Rejects with RecordConflict or RecordsFull where nothing was written, else with what the disk said. */
  write(changes: readonly Change[]): Promise<void>;
  /**
   * What is left of a change for good, for the journal to name; nothing for what is transient (a round that is open still, a
   * session), for the journal itself, and where nobody will ever ask.
   */
  rowsOf(change: Change): readonly StoredRow[];
  /** In order of creation. */
  federations(): Promise<readonly FederationRecord[]>;
  run(federation: FederationId, run: RunNumber): Promise<RunRecord | undefined>;
  /** Newest first. */
  rounds(federation: FederationId, page: RoundPage): Promise<readonly RoundRecord[]>;
  round(federation: FederationId, round: RoundNumber): Promise<RoundRecord | undefined>;
  update(
    federation: FederationId,
    round: RoundNumber,
    participant: ParticipantId,
  ): Promise<UpdateRecord | undefined>;
  /** Ascending. */
  versions(federation: FederationId): Promise<readonly VersionRecord[]>;
  /** In the order in which they were inserted, which what is told of slices depends on. */
  evaluations(federation: FederationId): Promise<readonly EvaluationRecord[]>;
  /** Newest first. */
  aliases(federation: FederationId): Promise<readonly AliasMove[]>;
  /** In order of creation. */
  invitations(federation: FederationId): Promise<readonly InvitationRecord[]>;
  admissions(federation: FederationId): Promise<readonly AdmissionRecord[]>;
  exclusions(federation: FederationId): Promise<readonly ExclusionRecord[]>;
  /** In the order of their numbers. */
  surveys(federation: FederationId): Promise<readonly StoredSurvey[]>;
  /** In order of creation. */
  people(): Promise<readonly PersonRecord[]>;
  credentials(): Promise<readonly CredentialRecord[]>;
  sessions(): Promise<readonly SessionRecord[]>;
  /** Newest first. */
  acts(page: ActPage): Promise<readonly ActRecord[]>;
  /** Ascending. */
  log(federation: FederationId): Promise<readonly LogRecord[]>;
  /** Ascending. */
  journal(federation: FederationId): Promise<readonly JournalRecord[]>;
  lastEntry(federation: FederationId): Promise<JournalRecord | undefined>;
  close(): Promise<void>;
}
