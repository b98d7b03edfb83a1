// `tributary train --overfit-one-batch`: whether a network can learn one batch of the rows by heart. Nothing is kept.
import { createTrainer } from '#lib/adapters/engines/node.ts';
import { createEngine } from '#lib/participant/engine.ts';
import { chosenBySetup, usualModel } from '#lib/participant/workbench/models.ts';
import { overfitOneBatch, overfitRate, type Overfit } from '#lib/participant/workbench/overfit.ts';
import type { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import type { TrainOptions } from './train.ts';
import { readTrainData } from './read-data.ts';
import { UnusableTraining } from './unusable.ts';

/** Rejects with UnusableTraining, and with the signal's reason. */
export async function overfit(
  setup: TrainSetup,
  { signal, say }: Pick<TrainOptions, 'signal' | 'say'>,
): Promise<Overfit> {
  if (setup.backbone !== null)
    throw new UnusableTraining('--overfit-one-batch asks of whole models: leave --backbone out.');
  const named = setup.model === null ? undefined : chosenBySetup(setup.model, setup.layers);
  if (named?.ok === false) throw new UnusableTraining(`--model: ${named.error}`);
  const data = await readTrainData(setup, signal);
  const { model, options } = named?.value ?? usualModel(data.contract);
  if (model.type !== 'network')
    throw new UnusableTraining(
      `--overfit-one-batch is for networks, which learn step by step: ${model.title} is none. Name one, as --model mlp.`,
    );
  const unsuited = model.unsuited(data.contract, options);
  if (unsuited !== undefined)
    throw new UnusableTraining(`${model.title} does not suit these data: ${unsuited}`);
  const outcome = await overfitOneBatch(
    {
      network: model.network(data.contract, options),
      rows: data.training,
      learningRate: overfitRate(setup.model ?? '', options),
      seed: setup.seed,
    },
    async () =>
      createEngine(
        { backend: setup.backend, description: setup.backend, reason: 'It was asked for.', reports: [] },
        createTrainer,
      ),
    signal,
  );
  say({ type: 'overfit', model: model.name, ...outcome });
  return outcome;
}
