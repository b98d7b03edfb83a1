// What is known of one round: plain data, written to the journal's store at every durable step and read back by these
// schemas after a restart. How it moves is round.ts.
import * as v from 'valibot';
import { CodecChoice, RoundRules } from '../federation.ts';
import { Digest, ParticipantId, RoundNumber, RunNumber, VersionNumber } from '../ids.ts';
import { Charged } from '../privacy/rules.ts';
import { Tried } from '../search/judged.ts';
import { SumAttempt } from '../secure-sum/attempt-state.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Unix time, milliseconds. */
const time = v.number();

/** An accepted report: the evidence that the receipt is made of. The bytes lie in the blob store under `update`. */
export const Report = v.strictObject({
  participant: ParticipantId,
  /** The round that its device was configured in: with the participant, what it is known by. */
  round: RoundNumber,
  base: Digest,
  /** The version of those bytes. */
  version: VersionNumber,
  /** Versions made between its base and the base of the round that it counts in: 0 in synchronous rounds. */
  staleness: whole,
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
  /** Where local settings are tried; absent also where the device has too few rows to judge by. */
  tried: v.exactOptional(Tried),
  at: time,
});
export type Report = v.InferOutput<typeof Report>;

/** What a device reports; what it trained from stands in its task. */
export type Delivered = Omit<Report, 'version' | 'staleness'>;

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

/** What a member was asked to do: to train from this version. It keeps it through later buffers of an asynchronous run. */
export const Task = v.strictObject({
  /** The round that it was configured in. */
  round: RoundNumber,
  version: VersionNumber,
  digest: Digest,
  /** What was left of its own deadline when this was written; null where the round’s deadline is everybody’s. */
  leftMs: v.nullable(v.number()),
});
export type Task = v.InferOutput<typeof Task>;

/** Where a cohort member stands. Only active and dropped members' reports are still wanted. */
export const Standing = v.variant('type', [
  v.strictObject({ type: v.literal('active'), stage: ActiveStage, fraction: v.nullable(v.number()) }),
  v.strictObject({ type: v.literal('accepted'), report: Report }),
  v.strictObject({ type: v.literal('refused'), reason: v.string() }),
  /** `tried`: training with what it was given came to nothing. */
  v.strictObject({ type: v.literal('withdrawn'), reason: v.string(), tried: v.exactOptional(Tried) }),
  v.strictObject({ type: v.literal('dropped'), reason: v.string() }),
  /** Asynchronous rounds: it missed its own deadline, or its base is too old to count. */
  v.strictObject({
    type: v.literal('expired'),
    cause: v.picklist(['late', 'stale']),
    reason: v.string(),
  }),
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
  task: Task,
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
  /** An update from a base this many versions old still counts: 0 in synchronous rounds. */
  maximumStaleness: whole,
  /** Devices against whose updates the others are measured (roots.ts); absent where the strategy needs none. */
  roots: v.optional(v.array(ParticipantId)),
  /**
   * The population that the server drew its cohort from, each by chance (core/privacy/poisson-sample.ts); absent where devices are
   * picked among those who are there. Such a round has no minimum, takes whatever comes, and tells nobody whom it drew.
   */
  drawnFrom: v.optional(v.array(ParticipantId)),
  openedAt: time,
};
/** From configuration on, in asynchronous rounds from the opening: who takes part, and the unit of the sum that their claims allow (core/aggregation). */
const configured = {
  ...setting,
  cohort: v.array(Member),
  quantum: v.number(),
  /** Devices that were there to be picked: N of SCAFFOLD. */
  population: whole,
  configuredAt: time,
  /**
   * The secure sums of its updates (core/secure-sum), one for each group, whose slots are places in the cohort; absent where updates are
   * read one by one.
   */
  sums: v.optional(v.array(SumAttempt)),
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
    /** Under privacy. */
    charged: v.optional(Charged),
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

/**
 * What all devices of a round measured of the settings that they were given, also those whose training came to nothing; in the order
 * of their ids, so that sums over them are the same bits whoever came first.
 */
export const triedIn = (round: Round): readonly Tried[] =>
  cohortOf(round)
    .toSorted((a, b) => (a.candidate.participant < b.candidate.participant ? -1 : 1))
    .flatMap(({ candidate, standing }) => {
      const tried =
        standing.type === 'accepted'
          ? standing.report.tried
          : standing.type === 'withdrawn'
            ? standing.tried
            : undefined;
      // Rows weigh, and none may count more of them than it checked in with.
      return tried === undefined ? [] : [{ ...tried, rows: Math.min(tried.rows, candidate.examples) }];
    });

/** Counted in versions; grows while a device trains and others' updates become versions. */
export const stalenessOf = (round: Pick<Round, 'base'>, task: Task): number =>
  Math.max(0, round.base - task.version);

export const isAsynchronous = (round: Pick<Round, 'rules'>): boolean =>
  round.rules.mode.type === 'asynchronous';

export const isOver = (round: Round): round is EndedRound =>
  round.phase === 'committed' || round.phase === 'abandoned';

export const stageOf = (standing: Standing): MemberStage => {
  switch (standing.type) {
    case 'active':
      return standing.stage;
    case 'withdrawn':
    case 'expired':
      return 'dropped';
    case 'accepted':
    case 'refused':
    case 'dropped':
      return standing.type;
    default:
      return standing satisfies never;
  }
};
