// Checkpoints of the networks of one run of the workbench, among those of others.
import type { ParticipantStore } from '../../ports/participant-store.ts';

/** What the keys of a run's checkpoints begin with: with the run they go. */
export const checkpointsOf = (run: string): string => `run:${run}:`;

/** Checkpoints of one run, apart from those of others; cleared once it has its model. */
export function ownCheckpoints(checkpoints: ParticipantStore['checkpoints'], run: string) {
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
    } satisfies ParticipantStore['checkpoints'],
    async clear(): Promise<void> {
      for (const key of used) await checkpoints.remove(key);
    },
  };
}
