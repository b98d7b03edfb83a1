// A federation as its coordinator defines it: brief, data contract, model, training plan, round rules.
import * as v from 'valibot';
import { ClustersSpec } from './clustering/spec.ts';
import { FederationContract, PreparedColumns } from './data/contract.ts';
import { Gates } from './gates/gate.ts';
import { Digest } from './ids.ts';
import { MetricName } from './metrics/metric-name.ts';
import { NetworkSpec, TrainingPlan } from './model/spec.ts';
import { noPrivacy, Privacy } from './privacy/rules.ts';
import { SecureSumRules, type SecureSumOn } from './secure-sum/rules.ts';
import { StatisticsRules } from './statistics/rules.ts';
import { MOST_TAGS, tagPattern } from './tags.ts';
import { TreesSpec } from './trees/spec.ts';

const text = (maximum: number) => v.pipe(v.string(), v.trim(), v.maxLength(maximum));
const required = (maximum: number) => v.pipe(text(maximum), v.minLength(1, 'some words here'));
const whole = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(minimum), v.maxValue(maximum));
const between = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.minValue(minimum), v.maxValue(maximum));

/** What a person reads before anything else happens. */
export const Brief = v.strictObject({
  title: required(80),
  /** What the model is for, and which decision it informs. */
  purpose: required(1000),
  /** Who runs the federation. */
  coordinator: required(120),
  /** Which data it wants, in a person's words. */
  dataWanted: required(1000),
  /** The decision that a prediction informs; absent, like the four below: of a federation of before they were asked for. */
  decision: v.optional(text(1000)),
  /** What is predicted, and of what: a patient, a photo, a day. */
  predicts: v.optional(text(400)),
  unit: v.optional(text(400)),
  /** Whom predictions concern, and who may be harmed where they are wrong. */
  affected: v.optional(text(1000)),
  /** What the model is not to be used for. */
  outOfScope: v.optional(text(1000)),
  /** The server counts: 1, and one more with each change of the words above; absent: 1. */
  version: v.optional(whole(1, 1_000_000)),
});
export type Brief = v.InferOutput<typeof Brief>;

export const SuccessMetric = v.strictObject({
  name: MetricName,
  /** The run stops once a version reaches it; null: rounds alone decide. */
  target: v.nullable(v.pipe(v.number(), v.finite())),
});
export type SuccessMetric = v.InferOutput<typeof SuccessMetric>;

/**
 * synchronous: a cohort is picked, trains from one version, and its round closes (Bonawitz et al. 2019, §2.2).
 * asynchronous: a round is one buffer of `goal` updates, and whoever is free trains from the newest version
 * (Nguyen et al. 2022); `concurrency` devices train at the same time. There is no selection, no over-selection and no pause
 * then, `minimum` devices are waited for once, before a run’s first round, and `reportingDeadlineMs` is each device’s own.
 */
export const RoundMode = v.variant('type', [
  v.strictObject({ type: v.literal('synchronous') }),
  v.strictObject({ type: v.literal('asynchronous'), concurrency: whole(1, 10_000) }),
]);
export type RoundMode = v.InferOutput<typeof RoundMode>;

/** A free label that a participant gives its device: `hospital`, `ward-3`. */
export const Tag = v.pipe(v.string(), v.trim(), v.toLowerCase(), v.regex(tagPattern));
export const Tags = v.pipe(v.array(Tag), v.maxLength(MOST_TAGS));

/** Who may be picked, and who first where more are there than are needed. */
export const SelectionRules = v.strictObject({
  /** A device must carry all of them. */
  requiredTags: Tags,
  /** Training rows that it must have. */
  minimumExamples: whole(1, 10_000_000),
  /**
   * The share of the reporting deadline within which a device must be expected to train, by what it measured of itself: the
   * rest is for the model to come and the update to go. null: however long it takes.
   */
  deadlineShare: v.optional(v.nullable(between(0.01, 1)), null),
  /**
   * least-recent: who took part longest ago, or never, comes first; chance decides between equals. least-recent-by-speed: the
   * same, but the wait of a device that is slower than the middle one counts for less (round/select.ts).
   */
  fairness: v.picklist(['random', 'least-recent', 'least-recent-by-speed']),
});
export type SelectionRules = v.InferOutput<typeof SelectionRules>;

/** What rules that say nothing of it mean: rounds as they were before there was a choice. */
export const plainRounds: {
  readonly mode: RoundMode;
  readonly selection: SelectionRules;
  readonly reserve: number;
} = {
  mode: { type: 'synchronous' },
  selection: { requiredTags: [], minimumExamples: 1, deadlineShare: null, fairness: 'random' },
  reserve: 3,
};

export const RoundRules = v.pipe(
  v.strictObject({
    mode: v.optional(RoundMode, plainRounds.mode),
    selection: v.optional(SelectionRules, plainRounds.selection),
    /**
     * Devices that are kept at hand, as a multiple of those that train at the same time: who comes beyond is told when to
     * come back (pace steering, Bonawitz et al. 2019, §2.3).
     */
    reserve: v.optional(between(1, 100), plainRounds.reserve),
    /** Reports that close a round. */
    goal: whole(1, 10_000),
    /** Reports without which a round is abandoned at its deadline. */
    minimum: whole(1, 10_000),
    /** Cohort = ⌈goal × overSelection⌉ (Bonawitz et al. 2019, §2.2: 130 % pays for drop-outs). */
    overSelection: between(1, 3),
    selectionDeadlineMs: whole(1_000, 86_400_000),
    reportingDeadlineMs: whole(5_000, 86_400_000),
    pauseMs: whole(0, 86_400_000),
    /** The run ends after this many committed rounds. */
    maximumRounds: whole(1, 100_000),
    /** And sooner, once so many of them in a row have brought next to nothing (metrics/gain.ts); null or absent: it does not. */
    patience: v.exactOptional(v.nullable(whole(2, 1000))),
    /** The share of all devices that train in no round and judge versions (round/held-out-devices.ts); absent: none. */
    heldOutDevices: v.exactOptional(between(0.01, 0.5)),
  }),
  v.forward(
    v.check((rules) => rules.minimum <= rules.goal, 'a minimum that is not above the goal'),
    ['minimum'],
  ),
  v.forward(
    // A device has one update at most in a buffer: fewer devices than updates may never fill it.
    v.check(
      ({ mode, goal }) => mode.type === 'synchronous' || mode.concurrency >= goal,
      'a concurrency that is not below the goal',
    ),
    ['mode'],
  ),
);
export type RoundRules = v.InferOutput<typeof RoundRules>;

/**
 * A strategy and its options by name. Which there are and what they take is core/aggregation/strategy-spec.ts, which the
 * server and the form read it by: pages that only show a federation do not load them.
 */
export const StrategyChoice = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(40)),
  options: v.record(v.pipe(v.string(), v.maxLength(40)), v.number()),
});
export type StrategyChoice = v.InferOutput<typeof StrategyChoice>;

/** A codec by name, as `eden:3`; which there are is core/update/codec. */
export const CodecChoice = v.pipe(v.string(), v.minLength(1), v.maxLength(40));

/** How vectors cross the wire: updates up, new versions down to devices that hold an earlier one. */
export const TransferRules = v.strictObject({ uplink: CodecChoice, downlink: CodecChoice });
export type TransferRules = v.InferOutput<typeof TransferRules>;

/** What stands in front of any strategy. */
export const Guard = v.strictObject({
  /** A version that would move further than this many times the median of the last twenty is not made; null: any may be. */
  normFactor: v.nullable(between(1, 1000)),
});
export type Guard = v.InferOutput<typeof Guard>;

/** What each device makes for itself of the shared model, out of its own rows; none of it is ever sent. */
export const Personalisation = v.variant('type', [
  v.strictObject({ type: v.literal('none') }),
  /** Arivazhagan et al. 2019: the last `layers` layers with parameters are each device's own, the rest is shared. */
  v.strictObject({ type: v.literal('fedper'), layers: whole(1, 16) }),
  /** Li et al. 2021, "FedBN": the normalisation layers are each device's own, the rest is shared. */
  v.strictObject({ type: v.literal('fedbn') }),
  /** Li et al. 2021, "Ditto": a model of its own beside the shared one, λ/2 · ‖v − w‖² from it. */
  v.strictObject({ type: v.literal('ditto'), lambda: between(0, 1000) }),
  /** Each version goes on training for so many epochs, for this device's own use. */
  v.strictObject({ type: v.literal('finetune'), epochs: whole(1, 100) }),
]);
export type Personalisation = v.InferOutput<typeof Personalisation>;

/** Who may join: whoever has the address, or devices that redeemed an invitation. */
export const Access = v.strictObject({ type: v.picklist(['open', 'invited']) });
export type Access = v.InferOutput<typeof Access>;

/** The plainest way: averaged, everything sent exactly, one model for all, and open to all. */
export const exactAveraging = {
  strategy: { name: 'fedavg', options: {} },
  transfer: { uplink: 'f32', downlink: 'f32' },
  // Often given as 3. Two devices of a few hundred rows that train with momentum move up to nine times their median by chance
  // (the demo's patients: one round in a hundred).
  guard: { normFactor: 10 },
  personalisation: { type: 'none' },
  privacy: noPrivacy,
  access: { type: 'open' },
} satisfies {
  strategy: StrategyChoice;
  transfer: TransferRules;
  guard: Guard;
  personalisation: Personalisation;
  privacy: Privacy;
  access: Access;
};

/** Made on the device by a seeded generator that ships with the app, so that anybody can take part within a minute. */
export const SampleName = v.picklist(['drawn-digits', 'patient-cohort', 'whistles']);
export type SampleName = v.InferOutput<typeof SampleName>;

export const ModelFamily = v.picklist([
  'softmax-regression',
  'linear-regression',
  'mlp',
  'cnn-mcmahan',
  'cnn-small',
  'gru',
  'lstm',
  'transformer',
  'imported',
]);
export type ModelFamily = v.InferOutput<typeof ModelFamily>;

/** What a device does in a round where nothing is trained by steps: it passes once over its rows. */
const onePass: TrainingPlan = {
  localEpochs: 1,
  batchSize: 4096,
  learningRate: 1,
  optimizer: { type: 'sgd', momentum: 0 },
  proximalTerm: 0,
  seed: 0,
};

/**
 * How models that are learnt from exact sums (core/aggregation/summed-model.ts) take part: each brings a sum of its own, everything
 * crosses exactly, and a version's norm says nothing. Other values are refused: check-sums.ts.
 */
export const exactSums = {
  ...exactAveraging,
  plan: onePass,
  guard: { normFactor: null } satisfies Guard,
};

/** Models that are learnt from exact sums: core/trees, core/clustering. */
export const SummedFamily = v.picklist(['boosted-trees', 'k-means']);
export type SummedFamily = v.InferOutput<typeof SummedFamily>;

const { learningRate, localEpochs, batchSize } = TrainingPlan.entries;
const someOf = <One extends v.GenericSchema<unknown, number>>(one: One) =>
  v.pipe(v.array(one), v.maxLength(20));
const rangeOf = <One extends v.GenericSchema<unknown, number>>(one: One) =>
  v.exactOptional(v.strictObject({ least: one, most: one }));

/** Local settings that rounds try (search/tuned-rounds.ts), and by what they find the better ones: search/fedex.ts, search/fedpop.ts. */
export const LocalTuning = v.variant('by', [
  /** Every combination of these values; those of a list without any are the plan's. Specs of before there was a choice do not name it. */
  v.strictObject({
    by: v.optional(v.literal('fedex'), 'fedex'),
    learningRates: someOf(learningRate),
    localEpochs: someOf(localEpochs),
    batchSizes: someOf(batchSize),
  }),
  /** So many settings at a time, each anywhere between these ends; what has no range is the plan's. */
  v.strictObject({
    by: v.literal('fedpop'),
    population: whole(4, 20),
    learningRate: rangeOf(learningRate),
    localEpochs: rangeOf(localEpochs),
    batchSize: rangeOf(batchSize),
  }),
]);
export type LocalTuning = v.InferOutput<typeof LocalTuning>;

/** Letters of a recipe with what it learnt: a thousand categories in the longest words, and some. */
const LONGEST_RECIPE = 200_000;

/**
 * A fitted recipe that every device prepares its rows by, after they were read against the contract and before the model sees them
 * (recipe/pinned.ts makes it, checks it and opens it).
 */
export const PinnedRecipe = v.strictObject({
  /** Steps and what they learnt, as canonical JSON. */
  text: text(LONGEST_RECIPE),
  /** Of the text: what the recipe is known by. */
  digest: Digest,
  /** What the steps make of the contract's columns, as the model takes them. */
  columns: PreparedColumns,
  /** Where its figures come from: "survey 2, the sum of 5 devices". */
  from: required(200),
});
export type PinnedRecipe = v.InferOutput<typeof PinnedRecipe>;

const ofEvery = {
  brief: Brief,
  metric: SuccessMetric,
  /** What a version must reach to be live; absent: nothing. */
  gates: v.optional(Gates),
  contract: FederationContract,
  /** Absent: the model sees rows as the contract encodes them. */
  recipe: v.optional(PinnedRecipe),
  rules: RoundRules,
  sample: v.nullable(SampleName),
  /** Whether the server learns the sum of a round's updates alone; absent: it reads each. */
  secureSum: v.optional(SecureSumRules),
  /** Whether devices are asked for sums over their rows beside training; absent: they are not. */
  statistics: v.optional(StatisticsRules),
  /** Which local settings rounds try; absent: all devices train by the plan. */
  tuning: v.optional(LocalTuning),
  access: v.optional(Access, exactAveraging.access),
};
const ofSums = {
  ...ofEvery,
  plan: v.optional(TrainingPlan, exactSums.plan),
  strategy: v.optional(StrategyChoice, exactSums.strategy),
  transfer: v.optional(TransferRules, exactSums.transfer),
  guard: v.optional(Guard, exactSums.guard),
  personalisation: v.optional(Personalisation, exactSums.personalisation),
  privacy: v.optional(Privacy, exactSums.privacy),
};

/** Devices train a network from its newest version. */
export const NetworkFederation = v.strictObject({
  ...ofEvery,
  family: ModelFamily,
  network: NetworkSpec,
  plan: TrainingPlan,
  /** Federations of earlier versions of the app say nothing here: they average, and send everything exactly. */
  strategy: v.optional(StrategyChoice, exactAveraging.strategy),
  transfer: v.optional(TransferRules, exactAveraging.transfer),
  guard: v.optional(Guard, exactAveraging.guard),
  personalisation: v.optional(Personalisation, exactAveraging.personalisation),
  privacy: v.optional(Privacy, exactAveraging.privacy),
});
export type NetworkFederation = v.InferOutput<typeof NetworkFederation>;

/** Devices add up their rows. */
const TreesFederation = v.strictObject({ ...ofSums, family: v.literal('boosted-trees'), trees: TreesSpec });
const ClustersFederation = v.strictObject({
  ...ofSums,
  family: v.literal('k-means'),
  clusters: ClustersSpec,
});
export type SummedFederation =
  v.InferOutput<typeof TreesFederation> | v.InferOutput<typeof ClustersFederation>;

export const FederationSpec = v.variant('family', [NetworkFederation, TreesFederation, ClustersFederation]);
export type FederationSpec = v.InferOutput<typeof FederationSpec>;

/** What of a spec says which model it is: two federations of the same text here have versions of the same kind. */
export const modelText = (spec: FederationSpec): string =>
  JSON.stringify([
    'network' in spec ? spec.network : 'trees' in spec ? spec.trees : spec.clusters,
    spec.recipe?.digest,
  ]);

/** What of secure aggregation is chosen; undefined: the server reads each update. */
export const secureSumOf = ({ secureSum }: Pick<FederationSpec, 'secureSum'>): SecureSumOn | undefined =>
  secureSum?.type === 'on' ? secureSum : undefined;
