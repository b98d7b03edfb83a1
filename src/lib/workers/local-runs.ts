// Training alone on this device: start, pause, resume, stop, another engine, and going on after a reload. The model it ends with
// is kept here. Which tab may train a run, and which can go on, is the matter of cut-off-runs.
import { digestOfText } from '../core/digest.ts';
import type { DatasetVersion, Digest, FederationId } from '../core/ids.ts';
import { buildNetwork, initialParameters } from '../core/model/network.ts';
import { createEngine, type Engine, type Engines } from '../participant/engine.ts';
import {
  noTrainingRows,
  preparedOwnRows,
  readOwnRows,
  sameContract,
  type OwnRows,
} from '../participant/own-rows.ts';
import { trainLocally, type TrainingOutcome, type TrainingProgress } from '../participant/train-locally.ts';
import { createTrainingControl, type TrainingControl } from '../participant/training-control.ts';
import { createViewPace } from '../participant/view-pace.ts';
import type { Clock } from '../ports/clock.ts';
import { StorageFull, type DatasetStore } from '../ports/dataset-store.ts';
import type { Checkpoint, ParticipantStore } from '../ports/participant-store.ts';
import type { BackendName } from '../ports/trainer.ts';
import { createCutOffRuns, localModelId } from './cut-off-runs.ts';
import type {
  CutOffRun,
  DeviceRequests,
  KeptRunCheckpoints,
  LocalRunSettings,
  LocalRunView,
} from './device-messages.ts';
import { keptCheckpoints } from './kept-checkpoints.ts';
import { Refusal } from './refusal.ts';
import type { RunHolds } from './run-holds.ts';

export interface LocalRuns {
  /** Starts a run; resolves as soon as it runs. Rejects with Refusal, or TrainerFailure. */
  start(settings: LocalRunSettings): Promise<void>;
  /** Goes on with a run where it was cut off; as `start`. */
  goOn(id: string): Promise<void>;
  pause(id: string): void;
  /** One step of a run that is paused. */
  stepOnce(id: string): void;
  resume(id: string): void;
  stop(id: string): void;
  /** Goes on with another engine, from the step where it stands. Rejects with Refusal where that cannot be. */
  switchEngine(id: string, backend: BackendName): Promise<void>;
  /** Not running on this page: cut off, or going on in another tab. Once one of those is free, onCutOff tells. */
  cutOff(): Promise<readonly CutOffRun[]>;
  /** Starts another run from a checkpoint that is kept, and gives its settings. As `start`. */
  branch(request: DeviceRequests['branch-local-run']['request']): Promise<LocalRunSettings>;
  kept(): Promise<readonly KeptRunCheckpoints[]>;
  discardKept(run: string): Promise<void>;
  /** Gives a run up that was cut off: its checkpoint goes. Rejects with Refusal where another tab has it. */
  discard(id: string): Promise<void>;
  close(): void;
}

export interface LocalRunsSurroundings {
  readonly store: ParticipantStore;
  readonly datasets: Pick<DatasetStore, 'record' | 'read'>;
  readonly engines: Engines;
  readonly clock: Clock;
  readonly holds: RunHolds;
  onCutOff(runs: readonly CutOffRun[]): void;
  onKept(runs: readonly KeptRunCheckpoints[]): void;
  onView(view: LocalRunView): void;
  onFault(fault: unknown): void;
}

interface Running {
  readonly control: TrainingControl;
  /** None while it prepares. */
  engine: Engine | undefined;
  settings: LocalRunSettings;
  show(more: Partial<LocalRunView>): void;
}

/** Of what a checkpoint must be of, to be gone on with. */
const digestOf = ({ plan, network, recipe }: LocalRunSettings, version: DatasetVersion): Digest =>
  digestOfText(
    JSON.stringify([plan, version, network, ...(recipe === undefined ? [] : [recipe.pinned.digest])]),
  );

/** Rejects with Refusal. */
async function preparedFor({ recipe }: LocalRunSettings, asRead: OwnRows): Promise<OwnRows> {
  if (recipe === undefined) return asRead;
  if (!sameContract(asRead.contract, recipe.contract))
    throw new Refusal('wrong-recipe', 'The recipe is for rows of another data contract. Choose data again.');
  const prepared = await preparedOwnRows(asRead, { contract: recipe.contract, recipe: recipe.pinned });
  if (!prepared.ok) throw new Refusal('wrong-recipe', prepared.error);
  return prepared.value.rows;
}

export function createLocalRuns({
  store,
  datasets,
  engines,
  clock,
  holds,
  onView,
  onCutOff,
  onKept,
  onFault,
}: LocalRunsSurroundings): LocalRuns {
  const running = new Map<string, Running>();
  const cutOff = createCutOffRuns({
    store,
    holds,
    isRunningHere: (id) => running.has(id),
    onCutOff,
    onFault,
  });
  const { list } = cutOff;
  const kept = keptCheckpoints(store, holds);
  const runOf = (id: string): Running => {
    const run = running.get(id);
    if (run === undefined)
      throw new Refusal('unknown-run', 'This training is not running on this page. Resume it first.');
    return run;
  };
  /** Trains a run that this tab holds, and lets go of it at its end. */
  async function train(of: LocalRunSettings, letGo: () => void, start?: Checkpoint): Promise<void> {
    let settings = of;
    const { id, plan } = settings;
    const control = createTrainingControl();
    let view: LocalRunView = {
      id,
      name: settings.name,
      state: 'preparing',
      backend: null,
      epoch: 0,
      epochs: plan.localEpochs,
      batch: 0,
      batchesPerEpoch: 0,
      trainingRows: 0,
      heldOutRows: 0,
      examplesPerSecond: null,
      etaMs: null,
      memoryBytes: null,
      history: [],
      tally: null,
      switchingTo: null,
      alarm: null,
      stepped: null,
      notice: null,
    };
    const pace = createViewPace(clock, () => onView(view));
    const show = (more: Partial<LocalRunView>): void => {
      view = { ...view, ...more };
      pace.changed();
    };
    const run: Running = { control, engine: undefined, settings, show };
    running.set(id, run);
    try {
      show({});
      const asRead = await readOwnRows(datasets, settings.dataset);
      if (asRead === undefined)
        throw new Refusal('unknown-dataset', 'This data is no longer in this browser. Choose data again.');
      if (asRead.training.count === 0) throw new Refusal('no-training-rows', noTrainingRows(asRead));
      const rows = await preparedFor(settings, asRead);
      const built = buildNetwork(settings.network);
      if (!built.ok) throw new Refusal('wrong-network', built.error.message);
      const network = built.value;
      // What is listed has no name: it is that of its data.
      if (settings.name === '')
        settings = {
          ...settings,
          name: `Alone on ${(await datasets.record(settings.dataset))?.name ?? 'own data'}`,
        };
      run.settings = settings;
      show({ name: settings.name, trainingRows: rows.training.count, heldOutRows: rows.heldOut.count });
      const choice = await engines.choose(network, plan.batchSize, settings.backend);
      const engine = createEngine(choice, engines.create);
      run.engine = engine;
      const key = localModelId(id);
      const digest = digestOf(settings, rows.version);
      // Durable before it goes on: a reload would else begin anew.
      if (start !== undefined) await store.checkpoints.put({ ...start, key, settings: digest });
      const checkpoint = await store.checkpoints.get(key);
      const goesOn = checkpoint?.settings === digest;
      await list.keep(settings);
      show({
        state: 'training',
        backend: choice,
        notice:
          start !== undefined
            ? `Branched from step ${settings.origin?.step ?? 0} of another run.`
            : goesOn
              ? 'Went on from the last checkpoint.'
              : null,
      });

      const onProgress = (progress: TrainingProgress): void => {
        const { epoch, batch, batchesPerEpoch, examplesPerSecond, etaMs, memoryBytes, history, tally } =
          progress;
        const state = progress.paused ? 'paused' : 'training';
        show({
          state,
          // What stood still and goes on has its alarm and its step behind it; that it became slow is true still.
          ...(state === 'training'
            ? { stepped: null, ...(view.state === 'paused' ? { alarm: null } : {}) }
            : {}),
          epoch,
          batch,
          batchesPerEpoch,
          examplesPerSecond,
          etaMs,
          memoryBytes,
          history,
          tally: tally ?? view.tally,
        });
      };
      const training = trainLocally(
        {
          key,
          settings: digest,
          network,
          plan,
          training: rows.training,
          heldOut: rows.heldOut,
          metric: settings.metric,
          base: initialParameters(network, plan.seed),
          checkpoint: goesOn ? checkpoint : undefined,
        },
        {
          engine,
          clock,
          control,
          onProgress,
          async saveCheckpoint(made) {
            if (closed) return;
            try {
              await store.checkpoints.put(made);
              await keep(settings, made, view.batchesPerEpoch);
            } catch (failure) {
              if (!(failure instanceof StorageFull)) throw failure;
              show({
                notice:
                  'There is no room left in this browser: training goes on from memory, and a reload would lose it. Delete something under “My device”.',
              });
            }
          },
          onAlarm: (alarm) => show({ alarm }),
          onStep: (stepped) => show({ stepped }),
          onNotice: (notice) => show({ notice, backend: engine.choice, switchingTo: null }),
        },
      );
      training
        .then((outcome) => end(settings, outcome, view, show))
        .catch((fault: unknown) => {
          if (closed) return;
          show({
            state: 'failed',
            switchingTo: null,
            notice: fault instanceof Error ? fault.message : String(fault),
          });
          onFault(fault);
        })
        .finally(() => {
          running.delete(id);
          engine.dispose();
          letGo();
        });
    } catch (failure) {
      running.delete(id);
      letGo();
      show({ state: 'failed', notice: failure instanceof Error ? failure.message : String(failure) });
      throw failure;
    }
  }

  async function end(
    settings: LocalRunSettings,
    outcome: TrainingOutcome,
    view: LocalRunView,
    show: (more: Partial<LocalRunView>) => void,
  ): Promise<void> {
    // The page goes away: the checkpoint stays, and the run can go on.
    if (closed) return;
    switch (outcome.type) {
      case 'failed':
        show({ state: 'failed', notice: outcome.message, etaMs: null, switchingTo: null });
        break;
      case 'finished':
      case 'stopped': {
        let notice = view.notice;
        try {
          await store.models.put({
            id: localModelId(settings.id),
            federation: (await federationOf(settings.dataset)) ?? null,
            dataset: settings.dataset,
            name: settings.name,
            network: settings.network,
            ...(settings.recipe === undefined ? {} : { recipe: settings.recipe }),
            parameters: outcome.parameters,
            trainedAt: clock.now(),
            run: {
              id: settings.id,
              plan: settings.plan,
              loss: outcome.history.at(-1)?.loss ?? null,
              origin: settings.origin ?? null,
            },
          });
        } catch (failure) {
          if (!(failure instanceof StorageFull)) throw failure;
          notice =
            'There is no room left in this browser: the model could not be kept. Delete something under “My device”, and train again.';
        }
        await keepLast(settings, outcome.last, view.batchesPerEpoch);
        show({
          state: outcome.type,
          history: outcome.history,
          tally: outcome.tally ?? view.tally,
          notice,
          etaMs: null,
          switchingTo: null,
        });
        break;
      }
      default:
        outcome satisfies never;
    }
    await store.checkpoints.remove(localModelId(settings.id));
    await list.remove(settings.id);
  }
  async function keep(
    settings: LocalRunSettings,
    checkpoint: Checkpoint,
    batchesPerEpoch: number,
  ): Promise<void> {
    await kept.keep(settings, checkpoint, checkpoint.epoch * batchesPerEpoch + checkpoint.batch);
    onKept(await kept.list());
  }
  /** Where it ended can be branched from too; without room for it there is one checkpoint less. */
  async function keepLast(...[settings, last, batchesPerEpoch]: Parameters<typeof keep>): Promise<void> {
    try {
      await keep(settings, last, batchesPerEpoch);
    } catch (failure) {
      if (!(failure instanceof StorageFull)) throw failure;
    }
  }
  const federationOf = async (dataset: string): Promise<FederationId | undefined> =>
    (await datasets.record(dataset))?.federation ?? undefined;

  let closed = false;
  return {
    async start(settings) {
      await train(settings, await cutOff.take(settings.id));
    },
    async goOn(id) {
      const here = running.get(id);
      if (here !== undefined) return here.control.resume();
      const { settings, letGo } = await cutOff.takeUp(id);
      await train(settings, letGo);
    },
    async branch({ run, step, id, learningRate, localEpochs }) {
      const parent = (await kept.list()).find((one) => one.settings.id === run)?.settings;
      const checkpoint = await kept.read(run, step);
      if (parent === undefined || checkpoint === undefined)
        throw new Refusal('unknown-checkpoint', 'This checkpoint is not kept any more. Choose another.');
      const rows = await readOwnRows(datasets, parent.dataset);
      if (rows === undefined || digestOf(parent, rows.version) !== checkpoint.settings)
        throw new Refusal(
          'other-data',
          'The data of this run has changed since, so that it cannot go on from there. Train anew on what is there now.',
        );
      if (localEpochs <= checkpoint.epoch)
        throw new Refusal(
          'too-few-epochs',
          `The checkpoint lies after ${checkpoint.epoch} epochs: ask for more than that in all.`,
        );
      const changes = { learningRate, localEpochs };
      const changed = (['learningRate', 'localEpochs'] as const)
        .filter((field) => changes[field] !== parent.plan[field])
        .map((field) => ({ field, from: parent.plan[field], to: changes[field] }));
      const settings: LocalRunSettings = {
        ...parent,
        id,
        plan: { ...parent.plan, ...changes },
        origin: { run, step, changed },
      };
      await train(settings, await cutOff.take(id), checkpoint);
      return settings;
    },
    kept: kept.list,
    async discardKept(run) {
      await kept.discard(run);
      onKept(await kept.list());
    },
    pause: (id) => runOf(id).control.pause(),
    stepOnce(id) {
      const { control } = runOf(id);
      if (control.state !== 'paused')
        throw new Refusal('not-paused', 'Single steps are taken while training is paused.');
      control.stepOnce();
    },
    resume: (id) => runOf(id).control.resume(),
    stop: (id) => runOf(id).control.stop(),
    async switchEngine(id, backend) {
      const run = runOf(id);
      if (run.engine === undefined)
        throw new Refusal('not-begun', 'The engines are still being tested. Switch once it has begun.');
      const { choice } = run.engine;
      if (choice.reports.find((report) => report.backend === backend)?.passed !== true)
        throw new Refusal(
          'engine-failed-test',
          `That engine did not pass the self-test on this model. It goes on with ${choice.description}.`,
        );
      if (backend === choice.backend && run.control.wanted === null) return;
      run.control.switchTo(backend);
      run.show({ switchingTo: backend === choice.backend ? null : backend });
      // After a reload it goes on with the engine that was chosen last.
      run.settings = { ...run.settings, backend };
      await list.replace(run.settings);
    },
    cutOff: cutOff.look,
    discard: cutOff.discard,
    close() {
      closed = true;
      cutOff.close();
      for (const { control } of running.values()) control.stop();
    },
  };
}
