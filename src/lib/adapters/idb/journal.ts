// The journal of a dataset's labelling in IndexedDB: a record a judgement, so that a tab closed at any moment loses none.
import type { JournalEntry } from '../../core/labelling/journal.ts';
import type { Database } from './database.ts';
import { allOf } from './dataset-states.ts';
import type { Seal } from './seal.ts';
import { storing } from './storing.ts';

/** A judgement's key is sealed in with it, so it is known before: it rises here, and two tabs in one millisecond differ by chance. */
export function journalWriter(database: Database, seal: Seal, now: () => number) {
  const tab = crypto.getRandomValues(new Uint16Array(1))[0]! % 1000;
  let last = 0;
  return (id: string, entry: JournalEntry): Promise<void> => {
    last = Math.max(last + 1, now() * 1000 + tab);
    const key: [string, number] = [id, last];
    return seal.writing(async (as) => {
      const stored = await as.seal('judgements', key, entry);
      const transaction = database.transaction(['datasets', 'judgements', 'lock'], 'readwrite', {
        durability: 'strict',
      });
      await as.confirm(transaction);
      const known = await transaction.objectStore('datasets').getKey(id);
      if (known === undefined) {
        await transaction.done;
        throw new Error(`There is no dataset ${id}.`);
      }
      await storing(0, () =>
        Promise.all([transaction.objectStore('judgements').put(stored, key), transaction.done]),
      );
    });
  };
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
