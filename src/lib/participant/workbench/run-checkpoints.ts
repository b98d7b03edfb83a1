// Checkpoints of the networks of runs of the workbench, among those of others: the newest of each network, by which a run goes on, and
// those that another run can branch from. Of the latter a record names what there is: it is written after what it names, and before
// what it names no more goes, so that a torn write leaves no line without its checkpoint.
import type { Checkpoint, ParticipantStore } from '../../ports/participant-store.ts';
import { MOST_RUNS, withCheckpoint, type KeptCheckpoint } from '../kept-checkpoint.ts';
import { withoutCheckpoints, type RunRecord, type RunStore } from './run-record.ts';

/** What the keys of a run's checkpoints begin with: with the run they go. */
export const checkpointsOf = (run: string): string => `run:${run}:`;
const keptKey = (run: string, step: number): string => `${checkpointsOf(run)}@${step}`;

type Checkpoints = ParticipantStore['checkpoints'];

/** Checkpoints of one run, apart from those of others; cleared once it has its model. */
export function ownCheckpoints(checkpoints: Checkpoints, run: string) {
  const used = new Set<string>();
  const keyOf = (key: string): string => {
    const own = `${checkpointsOf(run)}${key}`;
    used.add(own);
    return own;
  };
  return {
    checkpoints: {
      put: (checkpoint) => checkpoints.put({ ...checkpoint, key: keyOf(checkpoint.key) }),
      get: (key) => checkpoints.get(keyOf(key)),
      remove: (key) => checkpoints.remove(keyOf(key)),
    } satisfies Checkpoints,
    async clear(): Promise<void> {
      for (const key of used) await checkpoints.remove(key);
    },
  };
}

/** One that a record names; undefined where it is gone all the same. */
export const keptCheckpoint = (
  checkpoints: Checkpoints,
  run: string,
  step: number,
): Promise<Checkpoint | undefined> => checkpoints.get(keptKey(run, step));

/** Keeps one more, `write` being what writes the record that names them. Rejects with StorageFull. */
export async function keepCheckpoint(
  checkpoints: Checkpoints,
  { id, checkpoints: own = [] }: Pick<RunRecord, 'id' | 'checkpoints'>,
  checkpoint: Checkpoint,
  step: number,
  write: (kept: readonly KeptCheckpoint[]) => Promise<void>,
): Promise<void> {
  if (own.some((one) => one.step === step)) return write(own);
  await checkpoints.put({ ...checkpoint, key: keptKey(id, step) });
  const kept = withCheckpoint(own, checkpoint, step);
  await write(kept);
  await removeAll(
    checkpoints,
    id,
    own.filter((one) => !kept.includes(one)),
  );
}

/** The last runs keep theirs: of older ones, but what a tab trains (`hold`), they go. */
export async function dropOldCheckpoints(
  checkpoints: Checkpoints,
  store: RunStore,
  hold: (run: string) => Promise<(() => void) | undefined>,
): Promise<void> {
  const keeping = (await store.list()).filter(({ record }) => (record.checkpoints?.length ?? 0) > 0);
  for (const { id } of keeping.slice(MOST_RUNS).map(({ record }) => record)) {
    const letGo = await hold(id);
    if (letGo === undefined) continue;
    try {
      // As it is now that nobody else writes it.
      const record = (await store.read(id))?.record;
      if (record === undefined) continue;
      await store.put(withoutCheckpoints(record));
      await removeAll(checkpoints, id, record.checkpoints ?? []);
    } finally {
      letGo();
    }
  }
}

async function removeAll(
  checkpoints: Checkpoints,
  run: string,
  gone: readonly KeptCheckpoint[],
): Promise<void> {
  for (const { step } of gone) await checkpoints.remove(keptKey(run, step));
}
