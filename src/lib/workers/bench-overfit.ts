// One batch learnt by heart, in the workbench worker: asked of a dataset that is open, and kept nowhere.
import { chosenBySetup } from '../participant/workbench/models.ts';
import { overfitOneBatch, overfitTask, type Overfit } from '../participant/workbench/overfit.ts';
import { Unusable, withoutFlags, type DataOpener } from './bench-data-opened.ts';
import type { OverfitRequest } from './bench-messages.ts';
import { tabEngine } from './bench-engines.ts';
import type { RunDependencies } from './bench-runs.ts';

/** Rejects with Unusable, and with the signal's reason. */
export async function benchOverfit(
  { dataset, target, recipe, series, split, training: { model: asked, layers, seed } }: OverfitRequest,
  opener: DataOpener,
  signal: AbortSignal,
  onLoss: (loss: number, step: number) => void,
  { createTrainer, clock }: Pick<RunDependencies, 'createTrainer' | 'clock'>,
): Promise<Overfit> {
  const { data } = await opener.open(dataset, { target, recipe, series, split });
  const chosen = chosenBySetup(asked, layers);
  if (!chosen.ok) throw new Unusable(chosen.error);
  const task = overfitTask(chosen.value, asked, data, seed);
  if (!task.ok) throw new Unusable(withoutFlags(task.error));
  return overfitOneBatch(
    task.value,
    async () => tabEngine(createTrainer),
    signal,
    // A person's hand is felt between two steps.
    async (loss, step) => {
      onLoss(loss, step);
      await clock.tick();
    },
  );
}
