// A write that the browser has no room for becomes StorageFull, with what it knows of the room.
import { StorageFull } from '../../ports/dataset-store.ts';

export async function storing<T>(neededBytes: number, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    if (!(cause instanceof DOMException) || cause.name !== 'QuotaExceededError') throw cause;
    throw new StorageFull(neededBytes, await freeBytes(), { cause });
  }
}

async function freeBytes(): Promise<number | undefined> {
  if (typeof navigator === 'undefined' || navigator.storage?.estimate === undefined) return undefined;
  const { quota, usage } = await navigator.storage.estimate();
  return quota === undefined || usage === undefined ? undefined : Math.max(0, quota - usage);
}
