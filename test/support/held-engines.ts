// Engines of headless participants that wait with training until they are let: what happens in the middle of a round can then be
// looked at.
import type { Engines } from '#lib/participant/engine.ts';
import { nodeEngines } from '../../server/participants/node-engines.ts';
import { sessionWith } from './session-with.ts';

/** Engines on which no step is taken before `gate` opens. */
export function held(gate: Promise<void>): Engines {
  const engines = nodeEngines();
  return {
    ...engines,
    async create(backend) {
      const trainer = await engines.create(backend);
      return {
        backend: trainer.backend,
        description: trainer.description,
        dispose: () => trainer.dispose(),
        open: async (network, plan) =>
          sessionWith(await trainer.open(network, plan), (session) => ({
            step: async (indices) => gate.then(() => session.step(indices)),
          })),
      };
    },
  };
}
