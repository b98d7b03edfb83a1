// One model of the catalogue fitted to rows, whatever it is: a learner step by step, a network by the training that rounds use too. What
// comes out says its outputs and its digest, and nothing of how it was made.
import { isPlane, type DataContract } from '../../core/data/contract.ts';
import { digestBuilder, digestOfText, bytesOf } from '../../core/digest.ts';
import type { Digest } from '../../core/ids.ts';
import { balancedRows } from '../../core/balance/balanced-rows.ts';
import type { Balance } from '../../core/balance/balances.ts';
import {
  ownCount,
  type Learner,
  type LearnerRows,
  type LearntPart,
  type Predictor,
} from '../../core/learners/learner.ts';
import { featureNetwork, headNetwork } from '../../core/model/backbone.ts';
import { embeddedContract, tooMuchSeen, type Embedding } from '../../core/model/embedding.ts';
import { joinedOutputs, unfolded } from '../../core/learners/terms-as-columns.ts';
import type { LinearPredictor } from '../../core/learners/linear.ts';
import type { LogisticPredictor } from '../../core/learners/logistic.ts';
import { initialParameters, type Network } from '../../core/model/network.ts';
import type { TrainingPlan } from '../../core/model/spec.ts';
import type { OptionValues } from '../../core/named-options.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Checkpoint, HistoryPoint, ParticipantStore } from '../../ports/participant-store.ts';
import type { Engine } from '../engine.ts';
import type { StepView } from '../step-view.ts';
import { batchesOf } from '../batch-order.ts';
import { trainLocally, type TrainingProgress } from '../train-locally.ts';
import type { TrainingAlarm } from '../training-alarms.ts';
import { createTrainingControl, type TrainingControl } from '../training-control.ts';
import { askedOnEngine } from './ask-network.ts';
import { embeddedRows, saidOfSeen } from './embedded-rows.ts';
import { isLine } from './explain.ts';
import { planOf, takesTerms, type BenchModel } from './models.ts';
import type { CurvePoint } from './run-record.ts';
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
  /** The engine of what a person waits for. Without it that of the surroundings. */
  readonly openEngine?: FitSurroundings['openEngine'] | undefined;
  /** Ten times a second at most, and once more when it ends, however: then with every point of its curve. */
  onTraining?(training: LiveTraining): void;
  /** Of a single step that was asked for while it stands. */
  onStep?(view: StepView): void;
  /** Another engine took over, in a sentence. */
  onNotice?(message: string): void;
  /** Resolves once it is kept, beside the newest by which training goes on. */
  keepCheckpoint?(reached: Reached): Promise<void>;
  /** Of a branch: where it begins; undefined where that is not kept any more. */
  begin?(): Promise<Checkpoint | undefined>;
}

/** Where the training of a network stands, as it can be branched from. */
export interface Reached {
  readonly checkpoint: Checkpoint;
  /** Taken by then. */
  readonly step: number;
  readonly curve: readonly CurvePoint[];
  readonly plan: Pick<TrainingPlan, 'learningRate' | 'localEpochs'>;
}

/** A network while it is trained. */
export interface LiveTraining extends Omit<TrainingProgress, 'history' | 'tally' | 'fraction' | 'paused'> {
  readonly epochs: number;
  readonly trainingRows: number;
  readonly heldOutRows: number;
  /** Of the curve: share that is right, or root mean squared error in the target's own units. */
  readonly metric: 'accuracy' | 'rmse';
  readonly curve: readonly CurvePoint[];
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
  readonly curve: readonly CurvePoint[];
  /** Of an ensemble, whose `learnt` are its weights and then what each of these learnt. */
  readonly members?: readonly Fitted[] | undefined;
  /** [classes]: rows that were added to learn from; absent where none was asked for. */
  readonly added?: readonly number[] | undefined;
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
  /** Scored after each epoch of a network, for its curve; nothing is learnt from them. */
  readonly heldOut?: LearnerRows | undefined;
  /** How rare classes are brought up, in these rows and from nothing else; left out: the rows are learnt from as they are. */
  readonly balance?: Balance | undefined;
}

const ROWS_AT_ONCE = 1024;

/** Refused with a sentence where training fails. Rejects with the signal's reason. */
export async function fitModel(
  { balance = 'none', ...task }: FitTask,
  surroundings: FitSurroundings,
): Promise<Result<Fitted, string>> {
  surroundings.signal?.throwIfAborted();
  if (balance === 'none') return fitRows(task, surroundings);
  // Of the rows that this one model is given: a part that judges it is no part of them.
  const balanced = await stepThrough(
    balancedRows(task.contract, task.rows, balance, task.seed),
    surroundings,
  );
  if (!balanced.ok) return balanced;
  const { rows, added } = balanced.value;
  const fitted = await fitRows({ ...task, rows }, surroundings);
  return fitted.ok ? ok({ ...fitted.value, added }) : fitted;
}

async function fitRows(task: FitTask, surroundings: FitSurroundings): Promise<Result<Fitted, string>> {
  const { model, contract, rows } = task;
  const columns = takesTerms(model) ? undefined : unfolded(contract);
  if (columns === undefined) return fitPlain(task, surroundings);
  const large = columns.tooLarge(rows.count);
  if (large !== undefined) return fail(`${model.title} does not suit these data: ${large}`);
  const asColumns = (of: LearnerRows): LearnerRows => ({
    ...of,
    features: columns.rows(of.features, of.count),
  });
  const fitted = await fitPlain(
    {
      ...task,
      contract: columns.contract,
      rows: asColumns(rows),
      heldOut: task.heldOut && asColumns(task.heldOut),
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
      return model.embedding === undefined
        ? ok(await fitLearner(task, model.learner, surroundings))
        : fitOnEmbedding(task, model.learner, model.embedding, surroundings);
    case 'network':
      return fitNetwork(task, model, surroundings);
    case 'ensemble':
      return fitEnsemble(task, model, surroundings);
    case 'grouper':
      return fail(`${model.title} finds groups, and predicts no target.`);
    default:
      return model satisfies never;
  }
}

/** Each member to all rows, one after the other. Curves and checkpoints are of one network, and of these there are several. */
async function fitEnsemble(
  { heldOut: _, ...task }: FitTask,
  { members }: Extract<BenchModel, { type: 'ensemble' }>,
  { hand: whole, ...others }: FitSurroundings,
): Promise<Result<Fitted, string>> {
  const hand: TrainingHand | undefined = whole && {
    control: whole.control,
    openEngine: whole.openEngine,
    onAlarm: (alarm) => whole.onAlarm(alarm),
    onStanding: (isPaused) => whole.onStanding(isPaused),
    onStep: (view) => whole.onStep?.(view),
    onNotice: (message) => whole.onNotice?.(message),
  };
  const surroundings: FitSurroundings = { ...others, hand };
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

/** How long it takes to see, of what it takes to see and learn: a guess, for the bar. */
const SEEING = 0.6;

/** On what a frozen network sees of each row: asked once of those to learn from, and of each that is asked about. */
async function fitOnEmbedding(
  { contract, rows, ...task }: FitTask,
  learner: Learner,
  embedding: Embedding,
  surroundings: FitSurroundings,
): Promise<Result<Fitted, string>> {
  if (!isPlane(contract)) throw new Error('A network sees pictures and recordings.');
  const tooMuch = tooMuchSeen(rows.count, embedding.width);
  if (tooMuch !== undefined) return fail(tooMuch);
  const { onProgress } = surroundings;
  const seen = await embeddedRows(embedding, rows, surroundings, (share) => onProgress?.(share * SEEING));
  const { line: _, ...fitted } = await fitLearner(
    { ...task, contract: embeddedContract(embedding.width, contract), rows: { ...rows, features: seen } },
    learner,
    { ...surroundings, onProgress: (share) => onProgress?.(SEEING + share * (1 - SEEING)) },
  );
  const learnt = [embedding.parameters, ...fitted.learnt];
  return ok({
    ...fitted,
    predict: (features, count) => saidOfSeen(embedding, { features, count }, surroundings, fitted.predict),
    digest: digestOfParts(learnt),
    bytes: fitted.bytes + embedding.parameters.byteLength,
    learnt,
  });
}

async function fitLearner(
  { options, contract, rows, seed }: FitTask,
  learner: Learner,
  { clock, signal, onProgress }: FitSurroundings,
): Promise<Fitted> {
  const learning = learner.learn({ contract, rows, options, seed });
  const predictor = await stepThrough(learning, { clock, signal }, onProgress);
  return {
    predict: (features, count) => inPieces(predictor, features, count, clock, signal),
    digest: digestOfParts(predictor.learnt),
    bytes: predictor.learnt.reduce((sum, part) => sum + part.byteLength, 0),
    learnt: predictor.learnt,
    ...(isLine(predictor) ? { line: predictor } : {}),
    curve: predictor.curve ?? [],
    close: () => {},
  };
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
  const sees = { network: features.value, parameters: frozen.parameters };
  // Both are held while the head learns.
  const most = task.rows.count + (task.heldOut?.count ?? 0);
  const tooMuch = tooMuchSeen(most, features.value.outputSize);
  if (tooMuch !== undefined) return fail(tooMuch);
  const ofBackbone = async (rows: LearnerRows): Promise<LearnerRows> => ({
    ...rows,
    features: await embeddedRows(sees, rows, surroundings),
  });
  const rows = await ofBackbone(task.rows);
  const heldOut = task.heldOut && (await ofBackbone(task.heldOut));
  const fitted = await fitLayers({ ...task, rows, heldOut }, head.value, surroundings);
  if (!fitted.ok) return fitted;
  const [learnt] = fitted.value.learnt;
  const parameters = new Float32Array(network.parameterCount);
  parameters.set(frozen.parameters);
  parameters.set(learnt instanceof Float32Array ? learnt : [], frozen.parameters.length);
  return ok({
    ...fitted.value,
    predict: (given, count) =>
      saidOfSeen(sees, { features: given, count }, surroundings, fitted.value.predict),
    digest: digestOfParts([parameters]),
    bytes: parameters.byteLength,
    learnt: [parameters],
  });
}

async function fitLayers(
  task: FitTask,
  network: Network,
  surroundings: FitSurroundings,
): Promise<Result<Fitted, string>> {
  const { model, options, rows, seed, heldOut } = task;
  const { signal, clock, onProgress, hand, onStep } = surroundings;
  const plan = planOf(options, seed);
  const own = ownCount(rows);
  const key = `workbench/${model.name}`;
  const settings = digestOfText(
    JSON.stringify([network.spec, plan, digestOfParts([rows.features, rows.targets])]),
  );
  const begun = await beginning(key, settings, network, surroundings);
  if (!begun.ok) return begun;
  const engine = await (hand?.openEngine ?? surroundings.openEngine)(network, plan.batchSize);
  const control = hand?.control ?? createTrainingControl();
  const { metric, curveOf } = curveOfTask(task);
  const keep = async (checkpoint: Checkpoint): Promise<void> =>
    hand?.keepCheckpoint?.({
      checkpoint,
      step: checkpoint.epoch * batchesOf(rows.count, plan.batchSize) + checkpoint.batch,
      curve: curveOf(checkpoint.history),
      plan: { learningRate: plan.learningRate, localEpochs: plan.localEpochs },
    });
  let last: TrainingProgress | undefined;
  const tell = (progress: TrainingProgress, history: readonly HistoryPoint[]): void => {
    const { epoch, batch, batchesPerEpoch, examplesPerSecond, etaMs, memoryBytes } = progress;
    hand?.onTraining?.({
      ...{ epoch, batch, batchesPerEpoch, examplesPerSecond, etaMs, memoryBytes, metric },
      epochs: plan.localEpochs,
      trainingRows: own,
      heldOutRows: heldOut?.count ?? 0,
      curve: curveOf(history),
    });
  };
  let stood: boolean | undefined;
  const stop = (): void => control.stop();
  signal?.addEventListener('abort', stop);
  try {
    // While the engines were tested, perhaps.
    signal?.throwIfAborted();
    const outcome = await trainLocally(
      {
        key,
        settings,
        network,
        plan,
        training: rows,
        scored: own === rows.count ? undefined : firstRows(rows, own),
        heldOut: heldOut ?? null,
        metric,
        base: initialParameters(network, seed),
        checkpoint: begun.value,
      },
      {
        engine,
        clock,
        control,
        async saveCheckpoint(checkpoint) {
          await surroundings.checkpoints?.put(checkpoint);
          await keep(checkpoint);
        },
        onProgress(progress) {
          if (progress.paused !== stood) hand?.onStanding((stood = progress.paused));
          onProgress?.(progress.fraction);
          tell((last = progress), progress.history);
        },
        ...(hand === undefined ? {} : { onAlarm: (alarm: TrainingAlarm) => hand.onAlarm(alarm) }),
        ...(onStep !== undefined
          ? { onStep, watchesSteps: true }
          : hand?.onStep !== undefined
            ? { onStep: (view: StepView) => hand.onStep?.(view) }
            : {}),
        onNotice: (message) => hand?.onNotice?.(message),
      },
    );
    if (outcome.type === 'failed') {
      signal?.throwIfAborted();
      engine.dispose();
      return fail(outcome.message);
    }
    const { parameters, history } = outcome;
    if (last !== undefined) tell(last, history);
    // What was stopped goes on from this very step.
    if (outcome.type === 'stopped') await surroundings.checkpoints?.put(outcome.last);
    await keep(outcome.last);
    signal?.throwIfAborted();
    return ok({
      predict: (features, count) =>
        askedOnEngine(engine, { network, plan, parameters }, features, count, signal),
      digest: digestOfParts([parameters]),
      bytes: parameters.byteLength,
      learnt: [parameters],
      curve: curveOf(history),
      close: () => engine.dispose(),
    });
  } catch (error) {
    engine.dispose();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** A view. */
function firstRows({ features, targets, count: all }: LearnerRows, count: number): LearnerRows {
  return {
    count,
    features: features.subarray(0, (features.length / all) * count),
    targets: targets.subarray(0, count),
  };
}

/** Where training begins: at its own checkpoint, where a branch left another run, or at the beginning (undefined). */
async function beginning(
  key: string,
  settings: Digest,
  network: Network,
  { checkpoints, hand }: FitSurroundings,
): Promise<Result<Checkpoint | undefined, string>> {
  const kept = await checkpoints?.get(key);
  if (kept?.settings === settings) return ok(kept);
  if (hand?.begin === undefined) return ok(undefined);
  const start = await hand.begin();
  if (start === undefined || start.state.parameters.length !== network.parameterCount)
    return fail(
      'The checkpoint that this run goes on from is not kept any more: only the last runs keep theirs. Branch from another.',
    );
  const own = { ...start, key, settings };
  // Durable before it goes on: cut off and taken up, it would else begin anew.
  await checkpoints?.put(own);
  return ok(own);
}

/** A curve as it is drawn and kept: as training tells it, but for an error in the target's own units. */
function curveOfTask({ contract }: FitTask) {
  const target = contract.kind === 'table' ? contract.target : undefined;
  if (target?.type !== 'number')
    return {
      metric: 'accuracy',
      curveOf: (history: readonly HistoryPoint[]): readonly CurvePoint[] => history,
    } as const;
  const unit = target.standardDeviation;
  return {
    metric: 'rmse',
    curveOf: (history: readonly HistoryPoint[]): readonly CurvePoint[] =>
      history.map(({ heldOutMetric, trainingMetric, ...point }) => ({
        ...point,
        ...(heldOutMetric === undefined ? {} : { heldOutMetric: heldOutMetric * unit }),
        ...(trainingMetric === undefined ? {} : { trainingMetric: trainingMetric * unit }),
      })),
  } as const;
}
