// `tributary train --overfit-one-batch`: whether a network can learn one batch of the rows by heart. Nothing is kept.
import { createTrainer } from '#lib/adapters/engines/node.ts';
import { createEngine } from '#lib/participant/engine.ts';
import { chosenBySetup, usualModel } from '#lib/participant/workbench/models.ts';
import { overfitOneBatch, overfitTask, type Overfit } from '#lib/participant/workbench/overfit.ts';
import type { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import type { TrainOptions } from './train.ts';
import { readTrainData } from './read-data.ts';
import { UnusableTraining } from './unusable.ts';

/** Rejects with UnusableTraining, and with the signal's reason. */
export async function overfit(
  setup: TrainSetup,
  { signal, say, split }: Pick<TrainOptions, 'signal' | 'say' | 'split'>,
): Promise<Overfit> {
  if (setup.backbone !== null)
    throw new UnusableTraining('--overfit-one-batch asks of whole models: leave --backbone out.');
  const named = setup.model === null ? undefined : chosenBySetup(setup.model, setup.layers);
  if (named?.ok === false) throw new UnusableTraining(`--model: ${named.error}`);
  const data = await readTrainData(setup, signal, split);
  const chosen = named?.value ?? usualModel(data.contract);
  const task = overfitTask(chosen, setup.model ?? '', data, setup.seed);
  if (!task.ok) throw new UnusableTraining(`--overfit-one-batch: ${task.error}`);
  const outcome = await overfitOneBatch(
    task.value,
    async () =>
      createEngine(
        { backend: setup.backend, description: setup.backend, reason: 'It was asked for.', reports: [] },
        createTrainer,
      ),
    signal,
  );
  say({ type: 'overfit', model: chosen.model.name, ...outcome });
  return outcome;
}
