// One model of the catalogue fitted to rows, whatever it is: a learner step by step, a network by the training that rounds use too. What
// comes out says its outputs and its digest, and nothing of how it was made.
import type { DataContract } from '../../core/data/contract.ts';
import { digestBuilder, digestOfText, bytesOf } from '../../core/digest.ts';
import type { Digest } from '../../core/ids.ts';
import type { LearnerRows, LearntPart, Predictor } from '../../core/learners/learner.ts';
import { featureNetwork, headNetwork } from '../../core/model/backbone.ts';
import { joinedOutputs, unfolded } from '../../core/learners/terms-as-columns.ts';
import type { LinearPredictor } from '../../core/learners/linear.ts';
import type { LogisticPredictor } from '../../core/learners/logistic.ts';
import { initialParameters, type Network } from '../../core/model/network.ts';
import type { TrainingPlan } from '../../core/model/spec.ts';
import type { OptionValues } from '../../core/named-options.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ParticipantStore } from '../../ports/participant-store.ts';
import type { Engine } from '../engine.ts';
import type { StepView } from '../step-view.ts';
import { startState, trainLocally } from '../train-locally.ts';
import type { TrainingAlarm } from '../training-alarms.ts';
import { createTrainingControl, type TrainingControl } from '../training-control.ts';
import { isLine } from './explain.ts';
import { planOf, takesTerms, type BenchModel } from './models.ts';
import { stepThrough } from './step-through.ts';

export interface FitSurroundings {
  readonly clock: Clock;
  /** The engine for a network; disposed of by whoever fitted with it. */
  openEngine(network: Network, batchSize: number): Promise<Engine>;
  readonly signal?: AbortSignal | undefined;
  /** 0–1 */
  onProgress?(fraction: number): void;
  /** Given, each step of a network is looked at from inside, which takes several times as long. */
  onStep?: ((view: StepView) => void) | undefined;
  /** A person's hand on the training of a network. Without it nothing pauses, and numbers that are none end training as failed. */
  readonly hand?: TrainingHand | undefined;
  /** What lets the training of a network go on after the process has ended. */
  readonly checkpoints?: ParticipantStore['checkpoints'] | undefined;
}

export interface TrainingHand {
  readonly control: TrainingControl;
  /** Training stands by then where nothing good comes of going on. */
  onAlarm(alarm: TrainingAlarm): void;
  /** When it begins, and at each pause and its end. */
  onStanding(isPaused: boolean): void;
}

export interface Fitted {
  /** [count, classes] shares, or [count] encoded numbers. */
  predict(features: Uint8Array | Float32Array, count: number): Promise<Float64Array<ArrayBuffer>>;
  /** Over everything that was learnt. */
  readonly digest: Digest;
  /** Bytes of what was learnt. */
  readonly bytes: number;
  /** What was learnt, in a fixed order. */
  readonly learnt: readonly LearntPart[];
  /** Of a linear model: its weights, for what asks which words it looks at. */
  readonly line?: LogisticPredictor | LinearPredictor;
  /** Mean training loss by step, or as trees grew (LearningPoint); empty for what learns by a formula. */
  readonly curve: readonly { readonly step: number; readonly loss: number }[];
  /** Of an ensemble, whose `learnt` are its weights and then what each of these learnt. */
  readonly members?: readonly Fitted[] | undefined;
  close(): void;
}

/** Of a model that is asked once: its engine goes, whatever the answer. */
export async function predictAndClose(fitted: Fitted, { features, count }: LearnerRows) {
  try {
    return await fitted.predict(features, count);
  } finally {
    fitted.close();
  }
}

export interface FitTask {
  readonly model: BenchModel;
  readonly options: OptionValues;
  readonly contract: DataContract;
  readonly rows: LearnerRows;
  readonly seed: number;
}

const ROWS_AT_ONCE = 1024;

/** Refused with a sentence where training fails. Rejects with the signal's reason. */
export async function fitModel(
  task: FitTask,
  surroundings: FitSurroundings,
): Promise<Result<Fitted, string>> {
  surroundings.signal?.throwIfAborted();
  const { model, contract, rows } = task;
  const columns = takesTerms(model) ? undefined : unfolded(contract);
  if (columns === undefined) return fitPlain(task, surroundings);
  const large = columns.tooLarge(rows.count);
  if (large !== undefined) return fail(`${model.title} does not suit these data: ${large}`);
  const fitted = await fitPlain(
    {
      ...task,
      contract: columns.contract,
      rows: { ...rows, features: columns.rows(rows.features, rows.count) },
    },
    surroundings,
  );
  if (!fitted.ok) return fitted;
  const { predict, ...rest } = fitted.value;
  return ok({
    ...rest,
    async predict(features, count) {
      const outputs: Float64Array[] = [];
      for (const part of columns.parts(features, count))
        outputs.push(await predict(part.features, part.count));
      return joinedOutputs(outputs);
    },
  });
}

async function fitPlain(task: FitTask, surroundings: FitSurroundings): Promise<Result<Fitted, string>> {
  const unsuited = task.model.unsuited(task.contract, task.options);
  if (unsuited !== undefined) return fail(`${task.model.title} does not suit these data: ${unsuited}`);
  const { model } = task;
  switch (model.type) {
    case 'learner':
      return fitLearner(task, model, surroundings);
    case 'network':
      return fitNetwork(task, model, surroundings);
    case 'ensemble':
      return fitEnsemble(task, model, surroundings);
    default:
      return model satisfies never;
  }
}

/** Each member to all rows, one after the other. */
async function fitEnsemble(
  task: FitTask,
  { members }: Extract<BenchModel, { type: 'ensemble' }>,
  surroundings: FitSurroundings,
): Promise<Result<Fitted, string>> {
  const fitted: Fitted[] = [];
  const close = (): void => fitted.forEach((one) => one.close());
  let isWhole = false;
  try {
    for (const [at, { chosen }] of members.entries()) {
      const onProgress = (fraction: number): void =>
        surroundings.onProgress?.((at + fraction) / members.length);
      const one = await fitModel({ ...task, ...chosen }, { ...surroundings, onProgress });
      if (!one.ok) return one;
      fitted.push(one.value);
    }
    isWhole = true;
  } finally {
    if (!isWhole) close();
  }
  const weights = Float64Array.from(members, ({ weight }) => weight);
  const learnt = [weights, ...fitted.flatMap((one) => one.learnt)];
  return ok({
    async predict(features, count) {
      const outputs: Float64Array[] = [];
      for (const one of fitted) outputs.push(await one.predict(features, count));
      return weighedOutputs(outputs, weights);
    },
    digest: digestOfParts(learnt),
    bytes: learnt.reduce((sum, part) => sum + part.byteLength, 0),
    learnt,
    curve: [],
    members: fitted,
    close,
  });
}

/** Σ weight · outputs */
export function weighedOutputs(
  outputs: readonly Float64Array[],
  weights: Float64Array,
): Float64Array<ArrayBuffer> {
  const mean = new Float64Array(outputs[0]?.length ?? 0);
  for (const [at, own] of outputs.entries())
    for (let i = 0; i < mean.length; i += 1) mean[i]! += weights[at]! * own[i]!;
  return mean;
}

async function fitLearner(
  { options, contract, rows, seed }: FitTask,
  { learner }: Extract<BenchModel, { type: 'learner' }>,
  { clock, signal, onProgress }: FitSurroundings,
): Promise<Result<Fitted, string>> {
  const learning = learner.learn({ contract, rows, options, seed });
  const predictor = await stepThrough(learning, { clock, signal }, onProgress);
  return ok({
    predict: (features, count) => inPieces(predictor, features, count, clock, signal),
    digest: digestOfParts(predictor.learnt),
    bytes: predictor.learnt.reduce((sum, part) => sum + part.byteLength, 0),
    learnt: predictor.learnt,
    ...(isLine(predictor) ? { line: predictor } : {}),
    curve: predictor.curve ?? [],
    close: () => {},
  });
}

/** A thousand rows at a time, so that a person's hand is felt where each takes long (neighbours). */
async function inPieces(
  predictor: Predictor,
  features: Uint8Array | Float32Array,
  count: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Float64Array<ArrayBuffer>> {
  const size = count === 0 ? 0 : features.length / count;
  let all = new Float64Array(0);
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    const rows = Math.min(ROWS_AT_ONCE, count - from);
    const piece = predictor.predict(features.subarray(from * size, (from + rows) * size), rows);
    if (from === 0) all = new Float64Array((piece.length / rows) * count);
    all.set(piece, (piece.length / rows) * from);
    await clock.tick();
    signal?.throwIfAborted();
  }
  return all;
}

/** Over parts and their lengths. */
export function digestOfParts(parts: readonly ArrayBufferView[]): Digest {
  const builder = digestBuilder();
  for (const part of parts)
    builder.update(Uint8Array.of(...lengthBytes(part.byteLength))).update(bytesOf(part));
  return builder.finish();
}

const lengthBytes = (length: number): number[] => [0, 8, 16, 24].map((shift) => (length >>> shift) & 255);

async function fitNetwork(
  task: FitTask,
  { network: networkFor, frozen }: Extract<BenchModel, { type: 'network' }>,
  surroundings: FitSurroundings,
): Promise<Result<Fitted, string>> {
  const network = networkFor(task.contract, task.options);
  if (frozen === undefined) return fitLayers(task, network, surroundings);
  // A frozen backbone is asked once for each row; the head learns from what it says.
  const features = featureNetwork(network, frozen.layers);
  const head = headNetwork(network, frozen.layers);
  if (!features.ok) return features;
  if (!head.ok) return head;
  const rows = await featuresOf(features.value, frozen.parameters, task.rows, surroundings);
  const fitted = await fitLayers({ ...task, rows }, head.value, surroundings);
  if (!fitted.ok) return fitted;
  const [learnt] = fitted.value.learnt;
  const parameters = new Float32Array(network.parameterCount);
  parameters.set(frozen.parameters);
  parameters.set(learnt instanceof Float32Array ? learnt : [], frozen.parameters.length);
  return ok({
    ...fitted.value,
    predict: async (given, count) => {
      const own = await featuresOf(
        features.value,
        frozen.parameters,
        { features: given, count },
        surroundings,
      );
      return fitted.value.predict(own.features, count);
    },
    digest: digestOfParts([parameters]),
    bytes: parameters.byteLength,
    learnt: [parameters],
  });
}

/** What the backbone gives of each row: [count, features]. */
async function featuresOf<Rows extends Pick<LearnerRows, 'features' | 'count'>>(
  network: Network,
  parameters: Float32Array,
  rows: Rows,
  { openEngine, signal }: FitSurroundings,
): Promise<Rows & { readonly features: Float32Array }> {
  const engine = await openEngine(network, ROWS_AT_ONCE);
  try {
    const trained = { network, plan: planOf({}, 0), parameters: Float32Array.from(parameters) };
    const outputs = await askedOnEngine(engine, trained, rows.features, rows.count, signal);
    return { ...rows, features: Float32Array.from(outputs) };
  } finally {
    engine.dispose();
  }
}

async function fitLayers(
  { model, options, rows, seed }: FitTask,
  network: Network,
  surroundings: FitSurroundings,
): Promise<Result<Fitted, string>> {
  const { signal, clock, onProgress, hand } = surroundings;
  const plan = planOf(options, seed);
  const key = `workbench/${model.name}`;
  const settings = digestOfText(
    JSON.stringify([network.spec, plan, digestOfParts([rows.features, rows.targets])]),
  );
  const kept = await surroundings.checkpoints?.get(key);
  const engine = await surroundings.openEngine(network, plan.batchSize);
  const control = hand?.control ?? createTrainingControl();
  let stood: boolean | undefined;
  const stop = (): void => control.stop();
  signal?.addEventListener('abort', stop);
  try {
    const outcome = await trainLocally(
      {
        key,
        settings,
        network,
        plan,
        training: rows,
        heldOut: null,
        metric: 'loss',
        base: initialParameters(network, seed),
        checkpoint: kept?.settings === settings ? kept : undefined,
      },
      {
        engine,
        clock,
        control,
        saveCheckpoint: async (checkpoint) => surroundings.checkpoints?.put(checkpoint),
        onProgress({ fraction, paused }) {
          if (paused !== stood) hand?.onStanding((stood = paused));
          onProgress?.(fraction);
        },
        ...(hand === undefined ? {} : { onAlarm: (alarm: TrainingAlarm) => hand.onAlarm(alarm) }),
        ...(surroundings.onStep === undefined ? {} : { onStep: surroundings.onStep, watchesSteps: true }),
        onNotice: () => {},
      },
    );
    signal?.throwIfAborted();
    if (outcome.type === 'failed') {
      engine.dispose();
      return fail(outcome.message);
    }
    const { parameters, history } = outcome;
    return ok({
      predict: (features, count) =>
        askedOnEngine(engine, { network, plan, parameters }, features, count, signal),
      digest: digestOfParts([parameters]),
      bytes: parameters.byteLength,
      learnt: [parameters],
      curve: history.map(({ step, loss }) => ({ step, loss })),
      close: () => engine.dispose(),
    });
  } catch (error) {
    engine.dispose();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** A network as it was trained. */
export interface TrainedNetwork {
  readonly network: Network;
  readonly plan: TrainingPlan;
  readonly parameters: Float32Array<ArrayBuffer>;
}

/** Its outputs [count, outputSize] as a Fitted gives them. Rejects with the signal's reason. */
export async function askedOnEngine(
  engine: Engine,
  { network, plan, parameters }: TrainedNetwork,
  features: Uint8Array | Float32Array,
  count: number,
  signal: AbortSignal | undefined,
): Promise<Float64Array<ArrayBuffer>> {
  const session = await (await engine.trainer()).open(network, plan);
  try {
    await session.setState(startState(parameters));
    const size = count === 0 ? 0 : features.length / count;
    const all = new Float64Array(count * network.outputSize);
    for (let from = 0; from < count; from += ROWS_AT_ONCE) {
      const own = Math.min(ROWS_AT_ONCE, count - from);
      const piece = await session.predict(features.slice(from * size, (from + own) * size), own);
      all.set(piece, from * network.outputSize);
      signal?.throwIfAborted();
    }
    return all;
  } finally {
    session.close();
  }
}
