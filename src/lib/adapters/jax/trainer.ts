// The Trainer port on jax-js (https://jax-js.com): a training step is traced once, differentiated, and compiled into kernels that
// do as much at once as they can, for WebGPU or WebAssembly.
import type { Network } from '../../core/model/network.ts';
import { sequenceRefusal } from '../../core/model/sequence.ts';
import { TrainerFailure, type SessionPlan, type Trainer, type TrainerSession } from '../../ports/trainer.ts';
import { wasmDevice, webgpuDevice, type JaxDevice } from './device.ts';
import { JaxSession, type Programs } from './session.ts';
import { outputsOf, trainingStepOf } from './step.ts';

/** Throws TrainerFailure('unsupported') where there is no graphics adapter, 'device-lost' where it was lost before. */
export const createJaxWebgpuTrainer = async (): Promise<Trainer> => trainerOn(await webgpuDevice());

export const createJaxWasmTrainer = async (): Promise<Trainer> => trainerOn(wasmDevice());

function trainerOn(device: JaxDevice): Trainer {
  const sessions = new Set<TrainerSession>();
  /**
   * By network and kind of optimiser: a session opened for the next round traces and compiles nothing. None is forgotten, as in
   * jax-js's own caches.
   */
  const known = new Map<string, Programs>();
  let disposed = false;
  const programsFor = (network: Network, { optimizer }: SessionPlan): Programs => {
    const hasMomentum = optimizer.type === 'sgd' && optimizer.momentum > 0;
    const key = JSON.stringify([network.spec, optimizer.type, hasMomentum]);
    const programs = known.get(key) ?? {
      step: trainingStepOf(network, device.name, optimizer),
      outputs: outputsOf(network, device.name),
    };
    known.set(key, programs);
    return programs;
  };
  return {
    backend: device.backend,
    description: device.description,
    async open(network: Network, plan: SessionPlan): Promise<TrainerSession> {
      if (disposed) throw new Error('This trainer is disposed.');
      const refusal = sequenceRefusal(network.layers, 'Our use of jax-js');
      if (refusal !== undefined) throw new TrainerFailure('unsupported', refusal);
      const session = new JaxSession(device, programsFor(network, plan), network, plan, (one) =>
        sessions.delete(one),
      );
      sessions.add(session);
      return session;
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      for (const session of [...sessions]) session.close();
      known.clear();
      device.close();
    },
  };
}
