// The data plane and the coordinator's API: bodies and paths of every HTTP request under /api.
//
//   GET    /api/federations                                  FederationSummary[]
//   GET    /api/federations/:id                              FederationView
//   GET    /api/federations/:id/versions                     VersionView[]           ascending
//   GET    /api/federations/:id/rounds?before=&limit=        RoundView[]             newest first
//   GET    /api/federations/:id/aliases                      AliasMove[]             newest first
//   GET    /api/federations/:id/log?since=&size=&round=&participant=   LogReply
//   GET    /api/federations/:id/versions/:v/export?format=   zip (tfjs) | safetensors file
//   GET    /api/federations/:id/versions/:v/card.md         model card, Markdown
//   GET    /api/federations/:id/briefs                       BriefVersion[]          oldest first (briefs.ts; PUT …/question too)
//   GET    /api/parameters/:digest                           f32 little-endian [P]; immutable, ETag, Range
//   POST   /api/federations/:id/updates                      UpdateOffer → UploadState | UpdateReply     (bearer token)
//   HEAD   /api/uploads/:upload                              Upload-Offset
//   PATCH  /api/uploads/:upload                              bytes from Upload-Offset → UploadState | UpdateReply
//   POST   /api/session            { token }                 sets the cookie; DELETE signs out
//   POST   /api/federations                                  { id?, spec } → FederationView               (coordinator)
//   PUT    /api/federations/:id                              { spec }      → FederationView; draft or finished only
//   POST   /api/federations/:id/actions                      RunAction     → FederationView
//   DELETE /api/federations/:id                              draft or finished only
//   GET    /api/acts?before=&limit=                          Act[]                   newest first; ?format=ndjson: all (coordinator)
//   PUT    /api/federations/:id/aliases/live                 { version }   → AliasMove[]
//   GET    /api/federations/:id/invitations                  InvitationView[]        newest first       (coordinator)
//   POST   /api/federations/:id/invitations                  NewInvitation → MadeInvitation
//   DELETE /api/federations/:id/invitations/:invitation      InvitationView[]        it lets in nobody else
//   GET    /api/federations/:id/exclusions                   ExclusionView[]                            (coordinator)
//   GET    /api/federations/:id/reputations                     StandingView[]                             (coordinator)
//   PUT    /api/federations/:id/exclusions/:participant      Exclusion → ExclusionView[]; DELETE takes it back
//   PUT    /api/federations/:id/roots                        { participant, trusted } → FederationView
import * as v from 'valibot';
import { CodecChoice, FederationSpec } from '../core/federation.ts';
import { Digest, FederationId, ParticipantId, RoundNumber, VersionNumber } from '../core/ids.ts';
import { Judged } from '../core/search/judged.ts';
import { Inclusion, ProofHashes, Signature, SignedHead } from '../core/transparency/statements.ts';
import { MAXIMUM_EXAMPLES } from './limits.ts';
import { UpdateRefusal } from './refusals.ts';
import { Receipt } from './views.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** The offer of one client update: its bytes are the delta [P] in the codec that the round was configured with. */
export const UpdateOffer = v.strictObject({
  round: RoundNumber,
  /** Digest of the version that it was trained from. */
  base: Digest,
  codec: CodecChoice,
  bytes: v.pipe(whole, v.minValue(1)),
  digest: Digest,
  /** n_k of McMahan et al. 2017: the rows that it was trained on. */
  examples: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAXIMUM_EXAMPLES)),
  /** τ_k: local optimiser steps. */
  steps: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Mean training loss at the base, where the round asks for it (q-FFL); else null. */
  baseLoss: v.nullable(v.pipe(v.number(), v.finite(), v.minValue(0))),
  /** Where the round asks for it; absent also where the device has too few rows to judge by. */
  judged: v.exactOptional(Judged),
});
export type UpdateOffer = v.InferOutput<typeof UpdateOffer>;

/** Where an upload stands: send on from `offset`. */
export const UploadState = v.strictObject({ type: v.literal('upload'), upload: v.string(), offset: whole });
export type UploadState = v.InferOutput<typeof UploadState>;

/** The decision on an update: durable before it is sent, and the same however often it is asked for. */
export const UpdateReply = v.variant('type', [
  /** The receipt, and the server’s signature over it. */
  v.strictObject({ type: v.literal('accepted'), receipt: Receipt, signed: Signature }),
  v.strictObject({ type: v.literal('refused'), refusal: UpdateRefusal, message: v.string() }),
]);
export type UpdateReply = v.InferOutput<typeof UpdateReply>;

/** What the log of versions says (core/transparency). */
export const LogReply = v.strictObject({
  /** Its newest head; null: the federation has never run. */
  head: v.nullable(SignedHead),
  /** That the first `size` leaves (without it, the newest head) begin with the first `since`; null: there are not so many. */
  consistency: v.nullable(ProofHashes),
  /** Of the contribution of `participant` in the version that `round` made; null: it has none, or none was asked for. */
  inclusion: v.nullable(Inclusion),
});
export type LogReply = v.InferOutput<typeof LogReply>;

export const NewFederation = v.strictObject({ id: v.nullable(FederationId), spec: FederationSpec });
export const ChangedFederation = v.strictObject({ spec: FederationSpec });
export const RunAction = v.strictObject({ action: v.picklist(['start', 'pause', 'resume', 'finish']) });
export type RunAction = v.InferOutput<typeof RunAction>['action'];
export const AliasTarget = v.strictObject({ version: VersionNumber });
/** Whether the others' updates are measured against this device's, where the strategy needs such a one. */
export const RootTrust = v.strictObject({ participant: ParticipantId, trusted: v.boolean() });
export const SignIn = v.strictObject({ token: v.pipe(v.string(), v.maxLength(200)) });

/** One act of a coordinator, a link of a hash chain (server/acts.ts). */
export const Act = v.strictObject({
  sequence: v.pipe(whole, v.minValue(1)),
  at: v.number(),
  /** Whoever did it. */
  by: v.string(),
  act: v.string(),
  /** Also of a federation that is there no more. */
  federation: v.nullable(v.string()),
  detail: v.unknown(),
  previous: v.string(),
  hash: v.string(),
});
export type Act = v.InferOutput<typeof Act>;

/** Every refusal of the API: 4xx/5xx with this body. `issues` names form fields by their path. */
export const ApiError = v.strictObject({
  error: v.string(),
  message: v.string(),
  issues: v.optional(v.array(v.strictObject({ path: v.string(), message: v.string() }))),
});
export type ApiError = v.InferOutput<typeof ApiError>;
