// Locking by itself after a time without use. Use is a key or a pointer in any tab of this origin, and every record that is opened or
// sealed in any of them: training that writes its checkpoints keeps the device open.
import type { Keys } from '../adapters/idb/keys.ts';
import type { Lock } from '../adapters/idb/lock.ts';

const LOOKED_EVERY_MS = 10_000;

export function watchUse({
  keys,
  lock,
  page,
  now,
}: {
  readonly keys: Pick<Keys, 'on' | 'used'>;
  lock(): Promise<Pick<Lock, 'status' | 'lock'>>;
  readonly page: Pick<Window, 'addEventListener' | 'setInterval'>;
  /** Unix, ms: a device that slept wakes up locked. */
  now(): number;
}): void {
  let usedAt = now();
  keys.on((event) => {
    if (event === 'used') usedAt = now();
  });
  for (const event of ['pointerdown', 'keydown'] as const)
    page.addEventListener(event, () => keys.used(), { passive: true });
  const look = async (): Promise<void> => {
    const present = await lock();
    const status = await present.status();
    if (status.type === 'open' && status.autoLockMs !== null && now() - usedAt >= status.autoLockMs)
      present.lock();
  };
  // Storage that cannot be opened has nothing to lock; whoever needs it says so.
  page.setInterval(() => void look().catch(() => undefined), LOOKED_EVERY_MS);
}
