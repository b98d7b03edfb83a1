// One batch learnt by heart, in the workbench worker: asked of a dataset that is open, and kept nowhere.
import { createEngine } from '../participant/engine.ts';
import { chosenBySetup } from '../participant/workbench/models.ts';
import { TAB_BACKEND } from '../participant/workbench/new-run.ts';
import { overfitOneBatch, overfitRate, type Overfit } from '../participant/workbench/overfit.ts';
import { Unusable, withoutFlags, type DataOpener } from './bench-data-opened.ts';
import type { OverfitRequest } from './bench-messages.ts';
import type { RunDependencies } from './bench-runs.ts';

/** Rejects with Unusable, and with the signal's reason. */
export async function benchOverfit(
  { dataset, target, recipe, training: { model: asked, layers, seed } }: OverfitRequest,
  opener: DataOpener,
  signal: AbortSignal,
  onLoss: (loss: number, step: number) => void,
  { createTrainer, clock }: Pick<RunDependencies, 'createTrainer' | 'clock'>,
): Promise<Overfit> {
  const { data } = await opener.open(dataset, target, recipe);
  const chosen = chosenBySetup(asked, layers);
  if (!chosen.ok) throw new Unusable(chosen.error);
  const { model, options } = chosen.value;
  if (model.type !== 'network') throw new Unusable(`${model.title} does not learn step by step.`);
  const unsuited = model.unsuited(data.contract, options);
  if (unsuited !== undefined)
    throw new Unusable(withoutFlags(`${model.title} does not suit these data: ${unsuited}`));
  return overfitOneBatch(
    {
      network: model.network(data.contract, options),
      rows: data.training,
      learningRate: overfitRate(asked, options),
      seed,
    },
    async () =>
      createEngine(
        { backend: TAB_BACKEND, description: TAB_BACKEND, reason: 'It is what runs use.', reports: [] },
        createTrainer,
      ),
    signal,
    // A person's hand is felt between two steps.
    async (loss, step) => {
      onLoss(loss, step);
      await clock.tick();
    },
  );
}
