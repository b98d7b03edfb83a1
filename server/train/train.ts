// A run of `tributary train`: rows in, lines out. The run itself is the workbench's (participant/workbench), as in a tab.
import { createSystemClock } from '#lib/adapters/system-clock.ts';
import { createTrainer } from '#lib/adapters/engines/node.ts';
import { classLabels, exampleShape } from '#lib/core/data/contract.ts';
import { parseSpec, readOptions } from '#lib/core/named-options.ts';
import { createEngine } from '#lib/participant/engine.ts';
import type { Trial } from '#lib/participant/workbench/auto.ts';
import type { BenchData } from '#lib/participant/workbench/bench-data.ts';
import {
  benchModelNamed,
  benchModels,
  usualModel,
  type ChosenModel,
} from '#lib/participant/workbench/models.ts';
import { runBench, type BenchEvent, type SearchLimits } from '#lib/participant/workbench/run-bench.ts';
import type { KeptRun } from './kept-run.ts';
import type { TrainLine } from './lines.ts';
import { readTrainData } from './read-data.ts';
import { UnusableTraining, type TrainSetup } from './setup.ts';

/** Progress is told so often at most. */
const PROGRESS_EVERY_MS = 500;

type Result = Extract<TrainLine, { type: 'result' }>;

export interface TrainOptions {
  readonly signal: AbortSignal;
  say(line: TrainLine): void;
  /** Where the run is kept, and goes on from. */
  readonly kept?: KeptRun | undefined;
  /** Of a run that is had again: the digest that its model must have. */
  readonly expected?: string | undefined;
}

/** Rejects with UnusableTraining, and with the signal's reason. */
export async function train(setup: TrainSetup, options: TrainOptions): Promise<Result> {
  const { signal, say, kept, expected } = options;
  // Before the rows are read: a setting that cannot be is not found out after minutes.
  const named = setup.model === null || setup.model === 'auto' ? undefined : modelOf(setup.model);
  const data = await readTrainData(setup, signal);
  if (kept !== undefined && kept.manifest.data !== null && kept.manifest.data !== data.digest)
    throw new UnusableTraining(
      'The rows are not those that the run was begun with. Bring the same files, or begin anew (--state).',
    );
  await kept?.keep({ data: data.digest });
  say(dataLine(data));
  const clock = createSystemClock();
  const known = kept?.manifest.trials ?? [];
  let toldAt = -Infinity;
  let writing: Promise<void> = Promise.resolve();
  const tell = (event: BenchEvent): void => {
    if (event.type === 'progress') {
      if (clock.monotonic() - toldAt < PROGRESS_EVERY_MS) return;
      toldAt = clock.monotonic();
    }
    if (event.type === 'trial' && event.number > known.length) {
      const trial = trialOf(event);
      writing = writing.then(() => kept?.keep({ trial }));
      // Heard below, where the run ends.
      writing.catch(() => undefined);
    }
    say(event);
  };
  try {
    const done = await runBench(
      { data, chosen: chosenOf(setup, data, named, known), seed: setup.seed },
      {
        clock,
        signal,
        checkpoints: kept?.checkpoints,
        // The engine asked for and no other: another would give other bits.
        openEngine: async () =>
          createEngine(
            { backend: setup.backend, description: setup.backend, reason: 'It was asked for.', reports: [] },
            createTrainer,
          ),
      },
      tell,
    );
    await writing;
    if (!done.ok) throw new UnusableTraining(done.error);
    done.value.fitted.close();
    const { result } = done.value;
    const { model, options: own, digest } = result.model;
    await kept?.keep({ finished: { model, options: { ...own }, digest, trials: result.trials } });
    const line: Result = {
      type: 'result',
      ...result,
      seed: setup.seed,
      backend: setup.backend,
      data: data.digest,
      state: kept?.directory ?? null,
      isSame: expected === undefined ? null : digest === expected,
    };
    say(line);
    return line;
  } finally {
    await writing.catch(() => undefined);
    clock.close();
  }
}

const trialOf = ({ model, options, share, loss, standardError }: Trial): Trial => ({
  model,
  options,
  share,
  loss,
  standardError,
});

const dataLine = (data: BenchData): TrainLine => ({
  type: 'data',
  training: data.training.count,
  heldOut: data.heldOut.count,
  split: data.split,
  features: exampleShape(data.contract).reduce((size, side) => size * side, 1),
  classes: classLabels(data.contract) ?? null,
  digest: data.digest,
  notes: data.notes,
});

function modelOf(text: string): ChosenModel {
  const spec = parseSpec(text, benchModels, 'model');
  if (!spec.ok) throw new UnusableTraining(`--model: ${spec.error.message} Or auto, to search for one.`);
  const model = benchModelNamed(spec.value.name);
  if (model === undefined) throw new Error('A parsed model is one of the catalogue.');
  return { model, options: spec.value.options };
}

function chosenOf(
  setup: TrainSetup,
  data: BenchData,
  named: ChosenModel | undefined,
  known: readonly Trial[],
): ChosenModel | SearchLimits {
  if (named !== undefined) return named;
  if (setup.model === 'auto')
    return { type: 'search', budgetMs: setup.budgetMs, mostTrials: setup.trials, known };
  const model = usualModel(data.contract);
  const options = readOptions(model, {});
  if (!options.ok) throw new Error(options.error.message);
  return { model, options: options.value };
}
