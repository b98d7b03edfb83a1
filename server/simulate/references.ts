// What a federation's last version is held against: a model of all rows in one place, and models of some devices' own rows, trained by
// the plan of its rounds and judged on the same test rows. Whether it was worth the rounds is said only as far as luck allows.
import { firstParameters, federatedModel } from '#lib/core/federated-model.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { selectExamples, type Examples } from '#lib/core/data/examples.ts';
import { constant } from '#lib/core/learners/constant.ts';
import { variance } from '#lib/core/metrics/intervals.ts';
import { student95 } from '#lib/core/metrics/student.ts';
import { random } from '#lib/core/random.ts';
import {
  compareModels,
  judging,
  meritInfluences,
  meritOf,
  type Comparison,
  type Judged,
} from '#lib/participant/workbench/judge.ts';
import { inOneGo } from '#lib/participant/workbench/step-through.ts';
import { verdictOf } from '#lib/participant/workbench/verdict.ts';
import type { SimulatedDevice } from './devices.ts';
import type { Gap, NoVerdictLine, ReferencesLine, ReferenceVerdict } from './lines.ts';
import { UnusableSetup, type SimulationSetup } from './setup.ts';
import { copied, type WorkerPool } from './worker-pool.ts';

export interface ReferenceParts {
  readonly setup: SimulationSetup;
  readonly spec: FederationSpec;
  /** Those that train. */
  readonly devices: readonly SimulatedDevice[];
  /** As the model takes them. */
  readonly training: Examples;
  readonly test: Examples;
  readonly pool: Pick<WorkerPool, 'work'>;
  /** Of the last version. */
  readonly parameters: Float32Array;
  /** Versions that were made. */
  readonly rounds: number;
}

/** What has no references is refused before anything begins. */
export function checkReferences({ references }: SimulationSetup, spec: FederationSpec): void {
  if (references === undefined) return;
  if (!('network' in spec))
    throw new UnusableSetup(
      `--references: sums over the rows of ${spec.family} are exact, so that the federation’s model is the one of all rows in one place. Leave it out.`,
    );
  if (spec.tuning !== undefined)
    throw new UnusableSetup(
      '--references: they train by the plan of the rounds, and with --tune-learning-rate each device has its own. Leave one of them out.',
    );
}

/** Undefined `references` of the setup: there is nothing to say. The same for any number of threads. */
export async function referencesOf(
  parts: ReferenceParts,
): Promise<ReferencesLine | NoVerdictLine | undefined> {
  const { setup, spec, pool, training, test, rounds } = parts;
  if (setup.references === undefined || !('network' in spec)) return undefined;
  const built = federatedModel(spec);
  if (!built.ok) throw new Error(built.error.message);
  // A root's rows are others' too, and who attacks is no device that would stay alone.
  const holding = parts.devices.filter(({ isRoot, rows }) => !isRoot && rows.length > 0);
  const eligible = holding.filter(({ isHostile }) => !isHostile);
  const chosen = random(setup.seed, 'references')
    .shuffle(Uint32Array.from(eligible.keys()))
    .slice(0, setup.references)
    .sort();
  const all = Uint32Array.from(holding.flatMap(({ rows }) => Array.from(rows))).sort();
  if (chosen.length === 0)
    return { type: 'no-verdict', reason: 'no honest device has rows. Use fewer --attackers or more rows.' };
  const passes = passesOf(spec, rounds, parts.devices.length);
  const first = copied(Float32Array, firstParameters(built.value, spec));
  const ask = async (name: string, parameters: Float32Array, rows?: Uint32Array, epochs = 0) => {
    const job = { type: 'reference' as const, parameters, testRows: test.count };
    const result = await pool.work({ ...job, training: rows === undefined ? null : { rows, epochs } });
    if (result.type !== 'said' && result.type !== 'unsaid') throw new Error('A model was asked in vain.');
    return { name, ...result };
  };
  const [federated, pooled, ...alone] = await Promise.all([
    ask('the last version', parts.parameters),
    ask('trained on all rows in one place', first, all, passes.pooled),
    ...Array.from(chosen, (index) => {
      const { rows, index: number } = eligible[index]!;
      return ask(`trained on the rows of device ${number} alone`, first, rows, passes.alone);
    }),
  ] as const);
  const judged: Judged[] = [];
  for (const model of [federated, pooled, ...alone]) {
    if (model.type === 'unsaid') return { type: 'no-verdict', reason: cameToNothing(setup, model) };
    judged.push(judge(parts, model.outputs));
  }
  const rows = selectExamples(training, all);
  const same = inOneGo(constant.learn({ contract: spec.contract, rows, options: {}, seed: setup.seed }));
  const floor = judge(parts, same.predict(test.features, test.count));
  return toldOf(parts, judged, floor, passes, eligible.length);
}

interface Passes {
  readonly pooled: number;
  readonly alone: number;
}

/**
 * In one place each row is passed over as often as the rounds did on average; a device alone takes as many steps as the shared model
 * took one after the other, as if each round had been its own.
 */
function passesOf({ plan, rules }: FederationSpec, rounds: number, devices: number): Passes {
  const alone = Math.max(1, rounds * plan.localEpochs);
  return { alone, pooled: Math.max(1, Math.round(alone * Math.min(1, rules.goal / devices))) };
}

function judge({ spec, test, setup }: ReferenceParts, outputs: Float64Array): Judged {
  const judged = inOneGo(judging(spec.contract, outputs, test, setup.seed));
  if (judged === undefined) throw new Error('There are no rows to judge by.');
  return judged;
}

function toldOf(
  { setup, test }: ReferenceParts,
  [federated, pooled, ...alone]: readonly Judged[],
  floor: Judged,
  passes: Passes,
  of: number,
): ReferencesLine {
  if (federated === undefined || pooled === undefined) throw new Error('Both were judged.');
  const merits = alone.map(({ report }) => meritOf(report)).toSorted((a, b) => a - b);
  const mean = merits.reduce((sum, merit) => sum + merit, 0) / merits.length;
  const gain = gainOverMean(federated, alone, of);
  const pooledGain = gainOverMean(pooled, alone, of);
  const isSignal = verdictOf([federated, pooled, ...alone], floor).verdict === 'signal';
  const { type } = federated.report;
  // Of a number the merit is the error below zero.
  const figure = (merit: number): number => (type === 'classes' ? merit : Math.abs(merit));
  return {
    type: 'references',
    figure: type === 'classes' ? 'accuracy' : 'rmse',
    testRows: test.count,
    federated: standing(federated),
    pooled: {
      ...standing(pooled),
      passes: passes.pooled,
      gain: gapOf(compareModels(federated, pooled, setup.seed)),
      overAlone: pooledGain,
    },
    alone: {
      devices: alone.length,
      of,
      passes: passes.alone,
      mean: figure(mean),
      worst: figure(merits[0]!),
      best: figure(merits.at(-1)!),
      gain,
    },
    sameForAll: figure(meritOf(floor.report)),
    verdict: isSignal ? verdict(gain, pooledGain, type === 'classes' ? 1 : -mean) : 'no signal',
  };
}

function standing({ report }: Judged): ReferencesLine['federated'] {
  return report.type === 'classes'
    ? { value: report.accuracy, interval: report.accuracyInterval ?? null }
    : { value: report.rmse, interval: report.rmseInterval ?? null };
}

const gapOf = ({ gain, interval, pValue }: Comparison): Gap => ({
  gain,
  interval: interval ?? null,
  ...(pValue === undefined ? {} : { pValue }),
});

/** A gain that would not be worth a round, as a share: of the rows, or of the error. */
const LEAST_GAIN = 0.02;

/** Of the last version and of the pooled model, each over devices alone. `scale`: what a gain is a share of. */
export function verdict(federated: Gap, pooled: Gap, scale: number): Exclude<ReferenceVerdict, 'no signal'> {
  const isClear = ({ interval }: Gap): boolean => interval !== null && interval.low > 0;
  if (isClear(federated)) return 'federating helps';
  // Others' rows would help: that these rounds do not is the rounds' doing.
  if (isClear(pooled) && pooled.gain >= LEAST_GAIN * scale) return 'only pooling helps';
  return federated.interval !== null && federated.interval.high < LEAST_GAIN * scale
    ? 'one device is enough'
    : 'no difference beyond luck';
}

/**
 * The first over the mean of others, which were drawn from `of`. Both the rows and the devices are a draw, whose variances add up
 * (Owen 2007, "The pigeonhole bootstrap", §3); all devices are no draw. Student's t by Satterthwaite's degrees of freedom.
 */
export function gainOverMean(first: Judged, others: readonly Judged[], of: number): Gap {
  const merits = Float64Array.from(others, ({ report }) => meritOf(report));
  const gain = meritOf(first.report) - merits.reduce((sum, merit) => sum + merit, 0) / merits.length;
  const ofOthers = others.map(meritInfluences);
  const differences = Array.from(
    meritInfluences(first),
    (own, row) => own - ofOthers.reduce((sum, one) => sum + one[row]!, 0) / others.length,
  );
  // Half a row to each side, as where two models are compared (judge.ts): few rows without a difference are no proof.
  if (first.report.type === 'classes') differences.push(Math.SQRT1_2, -Math.SQRT1_2);
  const count = differences.length;
  const drawn = others.length;
  if (count < 2 || (drawn < 2 && of > 1)) return { gain, interval: null };
  const byRows = variance(Float64Array.from(differences)) / count;
  const byDevices = drawn === of ? 0 : (variance(merits) / drawn) * (1 - drawn / of);
  const both = byRows + byDevices;
  if (both === 0) return { gain, interval: { low: gain, high: gain } };
  const freedom = both ** 2 / (byRows ** 2 / (count - 1) + byDevices ** 2 / Math.max(1, drawn - 1));
  const reach = student95(freedom) * Math.sqrt(both);
  return { gain, interval: { low: gain - reach, high: gain + reach } };
}

/** Each reference trains for as many passes as all rounds did, so that one may diverge where a round did not. */
function cameToNothing(
  { learningRate }: SimulationSetup,
  { name, message, kind }: { readonly name: string; readonly message: string; readonly kind: string },
): string {
  const [what, advice] =
    kind === 'diverged'
      ? [
          `the model ${name} diverged`,
          `Use a --learning-rate below ${learningRate} or fewer --rounds, for the rounds and for what they are held against.`,
        ]
      : [`the model ${name} could not be trained`, 'Use another --backend, or leave --references out.'];
  return `${what}. ${message} ${advice}`;
}
