// Datasets in this browser's IndexedDB: chunks of examples, one transaction each, so that a tab closed at any moment leaves a
// whole dataset or an import that can go on.
import { tagged } from '../../core/data/dataset-states.ts';
import { countClasses } from '../../core/data/class-counts.ts';
import { datasetVersion } from '../../core/data/dataset-version.ts';
import {
  examplesBytes,
  joinExamples,
  withoutDuplicates,
  withoutSounds,
  type Examples,
} from '../../core/data/examples.ts';
import type { DatasetRecord, DatasetStore } from '../../ports/dataset-store.ts';
import type { ChunkRow, Database } from './database.ts';
import { createKeys, silentChannel } from './keys.ts';
import type { StateStore } from './dataset-states.ts';
import { allOf, isSame } from './read-state.ts';
import { idbDatasetReader } from './dataset-reader.ts';
import { freeLeft } from './erased-left.ts';
import { addJudgements, journalOf } from './journal.ts';
import { openHashes } from './row-hashes.ts';
import { createSeal, type Seal } from './seal.ts';
import { keepSounds, soundOf } from './sounds.ts';
import { storing } from './storing.ts';

/** What makes and keeps states: a device that takes part makes none. */
const states = () => import('./dataset-states.ts');

/** A dataset that grows by single drawings keeps them in chunks of this many. */
const GROWING_CHUNK_ROWS = 256;

/** `now` in milliseconds since the epoch. The store does not own the database: whoever opened it closes it. */
export function idbDatasetStore(
  database: Database,
  seal: Seal = createSeal(database, createKeys(silentChannel)),
  now: () => number = () => Date.now(),
): DatasetStore {
  /** One addition after the other: only what another tab adds meanwhile makes one begin again. */
  let adding: Promise<unknown> = Promise.resolve();
  const { row, record, read, withheld } = idbDatasetReader(database, seal);
  return {
    record,
    read,
    withheld,
    async list() {
      // What cannot be freed now (a full disk, a lock) stays noted, and hides no dataset.
      await freeLeft(database, seal).catch(() => undefined);
      const stored = await database.getAll('datasets');
      const rows = await Promise.all(stored.map((row) => seal.open('datasets', row.id, row)));
      return rows.map((row) => row.record).toSorted((a, b) => b.importedAt - a.importedAt);
    },
    async resumable() {
      const stored = await database.getAll('imports');
      const rows = await Promise.all(stored.map((row) => seal.open('imports', row.id, row)));
      return rows.map(({ chunks, bytes, sharedBytes, classCounts, ...one }) => one);
    },
    write: async (draft) =>
      (await import('./dataset-writer.ts')).datasetWriter({ database, seal, now }, draft),
    add(id, examples) {
      const mine = adding.then(() => add({ database, seal, now }, id, examples));
      adding = mine.catch(() => undefined);
      return mine;
    },
    history: async (id) => (await states()).history(database, seal, id),
    identities: async (id, state) => (await states()).identities(database, seal, id, state),
    commit(id, base, change, message, merge) {
      const mine = adding.then(async () =>
        (await states()).commit({ database, seal, now }, id, base, change, message, merge),
      );
      adding = mine.catch(() => undefined);
      return mine;
    },
    checkout(id, state) {
      const mine = adding.then(async () => (await states()).checkout(database, seal, id, state));
      adding = mine.catch(() => undefined);
      return mine;
    },
    async tag(id, name, state) {
      const { history, keepBeside } = await states();
      const found = await history(database, seal, id);
      if (state !== null && found?.commits.some((one) => one.number === state) !== true)
        throw new Error(`The dataset ${id} has no state ${state}.`);
      await keepBeside(database, seal, id, ({ tags = [] }) => ({ tags: tagged(tags, name, state) }));
    },
    withhold: async (id, columns) =>
      (await states()).keepBeside(database, seal, id, () => ({ withheld: [...columns] })),
    recipe: async (id) => (await row(id))?.recipe,
    keepRecipe: async (id, recipe) => (await states()).keepBeside(database, seal, id, () => ({ recipe })),
    weakRules: async (id) => (await row(id))?.weakRules,
    keepWeakRules: async (id, weakRules) =>
      (await states()).keepBeside(database, seal, id, () => ({ weakRules })),
    splits: async (id) => (await row(id))?.splits,
    keepSplits: async (id, change) =>
      (await states()).keepBeside(database, seal, id, ({ splits }) => ({ splits: change(splits) })),
    judge: (id, ...entries) => addJudgements(database, seal, id, entries),
    journal: (id) => journalOf(database, seal, id),
    sound: (id, name) => soundOf(database, seal, id, name),
    delete: async (id) => (await import('./erased-rows.ts')).eraseRows(database, seal, id),
  };
}

/** Whoever reads sees the dataset before or after; of two tabs adding at once the second begins again, and both count. */
async function add(store: StateStore, id: string, added: Examples): Promise<DatasetRecord> {
  const { database, seal } = store;
  await keepSounds(database, seal, id, added);
  for (;;) {
    const reading = database.transaction(['datasets', 'chunks', 'hashes', 'sharing']);
    const [stored, storedHashes, borrowing] = await Promise.all([
      reading.objectStore('datasets').get(id),
      reading.objectStore('hashes').getAll(allOf(id)),
      reading.objectStore('sharing').getAllKeys(allOf(id)),
    ]);
    const lastKey: [string, number] = [id, storedHashes.length - 1];
    const storedLast = await reading.objectStore('chunks').get(lastKey);
    if (stored === undefined) throw new Error(`There is no dataset ${id}.`);
    const row = await seal.open('datasets', id, stored);
    if (row.states !== undefined) return (await states()).append(store, id, withoutSounds(added));
    const known = await openHashes(database, seal, id, storedHashes, borrowing.length);
    const fresh = withoutDuplicates(added, known);
    if (fresh.count === 0) return row.record;
    const lastHashes = known.at(-1);
    // A chunk that borrows stays as it is: others count on none of it, and its own rows are few.
    const isRoom =
      lastHashes !== undefined &&
      lastHashes.length / 2 + fresh.count <= GROWING_CHUNK_ROWS &&
      borrowing.at(-1)?.[1] !== lastKey[1];
    const last: ChunkRow | undefined =
      isRoom && storedLast !== undefined ? await seal.open('chunks', lastKey, storedLast) : undefined;
    const merged =
      last === undefined || lastHashes === undefined
        ? fresh
        : (joinExamples([{ ...last, hashes: lastHashes }, fresh]) ?? fresh);
    const place = last === undefined ? row.chunks : row.chunks - 1;

    const version = datasetVersion(row.record.contract);
    for (const hashes of known) version.add(hashes);
    version.add(fresh.hashes);
    const record: DatasetRecord = {
      ...row.record,
      count: row.record.count + fresh.count,
      classCounts: countClasses(row.record.contract, fresh.targets, row.record.classCounts),
      bytes: row.record.bytes + examplesBytes(fresh),
      version: version.finish(),
    };
    const { hashes, ...chunk } = withoutSounds(merged);
    const isWritten = await seal.writing(async (as) => {
      const [ownChunk, ownHashes, next] = await Promise.all([
        as.seal('chunks', [id, place], chunk),
        as.seal('hashes', [id, place], hashes),
        as.seal('datasets', id, { ...row, record, chunks: place + 1 }),
      ]);
      const transaction = database.transaction(['datasets', 'chunks', 'hashes', 'lock'], 'readwrite', {
        durability: 'strict',
      });
      await as.confirm(transaction);
      const datasets = transaction.objectStore('datasets');
      if (!isSame(stored, await datasets.get(id))) {
        await transaction.done;
        return false;
      }
      await storing(examplesBytes(fresh), () =>
        Promise.all([
          transaction.objectStore('chunks').put(ownChunk, [id, place]),
          transaction.objectStore('hashes').put(ownHashes, [id, place]),
          datasets.put(next),
          transaction.done,
        ]),
      );
      return true;
    });
    if (isWritten) return record;
  }
}
