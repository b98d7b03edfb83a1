// The Trainer port on kernels of our own: WebAssembly SIMD written in this folder, one thread, one linear memory a session.
// Needs no graphics device and no library; the same in a page's worker and in Node.
import type { Network } from '../../core/model/network.ts';
import type { SessionPlan, Trainer, TrainerSession } from '../../ports/trainer.ts';
import { instantiate, type Instance } from './kernels.ts';
import { SimdSession } from './session.ts';

/** Throws TrainerFailure('unsupported') where WebAssembly SIMD is missing. */
export async function createSimdTrainer(): Promise<Trainer> {
  /** A memory takes gigabytes of address space until it is collected, so that the last one closed serves the next session. */
  let idle: Instance | undefined = await instantiate();
  const sessions = new Set<TrainerSession>();
  let disposed = false;
  return {
    backend: 'simd',
    description: 'WebAssembly SIMD · own kernels',
    async open(network: Network, plan: SessionPlan): Promise<TrainerSession> {
      if (disposed) throw new Error('This trainer is disposed.');
      const instance = idle ?? (await instantiate());
      if (instance === idle) idle = undefined;
      const session: SimdSession = new SimdSession(instance, network, plan, () => {
        sessions.delete(session);
        if (!disposed) idle = instance;
      });
      sessions.add(session);
      return session;
    },
    dispose() {
      disposed = true;
      idle = undefined;
      for (const session of [...sessions]) session.close();
    },
  };
}
