// A run of `tributary train`: rows in, lines out. The run itself is the workbench's (participant/workbench), as in a tab.
import { createSystemClock } from '#lib/adapters/system-clock.ts';
import { createTrainer } from '#lib/adapters/engines/node.ts';
import { classLabels, exampleShape } from '#lib/core/data/contract.ts';
import { parseSpec, readOptions } from '#lib/core/named-options.ts';
import { createEngine, type Engine } from '#lib/participant/engine.ts';
import type { FitSurroundings } from '#lib/participant/workbench/fit.ts';
import { benchModelNamed, benchModels, usualModel } from '#lib/participant/workbench/models.ts';
import { runBench, type ChosenModel } from '#lib/participant/workbench/run-bench.ts';
import type { BenchData } from '#lib/participant/workbench/bench-data.ts';
import type { TrainLine } from './lines.ts';
import { readTrainData } from './read-data.ts';
import { UnusableTraining, type TrainSetup } from './setup.ts';

/** Progress is told so often at most. */
const PROGRESS_EVERY_MS = 500;

/** Rejects with UnusableTraining, and with the signal's reason. */
export async function train(
  setup: TrainSetup,
  signal: AbortSignal,
  say: (line: TrainLine) => void,
): Promise<Extract<TrainLine, { type: 'result' }>> {
  const data = await readTrainData(setup, signal);
  say({
    type: 'data',
    training: data.training.count,
    heldOut: data.heldOut.count,
    split: data.split,
    features: exampleShape(data.contract).reduce((size, side) => size * side, 1),
    classes: classLabels(data.contract) ?? null,
    digest: data.digest,
    notes: data.notes,
  });
  const clock = createSystemClock();
  let toldAt = -Infinity;
  try {
    const done = await runBench(
      { data, chosen: chosenModel(setup, data), seed: setup.seed },
      surroundingsOf(setup, clock, signal),
      (event) => {
        if (event.type === 'progress') {
          if (clock.monotonic() - toldAt < PROGRESS_EVERY_MS) return;
          toldAt = clock.monotonic();
        }
        say(event);
      },
    );
    if (!done.ok) throw new UnusableTraining(done.error);
    done.value.fitted.close();
    const result = {
      type: 'result',
      ...done.value.result,
      seed: setup.seed,
      backend: setup.backend,
      data: data.digest,
      manifest: null,
    } as const;
    say(result);
    return result;
  } finally {
    clock.close();
  }
}

function chosenModel({ model }: TrainSetup, { contract }: BenchData): ChosenModel {
  if (model !== null) {
    const spec = parseSpec(model, benchModels, 'model');
    if (!spec.ok) throw new UnusableTraining(`--model: ${spec.error.message}`);
    const named = benchModelNamed(spec.value.name);
    if (named === undefined) throw new Error('A parsed model is one of the catalogue.');
    return { model: named, options: spec.value.options };
  }
  const usual = usualModel(contract);
  const options = readOptions(usual, {});
  if (!options.ok) throw new Error(options.error.message);
  return { model: usual, options: options.value };
}

/** The engine asked for and no other: another would give other bits. */
const surroundingsOf = (
  { backend }: TrainSetup,
  clock: FitSurroundings['clock'],
  signal: AbortSignal,
): FitSurroundings => ({
  clock,
  signal,
  openEngine: async (): Promise<Engine> =>
    createEngine({ backend, description: backend, reason: 'It was asked for.', reports: [] }, createTrainer),
});
