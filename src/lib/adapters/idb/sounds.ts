// What recordings were made of, in IndexedDB, beside the chunks: for the ear alone, so that no training reads it. A sound is kept by
// the name of its example's features, which no label changes: whatever state a dataset is in, its recordings are heard.
import type { Examples } from '../../core/data/examples.ts';
import { featuresName } from '../../core/labelling/example-names.ts';
import type { Database } from './database.ts';
import type { Seal } from './seal.ts';
import { storing } from './storing.ts';

/** Durable before the examples are: what is cut off in between is written again with them, or goes with the dataset. */
export async function keepSounds(
  database: Database,
  seal: Seal,
  id: string,
  { count, features, sounds }: Examples,
): Promise<void> {
  if (sounds === undefined) return;
  const size = features.length / count;
  await seal.writing(async (as) => {
    const stored = await Promise.all(
      sounds.map(async (sound, row) => {
        const key: [string, string] = [id, featuresName(features.slice(row * size, (row + 1) * size))];
        return { key, value: await as.seal('sounds', key, sound) };
      }),
    );
    const transaction = database.transaction(['sounds', 'datasets', 'imports', 'lock'], 'readwrite');
    await as.confirm(transaction);
    const holders = await Promise.all([
      transaction.objectStore('datasets').getKey(id),
      transaction.objectStore('imports').getKey(id),
    ]);
    // Erased meanwhile in another tab: nobody would ever find them again. The examples, which come next, say so.
    if (holders.every((key) => key === undefined)) return transaction.done;
    const store = transaction.objectStore('sounds');
    await storing(
      sounds.reduce((bytes, sound) => bytes + sound.byteLength, 0),
      () => Promise.all([...stored.map(({ key, value }) => store.put(value, key)), transaction.done]),
    );
  });
}

export async function soundOf(
  database: Database,
  seal: Seal,
  id: string,
  name: string,
): Promise<Int16Array<ArrayBuffer> | undefined> {
  const stored = await database.get('sounds', [id, name]);
  return stored === undefined ? undefined : seal.open('sounds', [id, name], stored);
}
