// Which erased datasets have chunks here still: those that lend rows to others, and those whose chunks are still to be looked through for
// that (erased-rows.ts).
import type { Database } from './database.ts';
import type { Seal } from './seal.ts';

/** Among the settings: `lends`, or `to free`. */
export const erasedKey = (dataset: string): string => `erased:${dataset}`;
export const erasedKeys = (): IDBKeyRange => IDBKeyRange.bound('erased:', 'erased:\uffff');

/** What an erasing that was cut off left to be freed. */
export async function freeLeft(database: Database, seal: Seal): Promise<void> {
  if (!(await database.getAll('settings', erasedKeys())).includes('to free')) return;
  await (await import('./erased-rows.ts')).freeErased(database, seal);
}
