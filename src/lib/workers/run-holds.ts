// A run alone goes on in exactly one tab of a browser profile: whoever holds the Web Lock of its name. The browser takes the
// lock back when the tab's worker ends, however it ends, so a lock that is free means that nobody trains.
import { createQueue } from '../participant/engine.ts';

export interface RunHolds {
  /** Takes the run and gives what lets go of it; undefined: another tab has it. */
  take(id: string): Promise<(() => void) | undefined>;
  /** The runs that some tab holds, this one included. */
  held(): Promise<ReadonlySet<string>>;
  /** Resolves once no tab holds the run. Rejects with the signal's reason. */
  whenFree(id: string, signal: AbortSignal): Promise<void>;
  /** One change at a time, over all tabs, of what they share about runs. */
  exclusively<T>(change: () => Promise<T>): Promise<T>;
}

const PREFIX = 'tributary-local-run:';
const SHARED = 'tributary-local-runs';

/** Without Web Locks (an old browser) nothing is known of other tabs, and every run can be taken. */
export function webLockHolds(locks: Pick<LockManager, 'request' | 'query'> | undefined): RunHolds {
  if (locks === undefined)
    return {
      take: async () => () => {},
      held: async () => new Set(),
      whenFree: async () => {},
      exclusively: createQueue(),
    };
  return {
    take: (id) =>
      new Promise((resolve, reject) => {
        locks
          .request(PREFIX + id, { ifAvailable: true }, (lock) => {
            if (lock === null) return resolve(undefined);
            return new Promise<void>((letGo) => resolve(letGo));
          })
          .catch(reject);
      }),
    async held() {
      const { held = [] } = await locks.query();
      return new Set(
        held.flatMap(({ name }) => (name?.startsWith(PREFIX) === true ? [name.slice(PREFIX.length)] : [])),
      );
    },
    async whenFree(id, signal) {
      // Shared: several tabs may wait, and none of them keeps it.
      await locks.request(PREFIX + id, { mode: 'shared', signal }, () => undefined);
    },
    exclusively: async (change) => await locks.request(SHARED, change),
  };
}
