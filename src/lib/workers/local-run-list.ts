// The local runs of this device that have begun and not ended, in its store: what can go on after a reload.
import * as v from 'valibot';
import { MetricName } from '../core/metrics/figures.ts';
import { NetworkSpec, TrainingPlan } from '../core/model/spec.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import type { LocalRunSettings } from './device-messages.ts';
import type { RunHolds } from './run-holds.ts';

const Settings = v.object({
  id: v.string(),
  dataset: v.string(),
  name: v.string(),
  network: NetworkSpec,
  plan: TrainingPlan,
  metric: MetricName,
  backend: v.nullable(
    v.picklist(['gpu', 'jax-webgpu', 'webgpu', 'webgl', 'simd', 'jax-wasm', 'wasm', 'cpu', 'reference']),
  ),
});
const settingsKey = 'local-runs';

export interface LocalRunList {
  read(): Promise<readonly LocalRunSettings[]>;
  /** Adds a run, or replaces what is kept of it. */
  keep(settings: LocalRunSettings): Promise<void>;
  /** Replaces what is kept of a run; one that has ended stays gone. */
  replace(settings: LocalRunSettings): Promise<void>;
  remove(id: string): Promise<void>;
}

export function localRunList(store: ParticipantStore, holds: RunHolds): LocalRunList {
  const read = async (): Promise<readonly LocalRunSettings[]> => {
    const kept = v.safeParse(v.array(Settings), await store.settings.get(settingsKey));
    return kept.success ? kept.output : [];
  };
  const change = (next: (list: readonly LocalRunSettings[]) => readonly LocalRunSettings[]): Promise<void> =>
    holds.exclusively(async () => store.settings.put(settingsKey, next(await read())));
  return {
    read,
    keep: (settings) => change((list) => [...list.filter((one) => one.id !== settings.id), settings]),
    replace: (settings) => change((list) => list.map((one) => (one.id === settings.id ? settings : one))),
    remove: (id) => change((list) => list.filter((one) => one.id !== id)),
  };
}
