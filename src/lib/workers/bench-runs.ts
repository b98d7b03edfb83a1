// A run in the workbench worker, from what was asked to what is kept of it: a new one, one that goes on, or one that is had again.
import { classLabels } from '../core/data/contract.ts';
import { summariseNumbers, type Histogram } from '../core/exploration/number-summary.ts';
import { frozenLength, type Frozen } from '../core/model/backbone.ts';
import { buildNetwork } from '../core/model/network.ts';
import type { Result } from '../core/result.ts';
import type { DecodeImage } from '../modalities/image/picture.ts';
import { sourceOfBlob, sourceOfText } from '../modalities/source-file.ts';
import type { Engines } from '../participant/engine.ts';
import { createTrainingControl, type TrainingControl } from '../participant/training-control.ts';
import { analyse } from '../participant/workbench/analyse.ts';
import type { BenchData } from '../participant/workbench/bench-data.ts';
import type { CrossValidation } from '../participant/workbench/cross-validate.ts';
import { digestOfParts, type FitSurroundings, type Reached } from '../participant/workbench/fit.ts';
import { readModelFile, writeModelFile } from '../participant/workbench/model-file.ts';
import { balanceTold } from '../participant/workbench/balance.ts';
import { recipeTaken } from '../participant/workbench/recipe-search.ts';
import { chosenBySetup, finishedAs, holdsRows, type ChosenModel } from '../participant/workbench/models.ts';
import { searchBySetup } from '../participant/workbench/search-by-setup.ts';
import { warmStarts } from '../participant/workbench/warm-starts.ts';
import { networkLeak } from '../participant/workbench/network-leak.ts';
import { newRecord, setupOf, TAB_BACKEND } from '../participant/workbench/new-run.ts';
import {
  dropOldCheckpoints,
  keepCheckpoint,
  keptCheckpoint,
  ownCheckpoints,
} from '../participant/workbench/run-checkpoints.ts';
import { againFigures, firstRunOf, samenessOf, type FirstRun } from '../participant/workbench/run-again.ts';
import { predictFiles, type Predicted } from '../participant/workbench/predict-files.ts';
import { runBench, type BenchOutcome, type BenchRun } from '../participant/workbench/run-bench.ts';
import { endBroken, keepRun, type RunKeeper } from '../participant/workbench/run-keeper.ts';
import type { RunManifest, TrainSetup } from '../participant/workbench/run-manifest.ts';
import type { RunRecord, RunStore, TrainedBench } from '../participant/workbench/run-record.ts';
import type { Clock } from '../ports/clock.ts';
import { StorageFull } from '../ports/dataset-store.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import type { BackendName, Trainer } from '../ports/trainer.ts';
import {
  askedAsRun,
  OTHER_ROWS,
  Unusable,
  withoutFlags,
  type DataOpener,
  type OpenedData,
} from './bench-data-opened.ts';
import { branchOf } from './bench-branch.ts';
import { engineOfRun, tabEngine, wishOf } from './bench-engines.ts';
import type { EndedTraining, GroupRequest, PredictRequest, RunEvent, RunRequest } from './bench-messages.ts';
import { foundNetwork } from './found-network.ts';
import type { RunHolds } from './run-holds.ts';

/** Progress goes out at most this often. */
const PROGRESS_EVERY_MS = 100;

export interface RunDependencies {
  /** Rejects when the browser gives no storage. */
  runs(): Promise<RunStore>;
  checkpoints(): Promise<ParticipantStore['checkpoints']>;
  readonly holds: RunHolds;
  createTrainer(backend: BackendName): Promise<Trainer>;
  /** Measured by the self-test; loaded with the first that is chosen. */
  engines(): Promise<Engines>;
  readonly decodeImage: DecodeImage;
  readonly clock: Clock;
  newId(): string;
  readonly program: Pick<RunManifest, 'program' | 'node'>;
}

/** Rejects with Unusable, and with what the stores reject with. */
export async function runRows(run: string, opener: DataOpener, store: RunStore): Promise<string> {
  const kept = await store.read(run);
  if (kept === undefined) throw new Unusable(GONE);
  return opener.text(kept.record.dataset);
}

/** Of no more predictions it is said, too, why the model says what it says. */
const EXPLAINED_ROWS = 20;

/** Rejects with Unusable, and with what the store rejects with. */
export async function runPredicts(
  { run, of }: Pick<PredictRequest, 'run' | 'of'>,
  store: RunStore,
  { createTrainer, decodeImage }: Pick<RunDependencies, 'createTrainer' | 'decodeImage'>,
  signal: AbortSignal,
): Promise<Predicted> {
  const file = await store.model(run);
  if (file === undefined) throw new Unusable('This run has no model.');
  const model = readModelFile(new TextDecoder().decode(file));
  if (!model.ok) throw new Unusable(model.error);
  const files =
    of.type === 'text'
      ? [sourceOfText('pasted.csv', of.text)]
      : of.files.map(({ path, blob }) => sourceOfBlob(path, blob));
  const predicted = await predictFiles(model.value, files, {
    explains: { way: 'shapley', most: EXPLAINED_ROWS },
    openEngine: () => tabEngine(createTrainer),
    decodeImage,
    signal,
  });
  if (!predicted.ok) throw new Unusable(withoutFlags(predicted.error));
  return predicted.value;
}

export const GONE = 'This run is not in this browser any more.';

/** Of a model that predicts a target; groups are those of bench-groups.ts. */
export type TargetRequest = Exclude<RunRequest, GroupRequest>;

interface Begun {
  readonly record: RunRecord;
  readonly opened: OpenedData;
  readonly chosen: BenchRun['chosen'];
  /** Of a run that is had again: what its model is held against. */
  readonly expected: FirstRun | undefined;
  /** Later runs go by its split from then on; undefined: they do already, or need not. */
  readonly keepSplit?: (() => Promise<void>) | undefined;
}

/** Rejects with Unusable, with the signal's reason, and with what the stores reject with. */
export async function benchRun(
  request: TargetRequest,
  opener: DataOpener,
  signal: AbortSignal,
  tell: (event: RunEvent) => void,
  dependencies: RunDependencies,
  /** By the run that they are a hand on, while it goes on. */
  controls: Map<string, TrainingControl>,
): Promise<EndedTraining> {
  const id = request.name === 'resume' ? request.run : dependencies.newId();
  const letGo = await dependencies.holds.take(id);
  if (letGo === undefined)
    throw new Unusable('This run goes on in another tab of this browser. Look after it there.');
  try {
    const store = await dependencies.runs();
    const begun = await beginning(request, id, store, opener, dependencies);
    const keeper = await keepRun(store, begun.record, dependencies.clock);
    const control = createTrainingControl();
    controls.set(id, control);
    tell({ type: 'begun', run: id });
    return await kept(begun, keeper, store, signal, tell, dependencies, control);
  } finally {
    controls.delete(id);
    letGo();
  }
}

async function beginning(
  request: TargetRequest,
  id: string,
  store: RunStore,
  opener: DataOpener,
  { clock, program }: RunDependencies,
): Promise<Begun> {
  const common = { id, program, startedAt: clock.now() };
  if (request.name === 'train') {
    const opened = await opener.open(request.dataset, request);
    if (opened.dataset.version !== request.version)
      throw new Unusable('This dataset was changed in another tab. Look at it again, then train on it.');
    const { dataset, data, task, recipe, series, split } = opened;
    const target = data.contract.kind === 'table' ? request.target : null;
    const { sees, ...training } = request.training;
    const seen = sees === null ? undefined : await foundNetwork(sees, store);
    const { layers, backbone: frozen } =
      seen === undefined ? training : { layers: seen.network.spec, backbone: seen.frozen };
    const backbone = frozen && {
      layers: frozen.layers,
      digest: digestOfParts([frozen.parameters]),
      path: null,
      ...(sees?.type === 'run' ? { run: sees.run } : {}),
    };
    const asked = {
      dataset: dataset.id,
      isTable: target !== null,
      classes: classLabels(data.contract)?.length ?? 0,
      heldOutRows: data.heldOut.count,
    };
    const isWarm = training.isWarm && training.model === 'auto';
    const earlier = isWarm ? (await store.list()).map((one) => one.record) : [];
    const setup = setupOf(
      { name: dataset.name, target, task, recipe, series, split },
      { ...training, layers, backbone, starts: [...warmStarts(earlier, asked)] },
    );
    const { engine } = training;
    const record = newRecord({
      ...common,
      dataset,
      setup,
      data: data.digest,
      split: data.kept,
      againOf: null,
      engine,
    });
    const ofNetwork = sees?.type === 'run' ? await store.read(sees.run) : undefined;
    const leak = ofNetwork && networkLeak(record, ofNetwork.record);
    if (leak !== undefined) throw new Unusable(leak);
    const { kept: made } = data;
    const keepSplit =
      opened.kept !== undefined || made === undefined
        ? undefined
        : () =>
            opener.keepSplit(
              dataset.id,
              { run: id, since: common.startedAt, split: made },
              request.split.isAnew === true,
            );
    const chosen = chosenBy(record, false, frozen ?? undefined);
    return { record, opened, chosen, expected: undefined, keepSplit };
  }
  const before = (await store.read(request.run))?.record;
  if (before === undefined) throw new Unusable(GONE);
  const { dataset, manifest } = before;
  const { finished, setup } = manifest;
  // A branch learns on from the rows as they were learnt from; a search that is had again asks anew.
  const recipe = (request.name === 'branch' ? finished?.recipe : undefined) ?? setup.recipe;
  const opened = await opener.open(dataset.id, askedAsRun(manifest, recipe), dataset.state);
  if (opened.dataset.version !== dataset.version) throw new Unusable(OTHER_ROWS);
  if (request.name === 'resume') {
    if (finished !== null) throw new Unusable('This run has finished. It can be had again.');
    const frozen = setup.backbone === null ? undefined : await frozenAgain(setup.backbone, store);
    const record: RunRecord = {
      ...before,
      outcome: { type: 'running' },
      leftOut: [],
      baselines: [],
      endedAt: null,
    };
    const first = before.again === null ? undefined : (await store.read(before.again.of))?.record;
    const expected = first && firstRunOf(first.manifest);
    const { split } = manifest;
    // Cut off before anything was judged it has kept none yet, or its record came first.
    const keepSplit =
      split === undefined || before.again !== null
        ? undefined
        : () => opener.keepSplit(dataset.id, { run: id, since: before.startedAt, split }, false);
    return { record, opened, chosen: chosenBy(record, request.isEnough, frozen), expected, keepSplit };
  }
  const { digest, kept: parted } = opened.data;
  if (request.name === 'branch') {
    const frozen = setup.backbone === null ? undefined : await frozenOf(before, store);
    const branch = branchOf(before, request, frozen);
    const record = newRecord({
      ...{ ...common, dataset, data: digest, split: parted, againOf: null, engine: wishOf(manifest) },
      setup: branch.setup,
    });
    return { record, opened, chosen: branch.chosen, expected: undefined };
  }
  if (finished === null) throw new Unusable('This run has not finished: there is nothing to have again.');
  // As many trials as there were: what the clock had allowed is no part of the result.
  const same = { ...setup, budgetMs: null, trials: finished.trials === 0 ? null : finished.trials };
  const engine = request.engine ?? wishOf(manifest);
  const backend = engine === 'auto' ? TAB_BACKEND : engine;
  const record = newRecord({
    ...{ ...common, dataset, data: digest, split: parted, againOf: before.id, engine },
    setup: { ...same, backend },
  });
  const frozen = setup.backbone === null ? undefined : await frozenOf(before, store);
  return { record, opened, chosen: chosenBy(record, false, frozen), expected: firstRunOf(manifest) };
}

/** The frozen layers of a run that has not finished, which keeps none itself: those of the run whose network they are. */
async function frozenAgain(
  { digest, run }: NonNullable<TrainSetup['backbone']>,
  store: RunStore,
): Promise<Frozen> {
  if (run === undefined)
    throw new Unusable(
      'This run stands on a model that was brought along, which is kept only with a run that has finished. Bring it again, and train anew.',
    );
  if ((await store.read(run)) === undefined)
    throw new Unusable(
      'This run sees by the network of another run, which is not in this browser any more. Train anew, by another network or by one that you bring.',
    );
  const { frozen } = await foundNetwork({ type: 'run', run }, store);
  if (digestOfParts([frozen.parameters]) !== digest)
    throw new Unusable(
      'The run whose network this one sees by has other weights now. Train anew, by the network as it is.',
    );
  return frozen;
}

/** The frozen layers of a finished run: the first parameters of its model. */
async function frozenOf({ id, manifest }: RunRecord, store: RunStore): Promise<Frozen> {
  const file = await store.model(id);
  const opened = file && readModelFile(new TextDecoder().decode(file));
  const { layers, backbone } = manifest.setup;
  const network = layers === null ? undefined : buildNetwork(layers);
  const learnt = opened?.ok === true ? opened.value.predictor.learnt[0] : undefined;
  if (backbone === null || network?.ok !== true || !(learnt instanceof Float32Array))
    throw new Unusable('The model that this run stands on is not kept with it any more.');
  return {
    layers: backbone.layers,
    parameters: learnt.slice(0, frozenLength(network.value, backbone.layers)),
  };
}

/** `isEnough`: a search tries no more than it has. */
function chosenBy(
  { manifest: { setup, trials }, searchedMs }: RunRecord,
  isEnough = false,
  frozen?: Frozen,
): BenchRun['chosen'] {
  if (setup.model === 'auto') {
    const search = searchBySetup(setup, {
      // Of a budget, what is not used yet.
      budgetMs: setup.budgetMs === null ? null : Math.max(0, setup.budgetMs - searchedMs),
      mostTrials: isEnough ? trials.length : setup.trials,
      known: trials,
    });
    if (!search.ok) throw new Unusable(search.error);
    return search.value;
  }
  const model = chosenBySetup(setup.model ?? '', setup.layers, frozen);
  if (!model.ok) throw new Unusable(model.error);
  return model.value;
}

async function kept(
  { record, opened: { data: read, target }, chosen, expected, keepSplit }: Begun,
  keeper: RunKeeper,
  store: RunStore,
  signal: AbortSignal,
  tell: (event: RunEvent) => void,
  dependencies: RunDependencies,
  control: TrainingControl,
): Promise<EndedTraining> {
  const { clock, createTrainer } = dependencies;
  const { seed, origin, balance } = record.manifest.setup;
  const checkpoints = await dependencies.checkpoints();
  const own = ownCheckpoints(checkpoints, record.id);
  const engine = engineOfRun(keeper, tell, dependencies);
  // Each network of a search is trained on what was asked for, untested.
  const backend = 'model' in chosen ? undefined : record.manifest.setup.backend;
  let toldAt = -Infinity;
  let telling: Promise<void> = Promise.resolve();
  const unkept = new AbortController();
  /** The rows that are held out have judged: from then on others must not learn from them. */
  let splitKept: Promise<void> | undefined;
  try {
    const done = await runBench(
      { data: read, chosen, seed, balance },
      {
        clock,
        signal: AbortSignal.any([signal, keeper.broken, unkept.signal]),
        checkpoints: own.checkpoints,
        openEngine: async () => tabEngine(createTrainer, backend),
        hand: {
          control,
          async openEngine(network, batchSize) {
            // What comes before it is told before it.
            await telling;
            return engine.open(network, batchSize);
          },
          onAlarm: (alarm) => tell({ type: 'alarm', alarm }),
          onStanding(isPaused) {
            keeper.stand(isPaused);
            tell({ type: 'standing', isPaused });
          },
          onTraining: (training) => tell({ type: 'training', training }),
          onStep: (view) => tell({ type: 'stepped', view }),
          onNotice: (notice) => engine.moved(notice),
          keepCheckpoint: (reached) => keptWithCurve(checkpoints, keeper, store, dependencies.holds, reached),
          ...(origin === undefined
            ? {}
            : { begin: () => keptCheckpoint(checkpoints, origin.run, origin.step) }),
        },
      },
      (event) => {
        if (event.type === 'progress') {
          if (clock.monotonic() - toldAt < PROGRESS_EVERY_MS) return;
          toldAt = clock.monotonic();
        }
        // Told once it is kept, in order; what cannot be kept ends the run by `broken`.
        if ((event.type === 'baseline' || event.type === 'model') && splitKept === undefined) {
          splitKept = keepSplit?.() ?? Promise.resolve();
          splitKept.catch((cause: unknown) => unkept.abort(cause));
        }
        const heard = Promise.all([splitKept, keeper.hear(event)]);
        telling = Promise.all([telling, heard]).then(
          () => tell(event),
          () => {},
        );
      },
    );
    if (!done.ok) throw new Unusable(withoutFlags(done.error));
    const { data, fitted } = done.value;
    try {
      await telling;
      tell({ type: 'asking' });
      await clock.tick();
      signal.throwIfAborted();
      // Of a run that was begun before there was any, it is not there.
      const folds = record.manifest.setup.folds ?? null;
      const surroundings = { clock, signal, openEngine: async () => tabEngine(createTrainer) };
      const crossed =
        folds === null
          ? undefined
          : await crossValidated(data, done.value.chosen, folds, record.manifest.setup, surroundings, tell);
      if (crossed?.ok === false) {
        const left = {
          type: 'left-out',
          model: CROSS_VALIDATION,
          message: withoutFlags(crossed.error),
        } as const;
        await keeper.hear(left);
        tell(left);
      }
      const trained = {
        ...(await trainedOf(data, target, done.value, seed)),
        ...(crossed?.ok === true ? { crossValidation: crossed.value } : {}),
      };
      const { chosen: made } = done.value;
      const { contract, training, windows } = data;
      const preparation = data.preparation?.fitted;
      const origin = { contract, preparation, windows, chosen: made, seed, data: data.digest, training };
      const file = new TextEncoder().encode(writeModelFile(fitted, origin));
      const { digest, report } = trained.result.model;
      const figures = againFigures(report);
      const { manifest, again } = keeper.record;
      const sameness =
        expected === undefined
          ? { isSame: null, isWithin: null }
          : samenessOf(expected, {
              ...{ digest, figures, backend: manifest.setup.backend },
              hasMoved: (manifest.engine?.notices.length ?? 0) > 0,
            });
      signal.throwIfAborted();
      await splitKept;
      await keeper.end(
        {
          type: 'finished',
          trained,
          model: { bytes: file.byteLength, holdsRows: holdsRows(made) },
        },
        {
          curve: fitted.curve,
          manifest: {
            ...manifest,
            finished: {
              ...finishedAs(made),
              ...recipeTaken(data, trained.result),
              ...balanceTold(trained.result),
              digest,
              trials: trained.result.trials,
              figures,
            },
          },
          again: again === null ? null : { ...again, ...sameness },
        },
        file,
      );
      await own.clear();
      return { kind: 'trained', run: record.id, trained, ...sameness };
    } finally {
      fitted.close();
    }
  } catch (error) {
    return endBroken(keeper, signal, error);
  }
}

/** A checkpoint that can be branched from, and the curve by then; without room for it there is one less. */
async function keptWithCurve(
  checkpoints: ParticipantStore['checkpoints'],
  keeper: RunKeeper,
  store: RunStore,
  holds: RunHolds,
  { checkpoint, step, curve, plan }: Reached,
): Promise<void> {
  const isFirst = keeper.record.checkpoints === undefined;
  try {
    await keepCheckpoint(checkpoints, keeper.record, checkpoint, step, (kept) =>
      keeper.keep({ curve, plan, checkpoints: kept }),
    );
  } catch (failure) {
    if (!(failure instanceof StorageFull)) throw failure;
    await keeper.keep({ curve, plan });
  }
  if (isFirst) await dropOldCheckpoints(checkpoints, store, (run) => holds.take(run));
}

const CROSS_VALIDATION = 'Cross-validation';

async function crossValidated(
  data: BenchData,
  chosen: ChosenModel,
  folds: number,
  { seed, balance }: Pick<RunManifest['setup'], 'seed' | 'balance'>,
  surroundings: FitSurroundings,
  tell: (event: RunEvent) => void,
): Promise<Result<CrossValidation, string>> {
  const { crossValidate } = await import('../participant/workbench/cross-validate.ts');
  const { clock } = surroundings;
  let toldAt = -Infinity;
  const onProgress = (fraction: number): void => {
    if (clock.monotonic() - toldAt < PROGRESS_EVERY_MS) return;
    toldAt = clock.monotonic();
    tell({ type: 'progress', model: CROSS_VALIDATION, fraction });
  };
  return crossValidate(data, chosen, folds, seed, { ...surroundings, onProgress }, balance);
}

async function trainedOf(
  data: BenchData,
  target: string,
  { result, fitted, outputs }: BenchOutcome,
  seed: number,
): Promise<TrainedBench> {
  return {
    result,
    analysis: await analyse(data, fitted, outputs, seed),
    residuals: residualsOf(data, outputs),
    standardDeviation: numberTarget(data)?.standardDeviation ?? null,
    classes: classLabels(data.contract) ?? null,
    target,
    seed,
    data: data.digest,
  };
}

const numberTarget = ({ contract }: BenchData) =>
  contract.kind === 'table' && contract.target.type === 'number' ? contract.target : undefined;

function residualsOf(data: BenchData, outputs: Float64Array): Histogram | null {
  const target = numberTarget(data);
  if (target === undefined) return null;
  const errors = outputs.map(
    (output, row) => (output - data.heldOut.targets[row]!) * target.standardDeviation,
  );
  return summariseNumbers(errors)?.histogram ?? null;
}
