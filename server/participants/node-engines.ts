// The engines of a process of headless participants: TensorFlow.js keeps one of each back end a process, so its participants
// share it, and what the self-test said of a model is asked once.
import { availableBackends, createTrainer } from '#lib/adapters/engines/node.ts';
import { measuredEngines } from '#lib/participant/choose-backend.ts';
import type { Engines } from '#lib/participant/engine.ts';
import type { BackendChoice } from '#lib/participant/participation.ts';
import type { BackendName, Trainer } from '#lib/ports/trainer.ts';

export function nodeEngines(): Engines {
  const measured = measuredEngines(createTrainer, availableBackends);
  const choices = new Map<string, Promise<BackendChoice>>();
  const shared = new Map<BackendName, { readonly trainer: Promise<Trainer>; users: number }>();
  return {
    choose(network, batchSize, preferred) {
      const key = JSON.stringify([network.spec, batchSize, preferred]);
      const known = choices.get(key) ?? measured.choose(network, batchSize, preferred);
      choices.set(key, known);
      known.catch(() => choices.delete(key));
      return known;
    },
    async create(backend) {
      const one = shared.get(backend) ?? { trainer: createTrainer(backend), users: 0 };
      shared.set(backend, one);
      one.users += 1;
      let released = false;
      const release = (): void => {
        if (released) return;
        released = true;
        one.users -= 1;
        if (one.users > 0) return;
        if (shared.get(backend) === one) shared.delete(backend);
        one.trainer.then(
          (trainer) => trainer.dispose(),
          // It could not be made: nothing to release, and whoever asked for it was told.
          () => undefined,
        );
      };
      try {
        const trainer = await one.trainer;
        return {
          backend: trainer.backend,
          description: trainer.description,
          open: (network, plan) => trainer.open(network, plan),
          dispose: release,
        };
      } catch (failure) {
        release();
        throw failure;
      }
    },
  };
}
