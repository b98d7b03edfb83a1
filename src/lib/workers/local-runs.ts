// Training alone on this device: start, pause, resume, stop, and going on after a reload. The model it ends with is kept here.
import * as v from 'valibot';
import { digestOfText } from '../core/digest.ts';
import type { FederationId } from '../core/ids.ts';
import { MetricName } from '../core/metrics/figures.ts';
import { buildNetwork, initialParameters } from '../core/model/network.ts';
import { NetworkSpec, TrainingPlan } from '../core/model/spec.ts';
import { createEngine, createQueue, type Engines } from '../participant/engine.ts';
import { readOwnRows } from '../participant/own-rows.ts';
import { trainLocally, type TrainingOutcome, type TrainingProgress } from '../participant/train-locally.ts';
import { createTrainingControl, type TrainingControl } from '../participant/training-control.ts';
import { createViewPace } from '../participant/view-pace.ts';
import type { Clock } from '../ports/clock.ts';
import { StorageFull, type DatasetStore } from '../ports/dataset-store.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import { Refusal } from './refusal.ts';
import type { LocalRunSettings, LocalRunView } from './device-messages.ts';

export interface LocalRuns {
  /** Starts, or goes on where it was cut off; resolves as soon as it runs. Rejects with Refusal, or TrainerFailure. */
  start(settings: LocalRunSettings): Promise<void>;
  pause(id: string): void;
  resume(id: string): void;
  stop(id: string): void;
  /** Cut off by a reload, and not running now. */
  resumable(): Promise<readonly LocalRunSettings[]>;
  close(): void;
}

export interface LocalRunsSurroundings {
  readonly store: ParticipantStore;
  readonly datasets: Pick<DatasetStore, 'record' | 'read'>;
  readonly engines: Engines;
  readonly clock: Clock;
  onView(view: LocalRunView): void;
  onFault(fault: unknown): void;
}

const Settings = v.object({
  id: v.string(),
  dataset: v.string(),
  name: v.string(),
  network: NetworkSpec,
  plan: TrainingPlan,
  metric: MetricName,
  backend: v.nullable(v.picklist(['webgpu', 'webgl', 'simd', 'wasm', 'cpu', 'reference'])),
});
const settingsKey = 'local-runs';
export const localModelId = (run: string): string => `local:${run}`;

export function createLocalRuns({
  store,
  datasets,
  engines,
  clock,
  onView,
  onFault,
}: LocalRunsSurroundings): LocalRuns {
  const running = new Map<string, TrainingControl>();
  const changes = createQueue();

  const known = async (): Promise<readonly LocalRunSettings[]> => {
    const read = v.safeParse(v.array(Settings), await store.settings.get(settingsKey));
    return read.success ? read.output : [];
  };
  /** One change of the list at a time. */
  const change = (next: (list: readonly LocalRunSettings[]) => readonly LocalRunSettings[]): Promise<void> =>
    changes(async () => store.settings.put(settingsKey, next(await known())));
  const controlOf = (id: string): TrainingControl => {
    const control = running.get(id);
    if (control === undefined)
      throw new Refusal('unknown-run', 'This training is not running on this page. Resume it first.');
    return control;
  };

  async function start(settings: LocalRunSettings): Promise<void> {
    const { id, plan } = settings;
    if (running.has(id)) return controlOf(id).resume();
    const control = createTrainingControl();
    running.set(id, control);
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
      notice: null,
    };
    const pace = createViewPace(clock, () => onView(view));
    const show = (more: Partial<LocalRunView>): void => {
      view = { ...view, ...more };
      pace.changed();
    };
    try {
      show({});
      const rows = await readOwnRows(datasets, settings.dataset);
      if (rows === undefined)
        throw new Refusal('unknown-dataset', 'This data is no longer in this browser. Choose data again.');
      if (rows.training.count === 0)
        throw new Refusal(
          'no-training-rows',
          'All rows of this data are held out for testing, so there is nothing to train on. Add more rows.',
        );
      const built = buildNetwork(settings.network);
      if (!built.ok) throw new Refusal('wrong-network', built.error.message);
      const network = built.value;
      show({ trainingRows: rows.training.count, heldOutRows: rows.heldOut.count });
      const choice = await engines.choose(network, plan.batchSize, settings.backend);
      const engine = createEngine(choice, engines.create);
      const key = localModelId(id);
      const digest = digestOfText(JSON.stringify([plan, rows.version, network.spec]));
      const checkpoint = await store.checkpoints.get(key);
      const goesOn = checkpoint?.settings === digest;
      await change((list) => [...list.filter((one) => one.id !== id), settings]);
      show({
        state: 'training',
        backend: choice,
        notice: goesOn ? 'Went on from the last checkpoint.' : null,
      });

      const onProgress = (progress: TrainingProgress): void => {
        const { epoch, batch, batchesPerEpoch, examplesPerSecond, etaMs, memoryBytes, history, tally } =
          progress;
        const state = progress.paused ? 'paused' : 'training';
        show({
          state,
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
            } catch (failure) {
              if (!(failure instanceof StorageFull)) throw failure;
              show({
                notice:
                  'There is no room left in this browser: training goes on from memory, and a reload would lose it. Delete something under “My device”.',
              });
            }
          },
          onNotice: (notice) => show({ notice, backend: engine.choice }),
        },
      );
      training
        .then((outcome) => end(settings, outcome, view, show))
        .catch((fault: unknown) => {
          if (closed) return;
          show({ state: 'failed', notice: fault instanceof Error ? fault.message : String(fault) });
          onFault(fault);
        })
        .finally(() => {
          running.delete(id);
          engine.dispose();
        });
    } catch (failure) {
      running.delete(id);
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
        show({ state: 'failed', notice: outcome.message, etaMs: null });
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
            parameters: outcome.parameters,
            trainedAt: clock.now(),
          });
        } catch (failure) {
          if (!(failure instanceof StorageFull)) throw failure;
          notice =
            'There is no room left in this browser: the model could not be kept. Delete something under “My device”, and train again.';
        }
        show({
          state: outcome.type,
          history: outcome.history,
          tally: outcome.tally ?? view.tally,
          notice,
          etaMs: null,
        });
        break;
      }
      default:
        outcome satisfies never;
    }
    await store.checkpoints.remove(localModelId(settings.id));
    await change((list) => list.filter((one) => one.id !== settings.id));
  }
  const federationOf = async (dataset: string): Promise<FederationId | undefined> =>
    (await datasets.record(dataset))?.federation ?? undefined;

  let closed = false;
  return {
    start,
    pause: (id) => controlOf(id).pause(),
    resume: (id) => controlOf(id).resume(),
    stop: (id) => controlOf(id).stop(),
    resumable: async () => (await known()).filter((one) => !running.has(one.id)),
    close() {
      closed = true;
      for (const control of running.values()) control.stop();
    },
  };
}
