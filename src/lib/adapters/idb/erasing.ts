// How a dataset, or an import in progress, is erased. Its rows may be borrowed by others (borrowing.ts): then what they do not borrow is
// freed, of this and of every dataset that was erased before.
import type { Database } from './database.ts';
import { allOf } from './dataset-states.ts';
import type { Seal } from './seal.ts';

/** Among the settings: an erased dataset whose chunks lend rows (`lends`), or are still to be looked through for that (`to free`). */
export const erasedKey = (dataset: string): string => `erased:${dataset}`;
export const erasedKeys = (): IDBKeyRange => IDBKeyRange.bound('erased:', 'erased:\uffff');

export async function eraseRows(database: Database, seal: Seal, id: string): Promise<void> {
  const transaction = database.transaction(
    ['datasets', 'imports', 'chunks', 'hashes', 'sharing', 'states', 'judgements', 'sounds', 'settings'],
    'readwrite',
  );
  const sharing = transaction.objectStore('sharing');
  const settings = transaction.objectStore('settings');
  const [all, own, marks] = await Promise.all([
    sharing.count(),
    sharing.count(allOf(id)),
    settings.getAllKeys(erasedKeys()),
  ]);
  // Of whom those borrow stands in records that may be sealed: any may lend.
  const mayLend = all > own;
  await Promise.all([
    transaction.objectStore('datasets').delete(id),
    transaction.objectStore('imports').delete(id),
    ...(['sharing', 'states', 'judgements', 'sounds'] as const).map((name) =>
      transaction.objectStore(name).delete(allOf(id)),
    ),
    ...(mayLend
      ? []
      : (['chunks', 'hashes'] as const).map((name) => transaction.objectStore(name).delete(allOf(id)))),
    ...[...marks, ...(mayLend ? [erasedKey(id)] : [])].map((mark) => settings.put('to free', mark)),
    transaction.done,
  ]);
  await freeLeft(database, seal);
}

/** What an erasing that was cut off left to be freed. */
export async function freeLeft(database: Database, seal: Seal): Promise<void> {
  if (!(await database.getAll('settings', erasedKeys())).includes('to free')) return;
  await (await import('./erased-rows.ts')).freeErased(database, seal);
}
