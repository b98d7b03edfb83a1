// Engines of headless participants of which some calls go another way: training that waits until it is let, so that the middle of a
// round can be looked at, or whose states are noted.
import type { Engines } from '#lib/participant/engine.ts';
import { nodeEngines } from '../../server/participants/node-engines.ts';
import { sessionWith } from './session-with.ts';

export function enginesWith(instead: Parameters<typeof sessionWith>[1]): Engines {
  const engines = nodeEngines();
  return {
    ...engines,
    async create(backend) {
      const trainer = await engines.create(backend);
      return {
        backend: trainer.backend,
        description: trainer.description,
        dispose: () => trainer.dispose(),
        open: async (network, plan) => sessionWith(await trainer.open(network, plan), instead),
      };
    },
  };
}

/** Engines on which no step is taken before `gate` opens. */
export const held = (gate: Promise<void>): Engines =>
  enginesWith((session) => ({ step: async (indices) => gate.then(() => session.step(indices)) }));
