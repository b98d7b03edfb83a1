// What a branch of a run is asked for: the same network of the same rows, with another learning rate or other epochs, from one of the
// checkpoints that the run keeps.
import type { Frozen } from '../core/model/backbone.ts';
import { chosenBySetup, type ChosenModel } from '../participant/workbench/models.ts';
import type { TrainSetup } from '../participant/workbench/run-manifest.ts';
import type { RunRecord } from '../participant/workbench/run-record.ts';
import { Unusable } from './bench-data-opened.ts';
import type { BranchRequest } from './bench-messages.ts';

/** Throws Unusable where it cannot be. */
export function branchOf(
  { id, manifest: { setup, finished }, checkpoints = [] }: RunRecord,
  { step, learningRate, localEpochs }: Omit<BranchRequest, 'id' | 'name' | 'run'>,
  frozen: Frozen | undefined,
): { readonly setup: TrainSetup; readonly chosen: ChosenModel } {
  const from = checkpoints.find((one) => one.step === step);
  if (from === undefined) throw new Unusable('This checkpoint is not kept any more. Choose another.');
  // Of a search it is known once it has ended.
  if (finished === null && setup.model === 'auto')
    throw new Unusable('This search has not ended, so that its model is not known yet. Go on with it first.');
  if (localEpochs <= from.epoch)
    throw new Unusable(`The checkpoint lies after ${from.epoch} epochs: ask for more than that in all.`);
  const before =
    finished === null
      ? read(setup.model ?? '', setup, frozen)
      : read(asText(finished.model, finished.options), setup, frozen);
  const { name } = before.model;
  if (before.model.type !== 'network') throw new Unusable(`${before.model.title} has no checkpoints.`);
  const changes = { rate: learningRate, epochs: localEpochs };
  const model = asText(name, { ...before.options, ...changes });
  const changed = (
    [
      ['rate', 'learningRate'],
      ['epochs', 'localEpochs'],
    ] as const
  ).flatMap(([option, field]) => {
    const [was, to] = [before.options[option] ?? NaN, changes[option]];
    return was === to ? [] : [{ field, from: was, to }];
  });
  return {
    setup: {
      ...setup,
      recipe: finished?.recipe ?? setup.recipe,
      recipes: false,
      model,
      budgetMs: null,
      trials: null,
      origin: { run: id, step, changed },
    },
    chosen: read(model, setup, frozen),
  };
}

const asText = (model: string, options: Readonly<Record<string, number>>): string =>
  `${model}:${Object.entries(options)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')}`;

function read(model: string, { layers }: TrainSetup, frozen: Frozen | undefined): ChosenModel {
  const chosen = chosenBySetup(model, layers, frozen);
  if (!chosen.ok) throw new Unusable(chosen.error);
  return chosen.value;
}
