// From rows to records and back. What comes from the disk is read by schemas, like everything from outside.
import * as v from 'valibot';
import { FederationSpec } from '#lib/core/federation.ts';
import {
  Digest,
  FederationId,
  ParticipantId,
  RoundNumber,
  RunNumber,
  SurveyNumber,
  VersionNumber,
} from '#lib/core/ids.ts';
import { SliceTallies } from '#lib/core/gates/slice-tally.ts';
import { LatencyStep } from '#lib/core/metrics/latency.ts';
import { Tally } from '#lib/core/metrics/tally.ts';
import { Round } from '#lib/core/round/round-state.ts';
import { TuningState } from '#lib/core/search/tuned-rounds.ts';
import { Signature } from '#lib/core/transparency/statements.ts';
import { InvitationId } from '#lib/protocol/invitations.ts';
import { Permission, PersonId, Role } from '#lib/protocol/people.ts';
import { SurveyView } from '#lib/protocol/survey-views.ts';
import { AliasMove, RunState, SettingsChance } from '#lib/protocol/views.ts';
import type {
  ActRecord,
  AdmissionRecord,
  CredentialRecord,
  EvaluationRecord,
  ExclusionRecord,
  FederationRecord,
  InvitationRecord,
  JournalRecord,
  LogRecord,
  PersonRecord,
  RoundRecord,
  RunRecord,
  SessionRecord,
  StoredSurvey,
  SurveyRecord,
  UpdateRecord,
  VersionRecord,
} from '../../ports/records.ts';
import type { Tables } from './schema.ts';

const json = (text: string): unknown => JSON.parse(text);
const Delta = v.strictObject({
  anchor: VersionNumber,
  digest: Digest,
  bytes: v.number(),
  codec: v.string(),
});

export const federationRow = (record: FederationRecord): Omit<Tables['federations'], 'position'> => ({
  id: record.id,
  spec_json: JSON.stringify(record.spec),
  created_at: record.createdAt,
  state: record.state,
  run: record.run,
  rounds_committed: record.roundsCommitted,
  last_round: record.lastRound,
  live: record.live,
  live_pinned: record.livePinned ? 1 : 0,
  roots_json: record.roots.length === 0 ? null : JSON.stringify(record.roots),
});

export const readFederation = (row: Tables['federations']): FederationRecord => ({
  id: v.parse(FederationId, row.id),
  spec: v.parse(FederationSpec, json(row.spec_json)),
  createdAt: row.created_at,
  state: v.parse(RunState, row.state),
  run: v.parse(v.nullable(RunNumber), row.run),
  roundsCommitted: row.rounds_committed,
  lastRound: row.last_round,
  live: v.parse(VersionNumber, row.live),
  livePinned: row.live_pinned === 1,
  roots: row.roots_json === null ? [] : v.parse(v.array(ParticipantId), json(row.roots_json)),
});

export const runRow = (record: RunRecord): Tables['runs'] => ({
  federation: record.federation,
  run: record.run,
  spec_json: JSON.stringify(record.spec),
  started_at: record.startedAt,
  ended_at: record.endedAt,
  outcome: record.outcome,
  tuning_json: record.tuning === undefined ? null : JSON.stringify(record.tuning),
});

export const readRun = (row: Tables['runs']): RunRecord => ({
  federation: v.parse(FederationId, row.federation),
  run: v.parse(RunNumber, row.run),
  spec: v.parse(FederationSpec, json(row.spec_json)),
  startedAt: row.started_at,
  endedAt: row.ended_at,
  outcome: row.outcome,
  ...(row.tuning_json === null ? {} : { tuning: v.parse(TuningState, json(row.tuning_json)) }),
});

export const roundRow = ({ federation, round, remainingMs }: RoundRecord): Tables['rounds'] => ({
  federation,
  round: round.round,
  run: round.run,
  phase: round.phase,
  state_json: JSON.stringify(round),
  remaining_ms: remainingMs,
});

export const readRound = (row: Tables['rounds']): RoundRecord => ({
  federation: v.parse(FederationId, row.federation),
  round: v.parse(Round, json(row.state_json)),
  remainingMs: row.remaining_ms,
});

export const updateRow = (record: UpdateRecord): Tables['updates'] => ({
  federation: record.federation,
  run: record.run,
  round: record.round,
  participant: record.participant,
  base: record.base,
  digest: record.update,
  bytes: record.bytes,
  examples: record.examples,
  received_at: record.receivedAt,
  outcome: record.outcome,
  refusal_json: record.refusal === null ? null : JSON.stringify(record.refusal),
  counted_in: record.countedIn,
});

export const readUpdate = (row: Tables['updates']): UpdateRecord => ({
  federation: v.parse(FederationId, row.federation),
  run: v.parse(RunNumber, row.run),
  round: v.parse(RoundNumber, row.round),
  participant: v.parse(ParticipantId, row.participant),
  base: v.parse(Digest, row.base),
  update: v.parse(Digest, row.digest),
  bytes: row.bytes,
  examples: row.examples,
  receivedAt: row.received_at,
  countedIn: v.parse(v.nullable(RoundNumber), row.counted_in),
  outcome: v.parse(v.picklist(['accepted', 'refused']), row.outcome),
  refusal: row.refusal_json === null ? null : json(row.refusal_json),
});

export const versionRow = (record: VersionRecord): Tables['versions'] => ({
  federation: record.federation,
  version: record.version,
  digest: record.digest,
  bytes: record.bytes,
  state: record.state,
  residual: record.residual,
  delta_json: record.delta === null ? null : JSON.stringify(record.delta),
  norm: record.norm,
  parent: record.parent,
  run: record.run,
  round: record.round,
  committed_at: record.committedAt,
  participants: record.participants,
  examples: record.examples,
  bytes_up: record.bytesUp,
  bytes_down: record.bytesDown,
  duration_ms: record.durationMs,
  tuning_json: record.tuning === undefined ? null : JSON.stringify(record.tuning),
});

export const readVersion = (row: Tables['versions']): VersionRecord => ({
  federation: v.parse(FederationId, row.federation),
  version: v.parse(VersionNumber, row.version),
  digest: v.parse(Digest, row.digest),
  bytes: row.bytes,
  state: v.parse(v.nullable(Digest), row.state),
  residual: v.parse(v.nullable(Digest), row.residual),
  delta: row.delta_json === null ? null : v.parse(Delta, json(row.delta_json)),
  norm: row.norm,
  parent: v.parse(v.nullable(VersionNumber), row.parent),
  run: v.parse(v.nullable(RunNumber), row.run),
  round: v.parse(v.nullable(RoundNumber), row.round),
  committedAt: row.committed_at,
  participants: row.participants,
  examples: row.examples,
  bytesUp: row.bytes_up,
  bytesDown: row.bytes_down,
  durationMs: row.duration_ms,
  ...(row.tuning_json === null ? {} : { tuning: v.parse(v.array(SettingsChance), json(row.tuning_json)) }),
});

export const evaluationRow = (record: EvaluationRecord): Tables['evaluations'] => ({
  federation: record.federation,
  version: record.version,
  participant: record.participant,
  tally_json: JSON.stringify(record.tally),
  personal_json: record.personal === null ? null : JSON.stringify(record.personal),
  latency_step: record.latency ?? null,
  slices_json: record.slices === undefined ? null : JSON.stringify(record.slices),
  at: record.at,
});

export const readEvaluation = (row: Tables['evaluations']): EvaluationRecord => ({
  federation: v.parse(FederationId, row.federation),
  version: v.parse(VersionNumber, row.version),
  participant: v.parse(ParticipantId, row.participant),
  tally: v.parse(Tally, json(row.tally_json)),
  personal: row.personal_json === null ? null : v.parse(Tally, json(row.personal_json)),
  ...(row.latency_step === null ? {} : { latency: v.parse(LatencyStep, row.latency_step) }),
  ...(row.slices_json === null ? {} : { slices: v.parse(SliceTallies, json(row.slices_json)) }),
  at: row.at,
});

export const aliasRow = (
  federation: FederationId,
  move: AliasMove,
): Omit<Tables['alias_moves'], 'position'> => ({ federation, ...move });

export const readAlias = (row: Tables['alias_moves']): AliasMove =>
  v.parse(AliasMove, { alias: row.alias, version: row.version, at: row.at, by: row.by });

export const invitationRow = (record: InvitationRecord): Tables['invitations'] => ({
  federation: record.federation,
  id: record.id,
  digest: record.digest,
  note: record.note,
  created_at: record.createdAt,
  expires_at: record.expiresAt,
  devices: record.devices,
  revoked_at: record.revokedAt,
});

export const readInvitation = (row: Tables['invitations']): InvitationRecord => ({
  federation: v.parse(FederationId, row.federation),
  id: v.parse(InvitationId, row.id),
  digest: v.parse(Digest, row.digest),
  note: row.note,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  devices: row.devices,
  revokedAt: row.revoked_at,
});

export const readAdmission = (row: Tables['admissions']): AdmissionRecord => ({
  federation: v.parse(FederationId, row.federation),
  participant: v.parse(ParticipantId, row.participant),
  invitation: v.parse(InvitationId, row.invitation),
  at: row.at,
});

export const readExclusion = (row: Tables['exclusions']): ExclusionRecord => ({
  federation: v.parse(FederationId, row.federation),
  participant: v.parse(ParticipantId, row.participant),
  name: row.name,
  reason: row.reason,
  at: row.at,
});

export const surveyRow = ({ federation, survey }: SurveyRecord): Tables['surveys'] => ({
  federation,
  survey: survey.survey,
  survey_json: JSON.stringify(survey),
});
const SurveyText = v.pipe(v.string(), v.parseJson(), SurveyView);
/** One that cannot be read keeps no server from starting: its number alone counts on. */
export function readSurvey(row: Tables['surveys']): StoredSurvey {
  const federation = v.parse(FederationId, row.federation);
  const read = v.safeParse(SurveyText, row.survey_json);
  return read.success
    ? { federation, survey: read.output }
    : { federation, unreadable: v.parse(SurveyNumber, row.survey) };
}

export const readSession = (row: Tables['sessions']): SessionRecord => ({
  digest: v.parse(Digest, row.digest),
  person: v.parse(v.nullable(PersonId), row.person),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});

export const personRow = (record: PersonRecord): Tables['people'] => ({
  id: record.id,
  name: record.name,
  role: record.role,
  created_at: record.createdAt,
});

export const readPerson = (row: Tables['people']): PersonRecord => ({
  id: v.parse(PersonId, row.id),
  name: row.name,
  role: v.parse(Role, row.role),
  createdAt: row.created_at,
});

const Secret = v.variant('type', [
  v.strictObject({ type: v.literal('sign-in-link'), digest: Digest }),
  v.strictObject({ type: v.literal('recovery-code'), digest: Digest }),
  v.strictObject({
    type: v.literal('api-token'),
    digest: Digest,
    name: v.string(),
    scopes: v.array(Permission),
  }),
  v.strictObject({
    type: v.literal('passkey'),
    name: v.string(),
    publicKey: v.string(),
    counter: v.number(),
    transports: v.array(v.string()),
  }),
]);

export const credentialRow = (record: CredentialRecord): Tables['credentials'] => ({
  id: record.id,
  person: record.person,
  created_at: record.createdAt,
  expires_at: record.expiresAt,
  secret_json: JSON.stringify(record.secret),
});

export const readCredential = (row: Tables['credentials']): CredentialRecord => ({
  id: row.id,
  person: v.parse(PersonId, row.person),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  secret: v.parse(Secret, json(row.secret_json)),
});

export const actRow = ({ detail, ...record }: ActRecord): Tables['acts'] => ({
  ...record,
  detail_json: JSON.stringify(detail),
});

export const readAct = ({ detail_json, ...row }: Tables['acts']): ActRecord => ({
  ...row,
  detail: json(detail_json),
});

export const sessionRow = (record: SessionRecord): Tables['sessions'] => ({
  digest: record.digest,
  person: record.person,
  created_at: record.createdAt,
  expires_at: record.expiresAt,
});

export const logRow = ({ leaf, signed, ...record }: LogRecord): Tables['version_log'] => ({
  ...record,
  leaf_json: leaf,
  ...signed,
});

export const readLog = ({ leaf_json, key, signature, ...row }: Tables['version_log']): LogRecord => ({
  federation: v.parse(FederationId, row.federation),
  version: v.parse(VersionNumber, row.version),
  leaf: leaf_json,
  root: row.root,
  at: row.at,
  journal: row.journal,
  signed: v.parse(Signature, { key, signature }),
});

export const journalRow = (record: JournalRecord): Tables['journal'] => ({
  federation: record.federation,
  sequence: record.sequence,
  at: record.at,
  type: record.type,
  payload_json: JSON.stringify(record.payload),
  previous: record.previous,
  hash: record.hash,
});

export const readEntry = (row: Tables['journal']): JournalRecord => ({
  federation: v.parse(FederationId, row.federation),
  sequence: row.sequence,
  at: row.at,
  type: row.type,
  payload: json(row.payload_json),
  previous: row.previous,
  hash: row.hash,
});
