// Checkpoints of local runs that are kept beside the newest: a few of each of the last runs, spread over its steps, so that another run
// can branch from one. The list is written after what it names, and before what it names no more goes: a torn write leaves no line
// without its checkpoint.
import * as v from 'valibot';
import { MOST_RUNS, withCheckpoint } from '../participant/kept-checkpoint.ts';
import type { Checkpoint, ParticipantStore } from '../ports/participant-store.ts';
import type { KeptRunCheckpoints, LocalRunSettings } from './device-messages.ts';
import { LocalRunSettingsSchema, withoutName } from './local-run-list.ts';
import type { RunHolds } from './run-holds.ts';

const KEY = 'local-run-checkpoints';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Kept = v.array(
  v.object({
    settings: LocalRunSettingsSchema,
    checkpoints: v.array(
      v.object({ step: whole, epoch: whole, loss: v.nullable(v.number()), savedAt: v.number() }),
    ),
  }),
);

export const keptKey = (run: string, step: number): string => `local:${run}@${step}`;

export interface KeptCheckpoints {
  /** Newest run first, and of each the latest step first. */
  list(): Promise<readonly KeptRunCheckpoints[]>;
  read(run: string, step: number): Promise<Checkpoint | undefined>;
  /** `step`: steps taken by then. Rejects with StorageFull. */
  keep(settings: LocalRunSettings, checkpoint: Checkpoint, step: number): Promise<void>;
  discard(run: string): Promise<void>;
}

export function keptCheckpoints(store: ParticipantStore, holds: RunHolds): KeptCheckpoints {
  const list = async (): Promise<readonly KeptRunCheckpoints[]> => {
    const kept = v.safeParse(Kept, await store.settings.get(KEY));
    return kept.success ? kept.output : [];
  };
  /** Writes the list, then takes away what it names no more. */
  const write = async (
    before: readonly KeptRunCheckpoints[],
    after: readonly KeptRunCheckpoints[],
  ): Promise<void> => {
    await store.settings.put(KEY, after);
    const named = new Set(after.flatMap(keysOf));
    for (const key of before.flatMap(keysOf)) if (!named.has(key)) await store.checkpoints.remove(key);
  };
  return {
    list,
    read: (run, step) => store.checkpoints.get(keptKey(run, step)),
    keep: (of, checkpoint, step) =>
      holds.exclusively(async () => {
        const settings = withoutName(of);
        const before = await list();
        const own = before.find((one) => one.settings.id === settings.id)?.checkpoints ?? [];
        if (own.some((one) => one.step === step)) return;
        await store.checkpoints.put({ ...checkpoint, key: keptKey(settings.id, step) });
        const checkpoints = withCheckpoint(own, checkpoint, step);
        const others = before.filter((one) => one.settings.id !== settings.id);
        await write(
          [...before, { settings, checkpoints: withCheckpoint([], checkpoint, step) }],
          [{ settings, checkpoints }, ...others].slice(0, MOST_RUNS),
        );
      }),
    discard: (run) =>
      holds.exclusively(async () => {
        const before = await list();
        await write(
          before,
          before.filter((one) => one.settings.id !== run),
        );
      }),
  };
}

const keysOf = ({ settings, checkpoints }: KeptRunCheckpoints): readonly string[] =>
  checkpoints.map(({ step }) => keptKey(settings.id, step));
