// The Trainer port on kernels of our own for WebGPU, written in this folder: a network becomes a list of kernels over flat
// buffers, and several steps are one submission.
import type { Network } from '../../core/model/network.ts';
import { TrainerFailure, type SessionPlan, type Trainer, type TrainerSession } from '../../ports/trainer.ts';
import { requestGpu } from './gpu.ts';
import { hasKernels } from './layers.ts';
import { GpuSession } from './session.ts';
import { workshopOf } from './workshop.ts';

export interface GpuTrainer extends Trainer {
  /** Buffers on the device. */
  bufferCount(): number;
}

/** Buffers alive on a trainer's device: for tests that nothing leaks. */
export function deviceBuffers(trainer: Trainer): number {
  if ('bufferCount' in trainer && typeof trainer.bufferCount === 'function')
    return Number(trainer.bufferCount());
  throw new Error('This trainer has no buffers.');
}

/** Throws TrainerFailure('unsupported') where there is no graphics adapter. */
export async function createGpuTrainer(): Promise<GpuTrainer> {
  const gpu = await requestGpu();
  const workshop = workshopOf(gpu);
  const sessions = new Set<TrainerSession>();
  let disposed = false;
  return {
    backend: 'gpu',
    description: `WebGPU · own kernels · ${gpu.name}`,
    bufferCount: () => workshop.bufferCount,
    async open(network: Network, plan: SessionPlan): Promise<TrainerSession> {
      if (disposed) throw new Error('This trainer is disposed.');
      const foreign = network.layers.find(({ spec }) => !hasKernels(spec));
      if (foreign !== undefined)
        throw new TrainerFailure('unsupported', `Our WebGPU kernels have none for layer ${foreign.name}.`);
      const session = await GpuSession.open(workshop, network, plan, (one) => sessions.delete(one));
      sessions.add(session);
      return session;
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      for (const session of [...sessions]) session.close();
      gpu.close();
    },
  };
}
