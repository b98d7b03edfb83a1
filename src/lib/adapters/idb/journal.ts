// The journal of a dataset's labelling in IndexedDB: a record a judgement, so that a tab closed at any moment loses none.
import type { JournalEntry } from '../../core/labelling/journal.ts';
import type { Database } from './database.ts';
import { allOf } from './read-state.ts';
import type { Seal } from './seal.ts';
import { storing } from './storing.ts';

/** The part of the store that is needed to find its last key. */
interface Keyed {
  openKeyCursor(query: IDBKeyRange, direction: 'prev'): Promise<{ readonly key: [string, number] } | null>;
}

/**
 * Adds judgements, past the last: the order is that of adding, whatever the clock says. Their keys are sealed in with them, and no
 * transaction waits for the cipher: the keys are chosen before, and looked at again in the transaction that writes; where another tab
 * added meanwhile, they are sealed anew for the keys after that one's.
 */
export async function addJudgements(
  database: Database,
  seal: Seal,
  id: string,
  entries: readonly JournalEntry[],
): Promise<void> {
  const lastOf = async (store: Keyed): Promise<number> =>
    (await store.openKeyCursor(allOf(id), 'prev'))?.key[1] ?? 0;
  let isWritten = false;
  while (!isWritten)
    isWritten = await seal.writing(async (as) => {
      const before = await lastOf(database.transaction('judgements').store);
      const stored = await Promise.all(
        entries.map(async (entry, at) => {
          const key: [string, number] = [id, before + 1 + at];
          return [await as.seal('judgements', key, entry), key] as const;
        }),
      );
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
      if (last !== before) {
        await transaction.done;
        return false;
      }
      await storing(0, () =>
        Promise.all([...stored.map(([sealed, key]) => judgements.add(sealed, key)), transaction.done]),
      );
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
