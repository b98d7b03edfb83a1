// The holds of local runs as tabs of one browser share them, in memory: a tab that is gone has let go of everything.
import { createQueue } from '#lib/participant/engine.ts';
import type { RunHolds } from '#lib/workers/run-holds.ts';

export interface Tabs {
  /** The holds as one more tab sees them, and what its end does to them. */
  open(): { readonly holds: RunHolds; gone(): void };
}

export function memoryTabs(): Tabs {
  const held = new Map<string, () => void>();
  const waiting = new Set<{ readonly id: string; readonly free: () => void }>();
  const exclusively = createQueue();
  const letGo = (id: string, hold: () => void): void => {
    if (held.get(id) !== hold) return;
    held.delete(id);
    for (const one of waiting)
      if (one.id === id) {
        waiting.delete(one);
        one.free();
      }
  };
  return {
    open() {
      const mine = new Set<() => void>();
      return {
        holds: {
          async take(id) {
            if (held.has(id)) return undefined;
            const hold = (): void => letGo(id, hold);
            held.set(id, hold);
            mine.add(hold);
            return hold;
          },
          held: async () => new Set(held.keys()),
          whenFree: (id, signal) =>
            new Promise((resolve, reject) => {
              if (!held.has(id)) return resolve();
              waiting.add({ id, free: resolve });
              signal.addEventListener('abort', () => reject(signal.reason));
            }),
          exclusively,
        },
        gone: () => {
          for (const hold of mine) hold();
        },
      };
    },
  };
}
