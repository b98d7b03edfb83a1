// The control plane: every socket.io message, each under 64 KB and read by its schema at the receiving end.
// Parameters and updates never travel here; see http.ts.
import * as v from 'valibot';
import { Digest, FederationId, RoundNumber, RunNumber, VersionNumber } from '../core/ids.ts';
import { CodecChoice, Tags } from '../core/federation.ts';
import { LatencyStep } from '../core/metrics/latency.ts';
import { SliceTallies } from '../core/gates/slice-tally.ts';
import { Tally } from '../core/metrics/tally.ts';
import { TrainingPlan } from '../core/model/spec.ts';
import { Privacy } from '../core/privacy/rules.ts';
import { JudgedInVain } from '../core/search/judged.ts';
import { MAXIMUM_EXAMPLES, MAXIMUM_RATE, MINIMUM_RATE } from './limits.ts';
import { SumTask, sumClientMessages, sumServerMessages } from './secure-sum.ts';
import { surveyClientMessages, surveyServerMessages } from './surveys.ts';
import { FederationView, VersionDelta } from './views.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Asks for `federation` messages about one federation, now and at every change; answered with the present view. */
export const Watch = v.strictObject({ federation: FederationId });
/** Asks to take part: the device stays available, round after round, until it checks out or disconnects. */
export const CheckIn = v.strictObject({
  federation: FederationId,
  /** Training rows on this device: the weight of its updates, which may not exceed it. */
  examples: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAXIMUM_EXAMPLES)),
  backend: v.pipe(v.string(), v.maxLength(20)),
  /** Training rows a second that it measured on this federation’s model; absent where rows are only added up. */
  examplesPerSecond: v.optional(v.pipe(v.number(), v.minValue(MINIMUM_RATE), v.maxValue(MAXIMUM_RATE))),
  /** Labels that its person gave the device: rounds may ask for some. */
  tags: v.optional(Tags),
  /** The code of an invitation, where only invited devices may join and this one is not known yet. */
  invitation: v.optional(v.pipe(v.string(), v.maxLength(100))),
});
export const CheckOut = v.strictObject({ federation: FederationId });
export const Progress = v.strictObject({
  federation: FederationId,
  round: RoundNumber,
  stage: v.picklist(['receiving', 'training', 'uploading']),
  fraction: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
});
/**
 * What this device's held-out rows say of a version: counts and sums. The first report of a device counts. Where some layers
 * are each device's own (FedPer), the version is scored with this device's.
 */
export const Evaluation = v.strictObject({
  federation: FederationId,
  version: VersionNumber,
  tally: Tally,
  /** The same rows by this device's own model; null: it has none. */
  personal: v.nullable(Tally),
  /** How long one prediction takes here, as a step; absent: nobody asked, or the device cannot tell. */
  latency: v.exactOptional(LatencyStep),
  /** Of each part of its held-out rows that conditions are about, of no rows too; absent: nobody asked, or it did not count. */
  slices: v.exactOptional(SliceTallies),
});
/** The device gives up this round (paused, trouble), and says why: the round need not wait for its deadline. */
export const Withdraw = v.strictObject({
  federation: FederationId,
  round: RoundNumber,
  reason: v.pipe(v.string(), v.maxLength(200)),
  /** Where local settings are tried, and training by those it was given came to nothing; null: it has too few rows to judge by. */
  inVain: v.exactOptional(v.nullable(JudgedInVain)),
});

/** A version by its digest; `deltas` lead to it, newest first, as long as they are fewer bytes than the whole. */
const namedVersion = { version: VersionNumber, digest: Digest, bytes: whole, deltas: v.array(VersionDelta) };

/** Client → server, by event name. Every one of them is acknowledged with an `Answer`. */
export const clientMessages = {
  watch: Watch,
  'check-in': CheckIn,
  'check-out': CheckOut,
  progress: Progress,
  evaluation: Evaluation,
  withdraw: Withdraw,
  ...sumClientMessages,
  ...surveyClientMessages,
} as const;
export type ClientMessages = {
  readonly [Name in keyof typeof clientMessages]: v.InferOutput<(typeof clientMessages)[Name]>;
};

/** The acknowledgement of every client message. `view` comes with `watch` and `check-in`. */
export const Answer = v.variant('ok', [
  v.strictObject({ ok: v.literal(true), view: v.nullable(FederationView) }),
  v.variant('error', [
    v.strictObject({
      ok: v.literal(false),
      /** To a check-in: more devices are here than rounds need. */
      error: v.literal('enough-devices'),
      message: v.string(),
      /** Milliseconds after which to ask again, another number for each device. */
      afterMs: whole,
    }),
    v.strictObject({
      ok: v.literal(false),
      /** To a check-in: too much of what this device sent could not be used. */
      error: v.literal('backed-off'),
      message: v.string(),
      /** Milliseconds after which to ask again. */
      afterMs: whole,
    }),
    v.strictObject({
      ok: v.literal(false),
      error: v.picklist([
        'malformed',
        'not-eligible',
        'not-invited',
        'excluded',
        'unknown-event',
        'unknown-federation',
        'not-identified',
        'too-many',
        'finished',
        'other-connection',
        'not-in-cohort',
        'unknown-version',
      ]),
      /** A sentence that says what was expected and what to do. */
      message: v.string(),
    }),
  ]),
]);
export type Answer = v.InferOutput<typeof Answer>;

/** To one cohort member: train. Sent again on reconnection while the round still wants its report. */
export const Configured = v.strictObject({
  federation: FederationId,
  run: RunNumber,
  round: RoundNumber,
  base: v.strictObject(namedVersion),
  plan: TrainingPlan,
  /** How the update is encoded. */
  uplink: CodecChoice,
  /** What is wanted beyond the delta, by the strategy, or because local settings are tried, and `plan` has those of this device. */
  asks: v.array(v.picklist(['base-loss', 'controls', 'judged'])),
  /** The server's control c [P] at the base, served like a version's parameters; null: zeros, or not asked for. */
  controls: v.nullable(v.strictObject({ digest: Digest, bytes: whole })),
  /** How the update is limited, and noised before it leaves; absent: not at all. */
  privacy: v.optional(Privacy),
  /** Milliseconds left to report, from the moment of sending: no clock is shared. */
  deadlineMs: whole,
  /** The server learns the sum of the cohort's updates alone; absent: it reads each. */
  secureSum: v.optional(SumTask),
});
export type Configured = v.InferOutput<typeof Configured>;

/** To all checked in: a version is durable. `counted`: whether this device's update is in it. */
export const Committed = v.strictObject({
  federation: FederationId,
  round: RoundNumber,
  ...namedVersion,
  counted: v.boolean(),
});
export type Committed = v.InferOutput<typeof Committed>;

export const Abandoned = v.strictObject({ federation: FederationId, round: RoundNumber, reason: v.string() });
export type Abandoned = v.InferOutput<typeof Abandoned>;

/** Server → client, by event name. */
export const serverMessages = {
  /** A whole new view: on every change of phase, version, state or attendance, at most twice a second. */
  federation: FederationView,
  configured: Configured,
  committed: Committed,
  abandoned: Abandoned,
  /** Another connection of this participant took over; this one is told and trains no more. */
  superseded: v.strictObject({ federation: FederationId }),
  /** To a device that may take part no longer: it is checked out, and why, in a sentence. */
  'turned-away': v.strictObject({ federation: FederationId, message: v.string() }),
  /** To a device that has had its turn while others wait for theirs: it is checked out, and asks again after `afterMs`. */
  'come-back': v.strictObject({ federation: FederationId, afterMs: whole }),
  ...sumServerMessages,
  ...surveyServerMessages,
} as const;
export type ServerMessages = {
  readonly [Name in keyof typeof serverMessages]: v.InferOutput<(typeof serverMessages)[Name]>;
};
