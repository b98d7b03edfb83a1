// A run of `tributary train`: rows in, lines out. The run itself is the workbench's (participant/workbench), as in a tab.
import { writeFile } from 'node:fs/promises';
import { createSystemClock } from '#lib/adapters/system-clock.ts';
import { createTrainer } from '#lib/adapters/engines/node.ts';
import { classLabels, exampleShape } from '#lib/core/data/contract.ts';
import type { Digest } from '#lib/core/ids.ts';
import { recipeDigest } from '#lib/core/recipe/recipe.ts';
import { createEngine } from '#lib/participant/engine.ts';
import { analyse, checkLabels, fairnessOf } from '#lib/participant/workbench/analyse.ts';
import { crossValidate } from '#lib/participant/workbench/cross-validate.ts';
import { plainTrial, type Trial } from '#lib/participant/workbench/trial.ts';
import { writeModelFile } from '#lib/participant/workbench/model-file.ts';
import type { BenchData } from '#lib/participant/workbench/bench-data.ts';
import {
  chosenBySetup,
  OWN_LAYERS,
  finishedAs,
  holdsRows,
  usualModel,
  type ChosenModel,
} from '#lib/participant/workbench/models.ts';
import { BROUGHT_NOTE } from '#lib/participant/workbench/network-leak.ts';
import { runBench, type BenchEvent, type SearchLimits } from '#lib/participant/workbench/run-bench.ts';
import { balanceTold } from '#lib/participant/workbench/balance.ts';
import { recipeTaken } from '#lib/participant/workbench/recipe-search.ts';
import { searchBySetup } from '#lib/participant/workbench/search-by-setup.ts';
import { programName } from '../project-folder.ts';
import { layersOnBackbone } from './backbone.ts';
import type { KeptRun } from './kept-run.ts';
import { exportTo, type ExportWish } from './export-run.ts';
import type { TrainLine } from './lines.ts';
import { checkTracked, trackRun, type TrackWish } from './track-run.ts';
import { readTrainData } from './read-data.ts';
import { againFigures, samenessOf, type FirstRun } from '#lib/participant/workbench/run-again.ts';
import type { KeptSplit } from '#lib/participant/workbench/kept-split.ts';
import type { RunManifest, TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import { UnusableTraining } from './unusable.ts';

/** Progress is told so often at most. */
const PROGRESS_EVERY_MS = 500;

type Result = Extract<TrainLine, { type: 'result' }>;

export interface TrainOptions {
  readonly signal: AbortSignal;
  say(line: TrainLine): void;
  /** Where the run is kept, and goes on from. */
  readonly kept?: KeptRun | undefined;
  /** Each step of a network is looked at from inside, and told. */
  readonly stepView?: boolean | undefined;
  /** Of a run that is had again: what its model is held against. */
  readonly expected?: FirstRun | undefined;
  /** And the digest of its rows. */
  readonly expectedData?: string | undefined;
  /** The split of an earlier run, which these rows are parted by. */
  readonly split?: KeptSplit | undefined;
  /** Where the run is written for another program. */
  readonly exports?: ExportWish | undefined;
  /** Where it is told to. */
  readonly tracked?: TrackWish | undefined;
}

/** Rejects with UnusableTraining, and with the signal's reason. */
export async function train(setup: TrainSetup, options: TrainOptions): Promise<Result> {
  const { signal, say, kept, expected } = options;
  // Named before a build beside it is another.
  const program = kept?.manifest.program ?? programName();
  // Before the rows are read: a setting that cannot be is not found out after minutes.
  const early =
    setup.model === null || setup.model === 'auto' || setup.backbone !== null
      ? undefined
      : modelOf(setup.model, setup.layers);
  if (options.tracked !== undefined) await checkTracked(options.tracked, setup.data, signal);
  const read = await readTrainData(setup, signal, kept?.manifest.split ?? options.split);
  checkSameRows(options, read);
  if (setup.fairness !== null && read.heldOutCells(setup.fairness) === undefined)
    throw new UnusableTraining(`--fairness: there is no column “${setup.fairness}” in the table.`);
  const extra = setup.fairness !== null ? '--fairness' : setup.checkLabels ? '--check-labels' : undefined;
  if (extra !== undefined && classLabels(read.contract) === undefined)
    throw new UnusableTraining(
      `${extra} is for a target of classes, and this one is a number. Leave it out, or ask whether the number lies above another (--target 'COLUMN>5').`,
    );
  if (setup.positive !== null && classLabels(read.contract)?.includes(setup.positive) !== true)
    throw new UnusableTraining(
      `--positive: the target has no class “${setup.positive}”. It has ${(classLabels(read.contract) ?? []).join(', ')}.`,
    );
  const named = setup.backbone === null ? early : await onBackbone(setup, setup.backbone, read);
  await kept?.keep({ data: read.digest, ...splitOf(read) });
  say(dataLine(read, setup.backbone === null ? read.notes : [...read.notes, BROUGHT_NOTE]));
  const clock = createSystemClock();
  const startedAt = clock.now();
  const known = kept?.manifest.trials ?? [];
  const trials: ReturnType<typeof plainTrial>[] = [];
  let toldAt = -Infinity;
  let writing: Promise<void> = Promise.resolve();
  const tell = (event: BenchEvent): void => {
    if (event.type === 'progress') {
      if (clock.monotonic() - toldAt < PROGRESS_EVERY_MS) return;
      toldAt = clock.monotonic();
    }
    if (event.type === 'trial') trials.push(plainTrial(event));
    if (event.type === 'trial' && event.number > known.length) {
      const trial = plainTrial(event);
      writing = writing.then(() => kept?.keep({ trial }));
      // Heard below, where the run ends.
      writing.catch(() => undefined);
    }
    say(event);
  };
  try {
    const surroundings = {
      clock,
      signal,
      // The engine asked for and no other: another would give other bits.
      openEngine: async () =>
        createEngine(
          { backend: setup.backend, description: setup.backend, reason: 'It was asked for.', reports: [] },
          createTrainer,
        ),
    };
    const done = await runBench(
      { data: read, chosen: chosenOf(setup, read, named, known), seed: setup.seed, balance: setup.balance },
      {
        ...surroundings,
        checkpoints: kept?.checkpoints,
        onStep: options.stepView === true ? (view) => say({ type: 'step', ...view }) : undefined,
      },
      tell,
    );
    await writing;
    if (!done.ok) throw new UnusableTraining(done.error);
    const { data, result, fitted, outputs, chosen } = done.value;
    const { digest, report } = result.model;
    const figures = againFigures(report);
    try {
      if (setup.save !== null) {
        const { contract, training, windows } = data;
        const preparation = data.preparation?.fitted;
        const origin = {
          contract,
          preparation,
          windows,
          chosen,
          seed: setup.seed,
          data: data.digest,
          training,
        };
        await saveModel(setup.save, writeModelFile(fitted, origin));
        say({ type: 'saved', path: setup.save, holdsRows: holdsRows(chosen) });
      }
      // Before what is only told of the model: a run that has its model does not lose it to that.
      await kept?.keep({
        finished: {
          ...finishedAs(chosen),
          ...recipeTaken(data, result),
          ...balanceTold(result),
          digest,
          trials: result.trials,
          figures,
        },
      });
      say({ type: 'analysis', ...(await analyse(data, fitted, outputs, setup.seed)) });
    } finally {
      fitted.close();
    }
    if (setup.fairness !== null) {
      const fairness = fairnessOf(data, outputs, setup.fairness, setup.positive);
      if (fairness.ok) say({ type: 'fairness', ...fairness.value });
      else say({ type: 'left-out', model: '--fairness', message: fairness.error });
    }
    if (setup.folds !== null) {
      const crossed = await crossValidate(data, chosen, setup.folds, setup.seed, surroundings, setup.balance);
      if (crossed.ok) say({ type: 'cross-validation', ...crossed.value });
      else say({ type: 'left-out', model: '--folds', message: crossed.error });
    }
    if (setup.checkLabels) {
      const suspects = await checkLabels(data, chosen, setup.seed, surroundings, setup.balance);
      if (suspects.ok)
        say({ type: 'suspect-labels', count: suspects.value.length, first: suspects.value.slice(0, 100) });
      else say({ type: 'left-out', model: '--check-labels', message: suspects.error });
    }
    const line: Result = {
      type: 'result',
      ...result,
      seed: setup.seed,
      backend: setup.backend,
      data: read.digest,
      state: kept?.directory ?? null,
      ...(expected === undefined
        ? { isSame: null, isWithin: null }
        : samenessOf(expected, { digest, figures, backend: setup.backend, hasMoved: false })),
    };
    const { curve } = fitted;
    const manifest = {
      program,
      setup,
      trials,
      finished: {
        ...finishedAs(chosen),
        ...recipeTaken(data, result),
        ...balanceTold(result),
        digest,
        trials: trials.length,
      },
    };
    const ended = { result, curve, manifest, startedAt, endedAt: clock.now(), data: read.digest };
    if (options.exports !== undefined) say({ type: 'exported', ...(await exportTo(options.exports, ended)) });
    // Before a server is told: what the run came to is not lost with the connection.
    say(line);
    const told = options.tracked && (await trackRun(options.tracked, ended, signal));
    if (told?.ok === true) say({ type: 'tracked', ...told.value });
    if (told?.ok === false) throw new UnusableTraining(`--mlflow: ${told.error.message}`);
    return line;
  } finally {
    await writing.catch(() => undefined);
    clock.close();
  }
}

/** Throws UnusableTraining where the rows are others than those that the run is of. */
export function checkSameRows(
  { kept, expectedData }: Pick<TrainOptions, 'kept' | 'expectedData'>,
  { digest }: { readonly digest: Digest },
): void {
  if (kept !== undefined && kept.manifest.data !== null && kept.manifest.data !== digest)
    throw new UnusableTraining(
      'The rows are not those that the run was begun with. Bring the same files, or begin anew (--state).',
    );
  if (expectedData !== undefined && expectedData !== digest)
    throw new UnusableTraining(
      'The rows are not those of the first run, so that its model cannot be had again. Bring the same files.',
    );
}

export async function saveModel(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new UnusableTraining(
      `--save ${path}: it cannot be written there. ${cause instanceof Error ? cause.message : ''}`,
      { cause },
    );
  }
}

const dataLine = (data: BenchData, notes: readonly string[]): TrainLine => ({
  type: 'data',
  training: data.training.count,
  heldOut: data.heldOut.count,
  split: data.split,
  features: exampleShape(data.contract).reduce((size, side) => size * side, 1),
  classes: classLabels(data.contract) ?? null,
  digest: data.digest,
  preparation:
    data.preparation === undefined
      ? null
      : {
          recipe: recipeDigest(data.preparation.fitted.recipe),
          digest: data.preparation.digest,
          steps: data.preparation.reports,
        },
  notes,
  kept: data.kept ?? null,
});

/** As a manifest has it. */
const splitOf = ({ kept }: BenchData): Pick<RunManifest, 'split'> =>
  kept === undefined ? {} : { split: kept };

function modelOf(text: string, layers: TrainSetup['layers']): ChosenModel {
  const chosen = chosenBySetup(text, layers);
  if (!chosen.ok) throw new UnusableTraining(`--model: ${chosen.error} Or auto, to search for one.`);
  return chosen.value;
}

async function onBackbone(
  { model }: TrainSetup,
  backbone: NonNullable<TrainSetup['backbone']>,
  { contract }: BenchData,
): Promise<ChosenModel> {
  const { spec, frozen } = await layersOnBackbone(backbone, contract);
  const chosen = chosenBySetup(model ?? OWN_LAYERS, spec, frozen);
  if (!chosen.ok) throw new UnusableTraining(`--model: ${chosen.error}`);
  return chosen.value;
}

function chosenOf(
  setup: TrainSetup,
  data: BenchData,
  named: ChosenModel | undefined,
  known: readonly Trial[],
): ChosenModel | SearchLimits {
  if (named !== undefined) return named;
  if (setup.model === 'auto') {
    const { budgetMs, trials: mostTrials } = setup;
    const search = searchBySetup(setup, { budgetMs, mostTrials, known });
    if (!search.ok) throw new UnusableTraining(`--space: ${search.error}`);
    return search.value;
  }
  return usualModel(data.contract);
}
