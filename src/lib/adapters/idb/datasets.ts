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
import {
  ImportMismatch,
  type DatasetDraft,
  type DatasetRecord,
  type DatasetStore,
  type DatasetWriter,
} from '../../ports/dataset-store.ts';
import type { ChunkRow, Database, DatasetRow, ImportRow } from './database.ts';
import { createKeys, silentChannel } from './keys.ts';
import {
  allOf,
  append,
  checkout,
  commit,
  history,
  identities,
  isSame,
  keepBeside,
  type StateStore,
} from './dataset-states.ts';
import { idbDatasetReader } from './dataset-reader.ts';
import { addJudgements, journalOf } from './journal.ts';
import { createSeal, type Seal } from './seal.ts';
import { keepSounds, soundOf } from './sounds.ts';
import { storing } from './storing.ts';

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
      const stored = await database.getAll('datasets');
      const rows = await Promise.all(stored.map((row) => seal.open('datasets', row.id, row)));
      return rows.map((row) => row.record).toSorted((a, b) => b.importedAt - a.importedAt);
    },
    async resumable() {
      const stored = await database.getAll('imports');
      const rows = await Promise.all(stored.map((row) => seal.open('imports', row.id, row)));
      return rows.map(({ id, federation, name, source, contract, count, position, startedAt }) => ({
        id,
        federation,
        name,
        source,
        contract,
        count,
        position,
        startedAt,
      }));
    },
    write: (draft) => begin(database, seal, draft, now),
    add(id, examples) {
      const mine = adding.then(() => add({ database, seal, now }, id, examples));
      adding = mine.catch(() => undefined);
      return mine;
    },
    history: (id) => history(database, seal, id),
    identities: (id, state) => identities(database, seal, id, state),
    commit(id, base, change, message, merge) {
      const mine = adding.then(() => commit({ database, seal, now }, id, base, change, message, merge));
      adding = mine.catch(() => undefined);
      return mine;
    },
    checkout(id, state) {
      const mine = adding.then(() => checkout(database, seal, id, state));
      adding = mine.catch(() => undefined);
      return mine;
    },
    async tag(id, name, state) {
      const found = await history(database, seal, id);
      if (state !== null && found?.commits.some((one) => one.number === state) !== true)
        throw new Error(`The dataset ${id} has no state ${state}.`);
      await keepBeside(database, seal, id, ({ tags = [] }) => ({ tags: tagged(tags, name, state) }));
    },
    withhold: (id, columns) => keepBeside(database, seal, id, () => ({ withheld: [...columns] })),
    recipe: async (id) => (await row(id))?.recipe,
    keepRecipe: (id, recipe) => keepBeside(database, seal, id, () => ({ recipe })),
    weakRules: async (id) => (await row(id))?.weakRules,
    keepWeakRules: (id, weakRules) => keepBeside(database, seal, id, () => ({ weakRules })),
    splits: async (id) => (await row(id))?.splits,
    keepSplits: (id, splits) => keepBeside(database, seal, id, () => ({ splits })),
    judge: (id, ...entries) => addJudgements(database, seal, id, entries),
    journal: (id) => journalOf(database, seal, id),
    sound: (id, name) => soundOf(database, seal, id, name),
    async delete(id) {
      const transaction = database.transaction(
        ['datasets', 'imports', 'chunks', 'hashes', 'states', 'judgements', 'sounds'],
        'readwrite',
      );
      await Promise.all([
        transaction.objectStore('datasets').delete(id),
        transaction.objectStore('states').delete(allOf(id)),
        transaction.objectStore('judgements').delete(allOf(id)),
        transaction.objectStore('sounds').delete(allOf(id)),
        transaction.objectStore('imports').delete(id),
        transaction.objectStore('chunks').delete(allOf(id)),
        transaction.objectStore('hashes').delete(allOf(id)),
        transaction.done,
      ]);
    },
  };
}

async function begin(
  database: Database,
  seal: Seal,
  draft: DatasetDraft,
  now: () => number,
): Promise<DatasetWriter> {
  const transaction = database.transaction(['datasets', 'imports', 'hashes']);
  const [finished, stored, hashes] = await Promise.all([
    transaction.objectStore('datasets').getKey(draft.id),
    transaction.objectStore('imports').get(draft.id),
    transaction.objectStore('hashes').getAll(allOf(draft.id)),
    transaction.done,
  ]);
  if (finished !== undefined) throw new Error(`The dataset ${draft.id} is finished.`);
  if (stored !== undefined) {
    const known = await seal.open('imports', draft.id, stored);
    if (known.source !== draft.source) throw new ImportMismatch(known.source, draft.source);
    if (JSON.stringify(known.contract) !== JSON.stringify(draft.contract))
      throw new ImportMismatch('another data contract', 'this one');
    const opened = await Promise.all(hashes.map((own, index) => seal.open('hashes', [draft.id, index], own)));
    return writer(database, seal, known, opened, now);
  }
  const row: ImportRow = {
    ...draft,
    count: 0,
    position: 0,
    startedAt: now(),
    chunks: 0,
    bytes: 0,
    classCounts: countClasses(draft.contract, new Int32Array(0)),
  };
  await seal.writing(async (as) => {
    const begun = await as.seal('imports', row.id, row);
    const writing = database.transaction(['imports', 'lock'], 'readwrite');
    await as.confirm(writing);
    await storing(0, () => Promise.all([writing.objectStore('imports').add(begun), writing.done]));
  });
  return writer(database, seal, row, undefined, now);
}

function writer(
  database: Database,
  seal: Seal,
  begun: ImportRow,
  resumedHashes: readonly Uint32Array[] | undefined,
  now: () => number,
): DatasetWriter {
  let row = begun;
  const version = datasetVersion(row.contract);
  for (const hashes of resumedHashes ?? []) version.add(hashes);
  const resumed =
    resumedHashes === undefined
      ? undefined
      : { count: row.count, position: row.position, hashes: joined(resumedHashes) };

  return {
    resumed,
    async append(examples, position) {
      const { hashes, ...chunk } = withoutSounds(examples);
      const bytes = examplesBytes(examples);
      await keepSounds(database, seal, row.id, examples);
      const next: ImportRow = {
        ...row,
        count: row.count + examples.count,
        position,
        chunks: row.chunks + 1,
        bytes: row.bytes + bytes,
        classCounts: countClasses(row.contract, examples.targets, row.classCounts),
      };
      const key: [string, number] = [row.id, row.chunks];
      await seal.writing(async (as) => {
        const [ownChunk, ownHashes, ownImport] = await Promise.all([
          as.seal('chunks', key, chunk),
          as.seal('hashes', key, hashes),
          as.seal('imports', row.id, next),
        ]);
        const transaction = database.transaction(['imports', 'chunks', 'hashes', 'lock'], 'readwrite');
        await as.confirm(transaction);
        const imports = transaction.objectStore('imports');
        // Two tabs that continue one import would write over each other: the second finds chunks that are not its own, and stops.
        const [present, chunks] = await Promise.all([
          imports.getKey(row.id),
          transaction.objectStore('chunks').count(allOf(row.id)),
        ]);
        if (present === undefined || chunks !== row.chunks) {
          await transaction.done;
          throw new Error(`The import ${row.id} was deleted, or goes on in another tab.`);
        }
        await storing(bytes, () =>
          Promise.all([
            transaction.objectStore('chunks').put(ownChunk, key),
            transaction.objectStore('hashes').put(ownHashes, key),
            imports.put(ownImport),
            transaction.done,
          ]),
        );
      });
      version.add(hashes);
      row = next;
    },
    async finish(check) {
      if (row.count === 0) throw new Error(`The dataset ${row.id} has no examples.`);
      const { id, federation, name, contract, count, classCounts, bytes, source, chunks } = row;
      const record: DatasetRecord = {
        id,
        federation,
        name,
        contract,
        count,
        classCounts,
        bytes,
        source,
        version: version.finish(),
        importedAt: now(),
        ...(check === undefined ? {} : { check }),
      };
      await seal.writing(async (as) => {
        const stored = await as.seal('datasets', id, { id, record, chunks });
        // Strict: once the person has been told that the data is kept, a power cut must not say otherwise.
        const transaction = database.transaction(['datasets', 'imports', 'lock'], 'readwrite', {
          durability: 'strict',
        });
        await as.confirm(transaction);
        await storing(0, () =>
          Promise.all([
            transaction.objectStore('datasets').put(stored),
            transaction.objectStore('imports').delete(id),
            transaction.done,
          ]),
        );
      });
      return record;
    },
    async discard() {
      const transaction = database.transaction(['imports', 'chunks', 'hashes', 'sounds'], 'readwrite');
      await Promise.all([
        transaction.objectStore('sounds').delete(allOf(row.id)),
        transaction.objectStore('imports').delete(row.id),
        transaction.objectStore('chunks').delete(allOf(row.id)),
        transaction.objectStore('hashes').delete(allOf(row.id)),
        transaction.done,
      ]);
    },
  };
}

/** Whoever reads sees the dataset before or after; of two tabs adding at once the second begins again, and both count. */
async function add(store: StateStore, id: string, added: Examples): Promise<DatasetRecord> {
  const { database, seal } = store;
  await keepSounds(database, seal, id, added);
  for (;;) {
    const reading = database.transaction(['datasets', 'chunks', 'hashes']);
    const [stored, storedHashes] = await Promise.all([
      reading.objectStore('datasets').get(id),
      reading.objectStore('hashes').getAll(allOf(id)),
    ]);
    const storedLast = await reading.objectStore('chunks').get([id, storedHashes.length - 1]);
    if (stored === undefined) throw new Error(`There is no dataset ${id}.`);
    const row = await seal.open('datasets', id, stored);
    if (row.states !== undefined) return append(store, id, withoutSounds(added));
    const known = await Promise.all(storedHashes.map((own, index) => seal.open('hashes', [id, index], own)));
    const fresh = withoutDuplicates(added, known);
    if (fresh.count === 0) return row.record;
    const lastHashes = known.at(-1);
    const isRoom = lastHashes !== undefined && lastHashes.length / 2 + fresh.count <= GROWING_CHUNK_ROWS;
    const last: ChunkRow | undefined =
      isRoom && storedLast !== undefined
        ? await seal.open('chunks', [id, row.chunks - 1], storedLast)
        : undefined;
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

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
