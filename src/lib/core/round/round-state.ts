// What is known of one round: plain data, written to the journal's store at every durable step and read back by these
// schemas after a restart. How it moves is round.ts.
import * as v from 'valibot';
import { CodecChoice, RoundRules } from '../federation.ts';
import { Digest, ParticipantId, RoundNumber, RunNumber, VersionNumber } from '../ids.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Unix time, milliseconds. */
const time = v.number();

/** An accepted report: the evidence that the receipt is made of. The bytes lie in the blob store under `update`. */
export const Report = v.strictObject({
  participant: ParticipantId,
  base: Digest,
  update: Digest,
  bytes: whole,
  /** How its bytes are encoded. */
  codec: CodecChoice,
  /** n_k */
  examples: v.pipe(whole, v.minValue(1)),
  /** τ_k */
  steps: v.pipe(whole, v.minValue(1)),
  /** Mean training loss at the base, where it was asked for. */
  baseLoss: v.nullable(v.number()),
  /** ‖delta‖₂ of the decoded values. */
  norm: v.number(),
  at: time,
});
export type Report = v.InferOutput<typeof Report>;

/** A device that asks to be in the cohort. */
export const Candidate = v.strictObject({
  participant: ParticipantId,
  name: v.string(),
  /** Training rows that it claims: no update of it may weigh more. */
  examples: v.pipe(whole, v.minValue(1)),
});
export type Candidate = v.InferOutput<typeof Candidate>;

export const ActiveStage = v.picklist(['waiting', 'receiving', 'training', 'uploading']);
export type ActiveStage = v.InferOutput<typeof ActiveStage>;

/** Where a cohort member stands. Only active and dropped members' reports are still wanted. */
export const Standing = v.variant('type', [
  v.strictObject({ type: v.literal('active'), stage: ActiveStage, fraction: v.nullable(v.number()) }),
  v.strictObject({ type: v.literal('accepted'), report: Report }),
  v.strictObject({ type: v.literal('refused'), reason: v.string() }),
  v.strictObject({ type: v.literal('withdrawn'), reason: v.string() }),
  v.strictObject({ type: v.literal('dropped'), reason: v.string() }),
]);
export type Standing = v.InferOutput<typeof Standing>;

export const MemberStage = v.picklist([
  'waiting',
  'receiving',
  'training',
  'uploading',
  'accepted',
  'refused',
  'dropped',
]);
export type MemberStage = v.InferOutput<typeof MemberStage>;

export const Member = v.strictObject({
  candidate: Candidate,
  standing: Standing,
  /** Each stage it has been in, in order, for the timeline. */
  history: v.array(v.strictObject({ stage: MemberStage, at: time })),
});
export type Member = v.InferOutput<typeof Member>;

const setting = {
  round: RoundNumber,
  run: RunNumber,
  base: VersionNumber,
  baseDigest: Digest,
  rules: RoundRules,
  openedAt: time,
};
/** From configuration on: who takes part, and the unit of the sum that their claims allow (core/aggregation). */
const configured = {
  ...setting,
  cohort: v.array(Member),
  quantum: v.number(),
  /** Devices that were there to be picked: N of SCAFFOLD. */
  population: whole,
  configuredAt: time,
};

export const Round = v.variant('phase', [
  v.strictObject({
    ...setting,
    phase: v.literal('selection'),
    candidates: v.array(Candidate),
    population: whole,
  }),
  v.strictObject({ ...configured, phase: v.literal('reporting') }),
  v.strictObject({ ...configured, phase: v.literal('aggregation') }),
  v.strictObject({
    ...configured,
    phase: v.literal('committed'),
    version: VersionNumber,
    digest: Digest,
    endedAt: time,
  }),
  v.strictObject({
    ...setting,
    phase: v.literal('abandoned'),
    cohort: v.array(Member),
    reason: v.string(),
    endedAt: time,
  }),
]);
export type Round = v.InferOutput<typeof Round>;
export type Selection = Extract<Round, { phase: 'selection' }>;
export type Reporting = Extract<Round, { phase: 'reporting' }>;
export type Aggregation = Extract<Round, { phase: 'aggregation' }>;
export type EndedRound = Extract<Round, { phase: 'committed' | 'abandoned' }>;

export const cohortOf = (round: Round): readonly Member[] =>
  round.phase === 'selection' ? [] : round.cohort;

export const memberOf = (round: Round, participant: ParticipantId): Member | undefined =>
  cohortOf(round).find((member) => member.candidate.participant === participant);

/** In order of acceptance. */
export const acceptedReports = (round: Round): readonly Report[] =>
  cohortOf(round)
    .flatMap((member) => (member.standing.type === 'accepted' ? [member.standing.report] : []))
    .sort((a, b) => a.at - b.at || (a.participant < b.participant ? -1 : 1));

export const isOver = (round: Round): round is EndedRound =>
  round.phase === 'committed' || round.phase === 'abandoned';

export const stageOf = (standing: Standing): MemberStage => {
  switch (standing.type) {
    case 'active':
      return standing.stage;
    case 'withdrawn':
      return 'dropped';
    case 'accepted':
    case 'refused':
    case 'dropped':
      return standing.type;
    default:
      return standing satisfies never;
  }
};
