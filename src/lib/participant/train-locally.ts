// Local training: the same loop for a run of one's own and for a round. Batches come in an order that the seed alone
// decides; a checkpoint lets training go on, after a reload or on another back end, as if it had not stopped.
import type { Digest } from '../core/ids.ts';
import { figure } from '../core/metrics/figures.ts';
import type { MetricName } from '../core/metrics/metric-name.ts';
import type { Tally } from '../core/metrics/tally.ts';
import type { Network } from '../core/model/network.ts';
import type { TrainingPlan } from '../core/model/spec.ts';
import type { Clock } from '../ports/clock.ts';
import type { Checkpoint, HistoryPoint } from '../ports/participant-store.ts';
import { TrainerFailure, type Rows, type TrainerSession, type TrainerState } from '../ports/trainer.ts';
import { batchesOf, epochOrder } from './batch-order.ts';
import type { Engine } from './engine.ts';
import { spreadRows } from './spread-rows.ts';
import type { StepView } from './step-view.ts';
import {
  createTrainingAlarms,
  pausesTraining,
  type TrainingAlarm,
  type TrainingAlarms,
} from './training-alarms.ts';
import type { TrainingControl } from './training-control.ts';
import { createTrainingPace } from './training-pace.ts';

export interface LocalTraining {
  /** Key and settings digest of its checkpoints. */
  readonly key: string;
  readonly settings: Digest;
  readonly network: Network;
  readonly plan: TrainingPlan;
  readonly training: Rows;
  /** Those of them that are scored beside the held-out ones; left out: any. */
  readonly scored?: Rows | undefined;
  /** Scored at the end of each epoch; null: not scored. */
  readonly heldOut: Rows | null;
  readonly metric: MetricName;
  /** [P]: the anchor of the proximal term, and where training starts unless `start` says another place. */
  readonly base: Float32Array<ArrayBuffer>;
  /** [P] */
  readonly start?: Float32Array<ArrayBuffer>;
  /** [P]: added to the gradient of every step (SCAFFOLD). */
  readonly correction?: Float32Array | undefined;
  /** Whether the loss of the base is wanted too (q-FFL); it costs one pass over the rows. */
  readonly asksBaseLoss?: boolean;
  /** Goes on from here; its settings must be these. */
  readonly checkpoint: Checkpoint | undefined;
}

export interface TrainingProgress {
  /** From 0; equal to plan.localEpochs at the end. */
  readonly epoch: number;
  readonly batch: number;
  readonly batchesPerEpoch: number;
  /** 0–1 over all epochs. */
  readonly fraction: number;
  readonly examplesPerSecond: number | null;
  readonly etaMs: number | null;
  readonly memoryBytes: number | null;
  readonly paused: boolean;
  readonly history: readonly HistoryPoint[];
  readonly tally: Tally | null;
}

export interface TrainingSurroundings {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly control: TrainingControl;
  /** Makes a checkpoint durable. It answers for its own failures: training goes on from memory. */
  saveCheckpoint(checkpoint: Checkpoint): Promise<void>;
  onProgress(progress: TrainingProgress): void;
  /** Training goes on with another back end: the sentence for the person. `failure`: what was lost; null: the person chose. */
  onNotice(message: string, failure: TrainerFailure | null): void;
  /** What a step did, of those that are looked at: single steps, and all of them where `watchesSteps`. */
  onStep?(view: StepView): void;
  readonly watchesSteps?: boolean;
  /**
   * Told what is wrong with training, which stands by then where nothing good comes of going on. Without it, numbers that are none
   * end training as failed.
   */
  onAlarm?(alarm: TrainingAlarm): void;
}

export type TrainingOutcome =
  | {
      readonly type: 'finished';
      readonly parameters: Float32Array<ArrayBuffer>;
      readonly history: readonly HistoryPoint[];
      readonly tally: Tally | null;
      /** Where it ended; its parameters are these. */
      readonly last: Checkpoint;
      /** Mean loss of the base on the training rows; null where it was not asked for. */
      readonly baseLoss: number | null;
    }
  /** Stopped by hand: the parameters so far. */
  | {
      readonly type: 'stopped';
      readonly parameters: Float32Array<ArrayBuffer>;
      readonly history: readonly HistoryPoint[];
      readonly tally: Tally | null;
      readonly last: Checkpoint;
    }
  /** Nothing is kept as a result. */
  | { readonly type: 'failed'; readonly kind: 'diverged' | TrainerFailure['kind']; readonly message: string };

const CHECKPOINT_EVERY_MS = 5_000;
/** An epoch's end is a checkpoint too, but not many a second. */
const CHECKPOINT_APART_MS = 1_000;
const PROGRESS_EVERY_MS = 100;
/** Messages waiting for this thread are heard this often. */
const TICK_EVERY_MS = 8;
/** So many training rows are scored beside the held-out ones: enough for the eye to tell over-fitting, and soon done. */
const SCORED_TRAINING_ROWS = 1_000;
/** Points of the loss chart over the whole training. */
const HISTORY_POINTS = 200;

class Diverged extends Error {
  override readonly name = 'Diverged';
  constructor(
    readonly what: 'loss' | 'parameter',
    /** Steps taken when it was noticed. */
    readonly steps: number,
  ) {
    super(
      `Training became unstable: ${what === 'loss' ? 'the loss' : 'a parameter'} is no longer a number. A lower learning rate may help.`,
    );
  }
}

/** Whether every value is a finite number. */
export function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i += 1) if (!Number.isFinite(values[i]!)) return false;
  return true;
}

export function startState(parameters: Float32Array<ArrayBuffer>): TrainerState {
  return { parameters, optimizer: new Float32Array(0), steps: 0 };
}

export async function trainLocally(
  training: LocalTraining,
  surroundings: TrainingSurroundings,
): Promise<TrainingOutcome> {
  const { engine } = surroundings;
  let from: Checkpoint = training.checkpoint ?? {
    key: training.key,
    state: startState(training.start ?? training.base),
    epoch: 0,
    batch: 0,
    pendingLoss: { sum: 0, examples: 0 },
    history: [],
    settings: training.settings,
    savedAt: surroundings.clock.now(),
  };
  const remember = (checkpoint: Checkpoint): void => {
    from = checkpoint;
  };
  const saveCheckpoint = async (checkpoint: Checkpoint): Promise<void> => {
    remember(checkpoint);
    await surroundings.saveCheckpoint(checkpoint);
  };
  let baseLoss: number | null = null;
  const alarms = createTrainingAlarms();
  let carefulUntil = 0;
  for (;;) {
    let session: TrainerSession | undefined;
    try {
      const trainer = await engine.trainer();
      session = await trainer.open(training.network, training.plan);
      if (training.asksBaseLoss === true) baseLoss ??= await lossOfBase(session, training);
      const around = { ...surroundings, saveCheckpoint, alarms, remember, carefulUntil };
      const outcome = await trainFrom(from, session, training, baseLoss, around);
      if (outcome.type !== 'switching') return outcome;
    } catch (failure) {
      if (failure instanceof Diverged) {
        if (surroundings.onAlarm === undefined || !allFinite(from.state.parameters))
          return { type: 'failed', kind: 'diverged', message: failure.message };
        if (failure.steps > carefulUntil) {
          // Back to the last checkpoint, to find the very step.
          carefulUntil = failure.steps;
          continue;
        }
        // `from` is the step before: training stands there.
        surroundings.control.pause();
        surroundings.onAlarm({ type: 'not-finite', step: failure.steps, what: failure.what });
        continue;
      }
      if (!(failure instanceof TrainerFailure)) throw failure;
      const sentence = engine.moveOn(failure);
      if (sentence === undefined) return { type: 'failed', kind: failure.kind, message: failure.message };
      surroundings.onNotice(sentence, failure);
    } finally {
      session?.close();
    }
    const wanted = surroundings.control.takeWanted();
    if (wanted === null || wanted === engine.choice.backend) continue;
    surroundings.onNotice(
      engine.switchTo(wanted)
        ? `Switched to ${engine.choice.description}. It went on from where it stood: no step was lost.`
        : `It stays on ${engine.choice.description}: the engine asked for did not pass the self-test.`,
      null,
    );
  }
}

async function lossOfBase(
  session: TrainerSession,
  { base, training }: LocalTraining,
): Promise<number | null> {
  await session.setState(startState(base));
  return figure(await session.evaluate(training), 'loss') ?? null;
}

/** The rows as an epoch shows them. */
async function shownRows(
  { training, network, plan }: LocalTraining,
  epoch: number,
  clock: Clock,
): Promise<Rows> {
  const { augmentation, seed } = plan;
  if (augmentation === undefined) return training;
  const { augmenting } = await import('../core/augmentation.ts');
  const work = augmenting(training, network.spec.inputShape, augmentation, seed, epoch);
  for (let lastTick = clock.monotonic(); ;) {
    const { done, value } = work.next();
    if (done === true) return { ...training, features: value };
    if (clock.monotonic() - lastTick < TICK_EVERY_MS) continue;
    await clock.tick();
    lastTick = clock.monotonic();
  }
}

interface Watch {
  readonly alarms: TrainingAlarms;
  /** Where training goes on from, should it go wrong; not written down. */
  remember(checkpoint: Checkpoint): void;
  /** Up to this step each is read back by itself: somewhere before it a number becomes none. */
  readonly carefulUntil: number;
}

async function trainFrom(
  from: Checkpoint,
  session: TrainerSession,
  training: LocalTraining,
  baseLoss: number | null,
  {
    clock,
    control,
    saveCheckpoint,
    onProgress,
    onStep,
    watchesSteps = false,
    onAlarm,
    alarms,
    remember,
    carefulUntil,
  }: TrainingSurroundings & Watch,
): Promise<TrainingOutcome | { readonly type: 'switching' }> {
  const { plan } = training;
  const rows = training.training;
  const batchesPerEpoch = batchesOf(rows.count, plan.batchSize);
  const totalBatches = batchesPerEpoch * plan.localEpochs;
  const historyEvery = Math.max(1, Math.ceil(totalBatches / HISTORY_POINTS));
  const history = [...from.history];
  const pace = createTrainingPace(clock);
  let { epoch, batch } = from;
  let pendingLoss = { ...from.pendingLoss };
  let tally: Tally | null = null;
  let unreadSteps = 0;
  let unreadExamples = 0;
  let lastProgress = -Infinity;
  let lastTick = clock.monotonic();
  let lastCheckpoint = clock.monotonic();

  const stepsDone = (): number => epoch * batchesPerEpoch + batch;
  const alarm = (of: TrainingAlarm | undefined): void => {
    if (of === undefined || onAlarm === undefined) return;
    if (pausesTraining(of)) control.pause();
    onAlarm(of);
  };
  const report = (paused: boolean): void => {
    lastProgress = clock.monotonic();
    const done = stepsDone();
    const rate = pace.examplesPerSecond;
    if (!paused) alarm(alarms.heardRate(rate, lastProgress));
    const remaining = (plan.localEpochs - epoch) * rows.count - Math.min(rows.count, batch * plan.batchSize);
    onProgress({
      epoch,
      batch,
      batchesPerEpoch,
      fraction: totalBatches === 0 ? 1 : done / totalBatches,
      examplesPerSecond: rate,
      etaMs: rate === null || rate <= 0 ? null : (remaining / rate) * 1000,
      memoryBytes: session.memoryBytes() ?? null,
      paused,
      history: history.slice(),
      tally,
    });
  };
  const readBack = async (): Promise<void> => {
    if (unreadExamples === 0) return;
    const loss = await session.takeLoss();
    if (!Number.isFinite(loss)) throw new Diverged('loss', stepsDone());
    pendingLoss = {
      sum: pendingLoss.sum + loss * unreadExamples,
      examples: pendingLoss.examples + unreadExamples,
    };
    pace.measured(unreadSteps, unreadExamples);
    unreadSteps = 0;
    unreadExamples = 0;
  };
  const finiteState = async (): Promise<TrainerState> => {
    await readBack();
    const state = await session.state();
    if (!allFinite(state.parameters)) throw new Diverged('parameter', stepsDone());
    return state;
  };
  const standing = async (at: { readonly epoch: number; readonly batch: number }): Promise<Checkpoint> => ({
    key: training.key,
    state: await finiteState(),
    epoch: at.epoch,
    batch: at.batch,
    pendingLoss,
    history: history.slice(),
    settings: training.settings,
    savedAt: clock.now(),
  });
  const checkpoint = async (at: { readonly epoch: number; readonly batch: number }): Promise<void> => {
    await saveCheckpoint(await standing(at));
    lastCheckpoint = clock.monotonic();
    pace.restart();
  };
  const historyPoint = async (heldOut: Tally | null, trained: Tally | null): Promise<void> => {
    await readBack();
    if (pendingLoss.examples === 0) return;
    const loss = pendingLoss.sum / pendingLoss.examples;
    const heldOutLoss = heldOut === null ? undefined : figure(heldOut, 'loss');
    const heldOutMetric = heldOut === null ? undefined : figure(heldOut, training.metric);
    const trainingMetric = trained === null ? undefined : figure(trained, training.metric);
    history.push({
      step: stepsDone(),
      epoch,
      loss,
      ...(heldOutLoss === undefined ? {} : { heldOutLoss }),
      ...(heldOutMetric === undefined ? {} : { heldOutMetric }),
      ...(trainingMetric === undefined ? {} : { trainingMetric }),
    });
    pendingLoss = { sum: 0, examples: 0 };
    alarm(alarms.heardPoint(history));
  };
  /** Stands still while paused; tells what the person asked for: one step, to stop, or another engine, from a checkpoint of this step. */
  const asked = async (): Promise<'nothing' | 'step' | 'stop' | 'switch'> => {
    const isNow = (state: TrainingControl['state']): boolean => control.state === state;
    const stood = isNow('paused');
    if (stood) {
      await checkpoint({ epoch, batch });
      report(true);
      while (isNow('paused') && control.wanted === null) {
        if (control.takeStep()) return 'step';
        await control.changed();
      }
      pace.restart();
      if (isNow('running')) report(false);
    }
    if (isNow('stopped')) return 'stop';
    if (control.wanted === null) return 'nothing';
    if (!stood) await checkpoint({ epoch, batch });
    return 'switch';
  };
  const end = async (type: 'finished' | 'stopped'): Promise<TrainingOutcome> => {
    const last = await standing({ epoch, batch });
    const reached = { parameters: last.state.parameters, history, tally, last };
    return type === 'finished' ? { type, ...reached, baseLoss } : { type, ...reached };
  };

  const scored = training.heldOut === null ? rows : spreadRows(training.scored ?? rows, SCORED_TRAINING_ROWS);
  let shown = await shownRows(training, epoch, clock);
  await session.setRows(shown);
  await session.setState(from.state, training.base);
  await session.setCorrection(training.correction);
  pace.restart();
  report(control.state === 'paused');
  for (const first = epoch; epoch < plan.localEpochs; epoch += 1, batch = 0) {
    if (epoch > first && plan.augmentation !== undefined) {
      // Those of the epoch before are the engine's alone by now.
      shown = rows;
      shown = await shownRows(training, epoch, clock);
      await session.setRows(shown);
    }
    const order = epochOrder(plan.seed, epoch, rows.count);
    while (batch < batchesPerEpoch) {
      const wish = await asked();
      if (wish === 'stop') return end('stopped');
      if (wish === 'switch') return { type: 'switching' };
      const indices = order.slice(batch * plan.batchSize, (batch + 1) * plan.batchSize);
      const isLookedAt = onStep !== undefined && (wish === 'step' || watchesSteps);
      const isCareful = stepsDone() < carefulUntil;
      if (isCareful) remember(await standing({ epoch, batch }));
      const before = isLookedAt ? await finiteState() : undefined;
      const began = clock.monotonic();
      await session.step(indices);
      batch += 1;
      unreadSteps += 1;
      unreadExamples += indices.length;
      if (isCareful) await finiteState();
      if (before !== undefined) {
        await readBack();
        const engineMs = clock.monotonic() - began;
        const after = await finiteState();
        const { lookAtStep } = await import('./step-view.ts');
        const { network, base: anchor, correction } = training;
        onStep?.(
          lookAtStep(
            { network, plan, rows: shown, indices, before, after, engineMs, anchor, correction },
            clock,
          ),
        );
        pace.restart();
      }
      // The last point of an epoch is taken below, with the held-out figures.
      if (batch < batchesPerEpoch && (epoch * batchesPerEpoch + batch) % historyEvery === 0)
        await historyPoint(null, null);
      else if (unreadSteps >= pace.stepsBetween) await readBack();
      const now = clock.monotonic();
      if (now - lastCheckpoint >= CHECKPOINT_EVERY_MS) await checkpoint({ epoch, batch });
      if (now - lastProgress >= PROGRESS_EVERY_MS) report(control.state === 'paused');
      if (now - lastTick >= TICK_EVERY_MS) {
        await clock.tick();
        lastTick = clock.monotonic();
      }
    }
    await readBack();
    let trained: Tally | null = null;
    if (training.heldOut !== null && training.heldOut.count > 0) {
      tally = await session.evaluate(training.heldOut);
      trained = await session.evaluate(scored);
      pace.restart();
    }
    await historyPoint(tally, trained);
    // It lies at the start of the next epoch: the history point is not taken twice.
    if (epoch + 1 < plan.localEpochs && clock.monotonic() - lastCheckpoint >= CHECKPOINT_APART_MS)
      await checkpoint({ epoch: epoch + 1, batch: 0 });
  }
  if (control.state === 'paused') {
    const wish = await asked();
    if (wish === 'stop') return end('stopped');
    if (wish === 'switch') return { type: 'switching' };
  }
  report(false);
  return end('finished');
}
