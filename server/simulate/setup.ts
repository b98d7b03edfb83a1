// What a simulation is told to do: plain data, which its state file keeps, so that it is gone on with as it was begun. How flags
// become it is flags.ts; what the parts must agree on beyond each flag is found where they meet, and refused by UnusableSetup.
import * as v from 'valibot';
import { NODE_BACKENDS } from '#lib/adapters/engines/node.ts';
import {
  Personalisation,
  plainRounds,
  RoundMode,
  SampleName,
  SelectionRules,
  StrategyChoice,
} from '#lib/core/federation.ts';
import { MetricName } from '#lib/core/metrics/metric-name.ts';
import { noPrivacy, Privacy } from '#lib/core/privacy/rules.ts';
import { Augmentation, OptimizerSpec } from '#lib/core/model/spec.ts';

const whole = (minimum: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(minimum));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

export const SimulationSetup = v.strictObject({
  data: v.variant('type', [
    /** The generators that ship with the app; `rows` for each participant, null: as many as suit their number. */
    v.strictObject({
      type: v.literal('sample'),
      sample: SampleName,
      rows: v.nullable(whole(1)),
    }),
    v.strictObject({ type: v.literal('paths'), paths: v.array(v.string()) }),
  ]),
  /** Rows that judge the versions; null: the data's own test files, else a share of the rows. */
  test: v.nullable(v.array(v.string())),
  /** The column that a table's rows are to be told by; null: as inferred. */
  label: v.nullable(v.string()),
  /** A family and its settings as typed, `mlp:200,200`; null: the simplest for the target. */
  model: v.nullable(v.string()),
  /** Null: one for each file with by-file, else 100. */
  participants: v.nullable(whole(1)),
  /** The share of all participants that closes a round, or fills a buffer. */
  cohort: share,
  mode: v.optional(RoundMode, plainRounds.mode),
  overSelection: v.pipe(v.number(), v.minValue(1), v.maxValue(3)),
  localEpochs: whole(1),
  batchSize: whole(1),
  learningRate: v.number(),
  /** Rates among which devices' own is drawn, by what earlier rounds came to (FedEx). This and what follows left out: all take `learningRate`. */
  tunedRates: v.exactOptional(
    v.pipe(v.array(v.pipe(v.number(), v.gtValue(0))), v.minLength(2), v.maxLength(20)),
  ),
  /** What a population of rates evolves between (FedPop). */
  evolvedRates: v.exactOptional(
    v.strictObject({
      least: v.pipe(v.number(), v.gtValue(0)),
      most: v.number(),
      population: whole(4),
    }),
  ),
  optimizer: OptimizerSpec,
  proximalTerm: v.number(),
  /** Steps that a survey of all devices' rows fits, or a fitted recipe, as JSON, by which devices prepare their rows; left out: by none. */
  recipe: v.exactOptional(v.string()),
  /** How devices vary their pictures; left out: not at all. */
  augmentation: v.exactOptional(Augmentation),
  partition: v.string(),
  strategy: StrategyChoice,
  /** A version that would move further than this many times the median of the last is not made; null: any may be. */
  guard: v.nullable(v.pipe(v.number(), v.minValue(1), v.maxValue(1000))),
  privacy: v.optional(Privacy, noPrivacy),
  uplink: v.string(),
  downlink: v.string(),
  attack: v.nullable(v.strictObject({ name: v.string(), options: v.record(v.string(), v.number()) })),
  /** The share of all participants that is hostile. */
  attackers: share,
  /** The chance of a device to leave in the middle of a round that it was picked for. */
  dropout: share,
  availability: v.picklist(['always', 'day-night']),
  speeds: v.picklist(['uniform', 'heavy-tailed']),
  /** Simulated seconds that a cohort has to report. */
  deadlineSeconds: whole(5),
  /** The share of it within which a device must be expected to train; null: however long. */
  deadlineShare: v.optional(SelectionRules.entries.deadlineShare, plainRounds.selection.deadlineShare),
  fairness: v.optional(SelectionRules.entries.fairness, plainRounds.selection.fairness),
  /** The share of devices that never train and judge versions; left out: none. */
  heldOutDevices: v.exactOptional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(0.5))),
  /** What each device makes for itself of the shared model; left out: nothing. */
  personalisation: v.exactOptional(Personalisation),
  /** After the rounds, so many devices' models of their own rows, and one of all rows, are held against the last version; left out: none. */
  references: v.exactOptional(whole(2)),
  rounds: whole(1),
  metric: v.nullable(v.strictObject({ name: MetricName, target: v.nullable(v.number()) })),
  evaluateEvery: whole(1),
  seed: whole(0),
  /** `auto`: the fastest that passes the self-test. Other engines round otherwise: the bytes are those of a seed and an engine. */
  backend: v.picklist(['auto', ...NODE_BACKENDS, 'reference']),
});
export type SimulationSetup = v.InferOutput<typeof SimulationSetup>;

/** The setup cannot be worked with: the message names the flag, says what was expected and what to do. */
export class UnusableSetup extends Error {
  override readonly name = 'UnusableSetup';
}
