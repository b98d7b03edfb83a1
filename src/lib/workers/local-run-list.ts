// The local runs of this device that have begun and not ended, in its store: what can go on after a reload.
import * as v from 'valibot';
import { MetricName } from '../core/metrics/metric-name.ts';
import { NetworkSpec, TrainingPlan } from '../core/model/spec.ts';
import { BackendName } from '../participant/backend-choice.ts';
import { RunOrigin } from '../participant/run-origin.ts';
import { AskedRecipe } from '../core/recipe/asked.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import type { LocalRunSettings } from './device-messages.ts';
import type { RunHolds } from './run-holds.ts';

export const LocalRunSettingsSchema = v.object({
  id: v.string(),
  dataset: v.string(),
  name: v.string(),
  network: NetworkSpec,
  plan: TrainingPlan,
  metric: MetricName,
  recipe: v.optional(AskedRecipe),
  backend: v.nullable(BackendName),
  origin: v.exactOptional(v.nullable(RunOrigin)),
});
const settingsKey = 'local-runs';

/** Settings lie in plain beside a passphrase: what a dataset is called is not among them, and is read where it is kept. */
export const withoutName = (settings: LocalRunSettings): LocalRunSettings => ({ ...settings, name: '' });

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
    const kept = v.safeParse(v.array(LocalRunSettingsSchema), await store.settings.get(settingsKey));
    return kept.success ? kept.output : [];
  };
  const change = (next: (list: readonly LocalRunSettings[]) => readonly LocalRunSettings[]): Promise<void> =>
    holds.exclusively(async () => store.settings.put(settingsKey, next(await read())));
  return {
    read,
    keep: (settings) =>
      change((list) => [...list.filter((one) => one.id !== settings.id), withoutName(settings)]),
    replace: (settings) =>
      change((list) => list.map((one) => (one.id === settings.id ? withoutName(settings) : one))),
    remove: (id) => change((list) => list.filter((one) => one.id !== id)),
  };
}
