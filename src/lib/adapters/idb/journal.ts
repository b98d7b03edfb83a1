// The journal of a dataset's labelling in IndexedDB: a record a judgement, so that a tab closed at any moment loses none.
import type { JournalEntry } from '../../core/labelling/journal.ts';
import type { Database } from './database.ts';
import { allOf } from './dataset-states.ts';
import type { Seal } from './seal.ts';
import { storing } from './storing.ts';

/** The part of the store that is needed to find its last key. */
interface Keyed {
  openKeyCursor(query: IDBKeyRange, direction: 'prev'): Promise<{ readonly key: [string, number] } | null>;
}

/** Past the last: the order is that of adding, whatever the clock says. */
const keyAfter = (id: string, last: readonly [string, number] | undefined): [string, number] => [
  id,
  (last?.[1] ?? 0) + 1,
];

/**
 * Adds a judgement. Its key is sealed in with it, and no transaction waits for the cipher: the key is chosen before, and looked at again in
 * the transaction that writes; where another tab added meanwhile, it is sealed anew for the key after that one's.
 */
export async function addJudgement(
  database: Database,
  seal: Seal,
  id: string,
  entry: JournalEntry,
): Promise<void> {
  const lastOf = async (store: Keyed): Promise<[string, number] | undefined> =>
    (await store.openKeyCursor(allOf(id), 'prev'))?.key;
  let isWritten = false;
  while (!isWritten)
    isWritten = await seal.writing(async (as) => {
      const key = keyAfter(id, await lastOf(database.transaction('judgements').store));
      const stored = await as.seal('judgements', key, entry);
      const transaction = database.transaction(['datasets', 'judgements', 'lock'], 'readwrite', {
        durability: 'strict',
      });
      await as.confirm(transaction);
      const judgements = transaction.objectStore('judgements');
      const [known, last] = await Promise.all([
        transaction.objectStore('datasets').getKey(id),
        lastOf(judgements),
      ]);
      if (known === undefined) {
        await transaction.done;
        throw new Error(`There is no dataset ${id}.`);
      }
      if (keyAfter(id, last)[1] !== key[1]) {
        await transaction.done;
        return false;
      }
      await storing(0, () => Promise.all([judgements.add(stored, key), transaction.done]));
      return true;
    });
}

export async function journalOf(
  database: Database,
  seal: Seal,
  id: string,
): Promise<readonly JournalEntry[]> {
  const transaction = database.transaction('judgements');
  const [keys, stored] = await Promise.all([
    transaction.store.getAllKeys(allOf(id)),
    transaction.store.getAll(allOf(id)),
  ]);
  return Promise.all(stored.map((one, index) => seal.open('judgements', keys[index]!, one)));
}
