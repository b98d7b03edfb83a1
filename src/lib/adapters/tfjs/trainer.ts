// The Trainer port over a device.
import type { Network } from '../../core/model/network.ts';
import { sequenceRefusal } from '../../core/model/sequence.ts';
import { TrainerFailure, type SessionPlan, type Trainer, type TrainerSession } from '../../ports/trainer.ts';
import type { Device } from './device.ts';
import { DeviceSession } from './session.ts';

export interface DeviceTrainer extends Trainer {
  tensorCount(): number;
}

/** Tensors alive on a trainer's device: for tests that nothing leaks. */
export function deviceTensors(trainer: Trainer): number {
  if ('tensorCount' in trainer && typeof trainer.tensorCount === 'function')
    return Number(trainer.tensorCount());
  throw new Error('This trainer has no device.');
}

export function deviceTrainer(device: Device): DeviceTrainer {
  const sessions = new Set<DeviceSession>();
  let disposed = false;
  return {
    backend: device.backend,
    description: device.description,
    tensorCount: () => device.tensorCount(),
    async open(network: Network, plan: SessionPlan): Promise<TrainerSession> {
      if (disposed) throw new Error('This trainer is disposed.');
      const refusal =
        device.sequence === undefined ? sequenceRefusal(network.layers, device.description) : undefined;
      if (refusal !== undefined) throw new TrainerFailure('unsupported', refusal);
      const session: DeviceSession = new DeviceSession(device, network, plan, () => sessions.delete(session));
      sessions.add(session);
      return session;
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      for (const session of [...sessions]) session.close();
      device.dispose();
    },
  };
}
