// What the server tells of a federation: the shapes that pages render, sockets broadcast and the API returns.
// Public views hold nothing that identifies a participant beyond the name it chose for itself.
import * as v from 'valibot';
import { CodecChoice, FederationSpec } from '../core/federation.ts';
import {
  Digest,
  FederationId,
  ParticipantId,
  RoundNumber,
  RunNumber,
  SurveyNumber,
  VersionNumber,
} from '../core/ids.ts';
import { SlicePart } from '../core/gates/slice.ts';
import { SettledTally } from '../core/metrics/tally.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Unix time, milliseconds. */
const time = v.number();

/** draft: never started · running · paused: no new round opens · finished: target or last round reached, or ended by hand. */
export const RunState = v.picklist(['draft', 'running', 'paused', 'finished']);
export type RunState = v.InferOutput<typeof RunState>;

/** A cohort member's stage within the round now in progress. */
export const Stage = v.picklist([
  'waiting',
  'receiving',
  'training',
  'uploading',
  'accepted',
  'refused',
  'dropped',
]);
export type Stage = v.InferOutput<typeof Stage>;

export const CohortMember = v.strictObject({
  participant: ParticipantId,
  /** The name that the participant chose, else "Participant" and four digits of its id. */
  name: v.string(),
  stage: Stage,
  /** Of the stage, 0–1; null where it has no measure. */
  fraction: v.nullable(v.number()),
  /** When it entered each stage it has been in, for the timeline. */
  history: v.array(v.strictObject({ stage: Stage, at: time })),
  /** Accepted updates only. */
  examples: v.nullable(whole),
  bytesUp: v.nullable(whole),
  /** Why it was refused or dropped, in a sentence. */
  reason: v.nullable(v.string()),
});
export type CohortMember = v.InferOutput<typeof CohortMember>;

export const RoundPhase = v.picklist(['selection', 'reporting', 'aggregation', 'committed', 'abandoned']);
export type RoundPhase = v.InferOutput<typeof RoundPhase>;

export const RoundView = v.strictObject({
  round: RoundNumber,
  run: RunNumber,
  phase: RoundPhase,
  /** The version that the round trains from. */
  base: VersionNumber,
  goal: whole,
  minimum: whole,
  openedAt: time,
  /** The deadline of the present phase; null once it is over. */
  deadlineAt: v.nullable(time),
  endedAt: v.nullable(time),
  cohort: v.array(CohortMember),
  /** The version it made, when committed. */
  version: v.nullable(VersionNumber),
  /** Why it was abandoned, in a sentence. */
  reason: v.nullable(v.string()),
});
export type RoundView = v.InferOutput<typeof RoundView>;

/** A version as the difference to its anchor: a device that holds the one makes the other of it, and checks the digest. */
export const VersionDelta = v.strictObject({
  version: VersionNumber,
  /** The anchor's digest, and the version's own. */
  from: Digest,
  to: Digest,
  /** Served at /api/parameters/<digest>, like parameters. */
  digest: Digest,
  bytes: whole,
  codec: CodecChoice,
});
export type VersionDelta = v.InferOutput<typeof VersionDelta>;

/** How a figure differs from device to device: the values of the devices in order, and the places that quarter them. */
export const Spread = v.strictObject({
  participants: whole,
  /** Of the devices, each counted once. */
  mean: v.number(),
  minimum: v.number(),
  lowerQuartile: v.number(),
  median: v.number(),
  upperQuartile: v.number(),
  maximum: v.number(),
});
export type Spread = v.InferOutput<typeof Spread>;

const scores = {
  participants: whole,
  /** Summed over the devices: figures of it are those of all rows together. */
  tally: SettledTally,
  /** The success metric, read of it; null: it cannot be. */
  figure: v.nullable(v.number()),
  /** Of the success metric, which the server works out of each device's tally; null: fewer than two devices have a figure. */
  spread: v.nullable(Spread),
};
export const Evaluated = v.strictObject({
  ...scores,
  /** The same of the devices' own models; null: no device has one. */
  personal: v.nullable(v.strictObject(scores)),
  /** How many devices told which step of how long a prediction takes; absent: none did. */
  latency: v.exactOptional(v.array(v.strictObject({ step: v.number(), devices: whole }))),
  /** What devices counted of the slices that conditions are about; absent: none told. */
  slices: v.exactOptional(
    v.array(
      v.strictObject({
        ...SlicePart,
        /** Devices that counted it, whether or not rows of theirs are in it. */
        counted: whole,
        isEmpty: v.boolean(),
        /** Of the devices with rows in it; null: too few rows or devices. */
        shown: v.nullable(v.strictObject({ participants: whole, tally: SettledTally })),
      }),
    ),
  ),
  /** The same of devices that never trained, which are in no other figure; absent: none has judged it. */
  neverTrained: v.exactOptional(
    v.strictObject({
      ...scores,
      /** Of what each made of it for itself, by rows that took no part in that; absent: none did, since nothing is personal or training failed. */
      personal: v.exactOptional(v.strictObject(scores)),
    }),
  ),
  /** The survey that it is the total of, and the standard deviation of the noise on each count; absent: each device told its own. */
  survey: v.optional(v.strictObject({ survey: SurveyNumber, deviation: v.number() })),
});
export type Evaluated = v.InferOutput<typeof Evaluated>;

/** How likely a device is given one of the local settings that rounds try. */
export const SettingsChance = v.strictObject({
  learningRate: v.number(),
  localEpochs: whole,
  batchSize: whole,
  chance: v.number(),
});
export type SettingsChance = v.InferOutput<typeof SettingsChance>;

export const VersionView = v.strictObject({
  version: VersionNumber,
  /** SHA-256 of the parameter bytes, served at /api/parameters/<digest>. */
  digest: Digest,
  bytes: whole,
  /** ‖version − parent‖₂; null for version 0. */
  norm: v.nullable(v.number()),
  parent: v.nullable(VersionNumber),
  /** How a device that holds its anchor makes it; null where it is fetched whole. */
  delta: v.nullable(VersionDelta),
  /** The server’s disk has lost its bytes: it is listed, and cannot be had any more. */
  damaged: v.boolean(),
  run: v.nullable(RunNumber),
  round: v.nullable(RoundNumber),
  committedAt: time,
  /** Updates counted, and the examples that they were trained on; where cohorts are drawn in secret, the updates that are expected, and no bytes. */
  participants: whole,
  examples: whole,
  /** What participants' held-out rows said of this version, one by one or as the total of a survey; null until then. */
  evaluation: v.nullable(Evaluated),
  bytesUp: whole,
  bytesDown: whole,
  /** From the opening of its round to its commit; null for version 0. */
  durationMs: v.nullable(whole),
  /** Those that the devices of its round were given theirs by; absent: all trained by the plan. */
  tuning: v.exactOptional(v.array(SettingsChance)),
});
export type VersionView = v.InferOutput<typeof VersionView>;

export const AliasMove = v.strictObject({
  alias: v.literal('live'),
  version: VersionNumber,
  at: time,
  /** 'automatic' after a commit, else 'coordinator'. */
  by: v.picklist(['automatic', 'coordinator']),
});
export type AliasMove = v.InferOutput<typeof AliasMove>;

/** Everything that a participant's page shows of a federation. */
export const FederationView = v.strictObject({
  id: FederationId,
  spec: FederationSpec,
  createdAt: time,
  state: RunState,
  run: v.nullable(RunNumber),
  /** Committed rounds of the present run. */
  roundsCommitted: whole,
  /** Devices connected, and those of them waiting for a round. */
  connected: whole,
  checkedIn: whole,
  /** Devices that are here and never train; absent: the federation holds none out. */
  heldOutHere: v.exactOptional(whole),
  round: v.nullable(RoundView),
  /** The newest version, which rounds train from, and the version that the alias `live` names. */
  head: VersionView,
  live: VersionNumber,
  /** Of one update, as it leaves a device. */
  updateBytes: whole,
  /** Devices against whose updates the others are measured; null: the strategy needs none. */
  roots: v.nullable(v.array(ParticipantId)),
  /**
   * What was released under privacy, over all runs: versions, or under local noise updates; and ε at the spec’s δ of the participant
   * that lost most. Absent: the federation promises none.
   */
  privacy: v.optional(v.strictObject({ releases: whole, epsilon: v.number() })),
  /** How likely each of the local settings is in the next round, by what rounds so far came to; absent: none are tried. */
  tuning: v.exactOptional(v.array(SettingsChance)),
  /** Why nothing runs or what happens next, in a sentence: "Waiting for 2 more devices." */
  status: v.string(),
});
export type FederationView = v.InferOutput<typeof FederationView>;

/** A line of the list of federations. */
export const FederationSummary = v.strictObject({
  id: FederationId,
  title: v.string(),
  coordinator: v.string(),
  state: RunState,
  roundsCommitted: whole,
  maximumRounds: whole,
  connected: whole,
  headVersion: VersionNumber,
  /** The success metric at the newest evaluated version. */
  metric: v.nullable(v.number()),
});
export type FederationSummary = v.InferOutput<typeof FederationSummary>;

/** A receipt: what the server says it did with one update. */
export const Receipt = v.strictObject({
  federation: FederationId,
  run: RunNumber,
  round: RoundNumber,
  participant: ParticipantId,
  base: Digest,
  /** SHA-256 of the update's bytes, their number, and the examples it was trained on. */
  update: Digest,
  bytes: whole,
  examples: whole,
  receivedAt: time,
  /** The round whose version it is part of, where that is not `round`: asynchronous rounds count updates as they come. */
  countedIn: v.optional(RoundNumber),
});
export type Receipt = v.InferOutput<typeof Receipt>;
