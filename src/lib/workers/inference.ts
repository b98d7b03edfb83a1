// Using a model on this device: predictions and scores of any version or of a model trained here. The model last used stays
// loaded, so that drawing a digit answers at once.
import type { ModelProblem } from '../core/aggregation/summed-model.ts';
import { buildNetwork, type Network } from '../core/model/network.ts';
import type { NetworkSpec } from '../core/model/spec.ts';
import type { AskedRecipe } from '../core/recipe/asked.ts';
import type { Result } from '../core/result.ts';
import type { SummedSpec } from '../core/summed-models.ts';
import { createQueue, type Engines } from '../participant/engine.ts';
import { parametersOf } from '../participant/parameter-source.ts';
import { keptModel } from '../participant/personal-models.ts';
import type { Preparing } from '../participant/prepared-rows.ts';
import { startState } from '../participant/train-locally.ts';
import type { CoordinatorLink } from '../ports/coordinator-link.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import { TrainerFailure, type BackendName, type Trainer, type TrainerSession } from '../ports/trainer.ts';
import type { AskedModel, ModelSource } from './device-messages.ts';
import { Refusal } from './refusal.ts';

export interface Inference {
  /** Runs `work` with the model loaded. Rejects with Refusal, LinkLost or TrainerFailure. */
  use<T>(asked: AskedModel, work: (model: UsableModel) => Promise<T>): Promise<T>;
  close(): void;
}

/** With its parameters in place. */
export interface UsableModel {
  predict(...of: Parameters<Preparing['features']>): Promise<Float32Array>;
  /** `rows`: texts and all. */
  evaluate: TrainerSession['evaluate'];
}

/** No self-test here: one prediction is too short for a choice to matter, and these start fastest. */
const order: readonly BackendName[] = ['simd', 'wasm', 'cpu'];
const plan = {
  learningRate: 0.01,
  optimizer: { type: 'sgd', momentum: 0 },
  proximalTerm: 0,
  seed: 0,
} as const;

export function createInference({
  store,
  link,
  engines,
}: {
  readonly store: ParticipantStore;
  readonly link: CoordinatorLink;
  readonly engines: Engines;
}): Inference {
  const alone = createQueue();
  let trainer: Trainer | undefined;
  let loaded: { readonly key: string; readonly session: TrainerSession } | undefined;

  async function trainerOf(): Promise<Trainer> {
    if (trainer !== undefined) return trainer;
    let last: TrainerFailure | undefined;
    for (const backend of order) {
      try {
        trainer = await engines.create(backend);
        return trainer;
      } catch (failure) {
        if (!(failure instanceof TrainerFailure)) throw failure;
        last = failure;
      }
    }
    throw last ?? new TrainerFailure('unsupported', 'This device cannot run this model.');
  }
  async function parametersFor(network: Network, source: ModelSource): Promise<Float32Array<ArrayBuffer>> {
    if (source.type === 'version') return parametersOf({ federation: null, store, link }, source);
    if (source.type === 'own') {
      const { federation, personalisation } = source;
      const version = await parametersOf({ federation, store, link }, source);
      const own = await keptModel(store, federation, network, personalisation, version);
      if (own === undefined)
        throw new Refusal(
          'unknown-model',
          'This device has made no model of its own yet: the first comes of taking part in a round.',
        );
      return own;
    }
    const model = (await store.models.list()).find((one) => one.id === source.id);
    if (model === undefined) throw new Refusal('unknown-model', 'This model is no longer on this device.');
    return model.parameters;
  }
  /** Nothing of it stays loaded: its parameters lie in the store, and to read them again takes no time that anybody would see. */
  async function loadSums(spec: SummedSpec, source: ModelSource): Promise<UsableModel> {
    if (source.type !== 'version')
      throw new Refusal('wrong-network', 'Only versions of a federation are models of this kind.');
    const { summedModel } = await import('../core/summed-models.ts');
    const model = accepted(summedModel(spec));
    const parameters = await parametersOf({ federation: null, store, link }, source);
    return {
      predict: async (features, count) => accepted(model.predict(parameters, features, count)),
      evaluate: async (rows) => accepted(model.evaluate(parameters, rows)),
    };
  }
  async function load(spec: NetworkSpec, source: ModelSource): Promise<UsableModel> {
    const key = JSON.stringify([spec, source]);
    // A model of one's own is another one after every round.
    if (loaded?.key === key && source.type !== 'own') return loaded.session;
    const built = buildNetwork(spec);
    if (!built.ok) throw new Refusal('wrong-network', built.error.message);
    const parameters = await parametersFor(built.value, source);
    if (parameters.length !== built.value.parameterCount)
      throw new Refusal(
        'wrong-network',
        `This model has ${parameters.length} parameters where the network has ${built.value.parameterCount}.`,
      );
    unload();
    const session = await (await trainerOf()).open(built.value, plan);
    await session.setState(startState(parameters));
    loaded = { key, session };
    return session;
  }
  function unload(): void {
    loaded?.session.close();
    loaded = undefined;
  }

  return {
    use: (asked, work) =>
      alone(async () => {
        try {
          const { source } = asked;
          return await work(
            'sums' in asked
              ? await loadSums(asked.sums, source)
              : await withRecipe(await load(asked.network, source), asked.recipe),
          );
        } catch (failure) {
          // A dead session must not answer the next question.
          if (failure instanceof TrainerFailure) {
            unload();
            trainer?.dispose();
            trainer = undefined;
          }
          throw failure;
        }
      }),
    close() {
      unload();
      trainer?.dispose();
      trainer = undefined;
    },
  };
}

/** The model asked by rows of the data contract, where a recipe prepares them first. */
async function withRecipe(model: UsableModel, recipe: AskedRecipe | undefined): Promise<UsableModel> {
  if (recipe === undefined) return model;
  const { preparing } = await import('../participant/prepared-rows.ts');
  const opened = preparing(recipe, recipe.pinned);
  if (!opened.ok) throw new Refusal('wrong-recipe', opened.error);
  const { features, rows } = opened.value;
  return {
    predict: (encoded, count, texts) => model.predict(features(encoded, count, texts), count),
    evaluate: (encoded, options) => model.evaluate(rows(encoded), options),
  };
}

function accepted<T>(result: Result<T, ModelProblem>): T {
  if (!result.ok) throw new Refusal('wrong-network', result.error.message);
  return result.value;
}
