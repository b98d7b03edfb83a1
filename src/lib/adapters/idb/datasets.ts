// Datasets in this browser's IndexedDB: chunks of examples, one transaction each, so that a tab closed at any moment leaves a
// whole dataset or an import that can go on.
import { countClasses } from '../../core/data/class-counts.ts';
import { datasetVersion } from '../../core/data/dataset-version.ts';
import { examplesBytes, joinExamples, withoutDuplicates, type Examples } from '../../core/data/examples.ts';
import {
  ImportMismatch,
  StorageFull,
  type DatasetDraft,
  type DatasetRecord,
  type DatasetStore,
  type DatasetWriter,
} from '../../ports/dataset-store.ts';
import type { ChunkRow, Database, DatasetRow, ImportRow } from './database.ts';

/** A dataset that grows by single drawings keeps them in chunks of this many. */
const GROWING_CHUNK_ROWS = 256;

/** `now` in milliseconds since the epoch. The store does not own the database: whoever opened it closes it. */
export function idbDatasetStore(database: Database, now: () => number = () => Date.now()): DatasetStore {
  return {
    async list() {
      const rows = await database.getAll('datasets');
      return rows.map((row) => row.record).toSorted((a, b) => b.importedAt - a.importedAt);
    },
    async resumable() {
      const rows = await database.getAll('imports');
      return rows.map(({ id, federation, name, source, count, position, startedAt }) => ({
        id,
        federation,
        name,
        source,
        count,
        position,
        startedAt,
      }));
    },
    write: (draft) => begin(database, draft, now),
    add: (id, examples) => add(database, id, examples),
    record: async (id) => (await database.get('datasets', id))?.record,
    async read(id) {
      const transaction = database.transaction(['datasets', 'chunks', 'hashes']);
      const row = await transaction.objectStore('datasets').get(id);
      if (row === undefined) return undefined;
      const [chunks, hashes] = await Promise.all([
        transaction.objectStore('chunks').getAll(allOf(id)),
        transaction.objectStore('hashes').getAll(allOf(id)),
      ]);
      return joinExamples(
        chunks.map((chunk, index) => ({ ...chunk, hashes: hashes[index] ?? new Uint32Array(0) })),
      );
    },
    async delete(id) {
      const transaction = database.transaction(['datasets', 'imports', 'chunks', 'hashes'], 'readwrite');
      await Promise.all([
        transaction.objectStore('datasets').delete(id),
        transaction.objectStore('imports').delete(id),
        transaction.objectStore('chunks').delete(allOf(id)),
        transaction.objectStore('hashes').delete(allOf(id)),
        transaction.done,
      ]);
    },
  };
}

/** Keys [id, 0], [id, 1], … : an array sorts after every number. */
const allOf = (id: string): IDBKeyRange => IDBKeyRange.bound([id], [id, []]);

async function begin(database: Database, draft: DatasetDraft, now: () => number): Promise<DatasetWriter> {
  const transaction = database.transaction(['datasets', 'imports', 'hashes'], 'readwrite');
  const imports = transaction.objectStore('imports');
  const [finished, known, hashes] = await Promise.all([
    transaction.objectStore('datasets').getKey(draft.id),
    imports.get(draft.id),
    transaction.objectStore('hashes').getAll(allOf(draft.id)),
  ]);
  const problem =
    finished !== undefined
      ? new Error(`The dataset ${draft.id} is finished.`)
      : known !== undefined && known.source !== draft.source
        ? new ImportMismatch(known.source, draft.source)
        : known !== undefined && JSON.stringify(known.contract) !== JSON.stringify(draft.contract)
          ? new ImportMismatch('another data contract', 'this one')
          : undefined;
  if (problem !== undefined) {
    await transaction.done;
    throw problem;
  }
  const row: ImportRow = known ?? {
    ...draft,
    count: 0,
    position: 0,
    startedAt: now(),
    chunks: 0,
    bytes: 0,
    classCounts: countClasses(draft.contract, new Int32Array(0)),
  };
  if (known === undefined) await storing(0, () => Promise.all([imports.put(row), transaction.done]));
  else await transaction.done;
  return writer(database, row, known === undefined ? undefined : hashes, now);
}

function writer(
  database: Database,
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
      const { hashes, ...chunk } = examples;
      const bytes = examplesBytes(examples);
      const next: ImportRow = {
        ...row,
        count: row.count + examples.count,
        position,
        chunks: row.chunks + 1,
        bytes: row.bytes + bytes,
        classCounts: countClasses(row.contract, examples.targets, row.classCounts),
      };
      const transaction = database.transaction(['imports', 'chunks', 'hashes'], 'readwrite');
      const imports = transaction.objectStore('imports');
      // Two tabs that continue one import would write over each other: the second finds the row moved on, and stops.
      const present = await imports.get(row.id);
      if (present?.chunks !== row.chunks) {
        await transaction.done;
        throw new Error(`The import ${row.id} was deleted, or goes on in another tab.`);
      }
      await storing(bytes, () =>
        Promise.all([
          transaction.objectStore('chunks').put(chunk, [row.id, row.chunks]),
          transaction.objectStore('hashes').put(hashes, [row.id, row.chunks]),
          imports.put(next),
          transaction.done,
        ]),
      );
      version.add(hashes);
      row = next;
    },
    async finish() {
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
      };
      // Strict: once the person has been told that the data is kept, a power cut must not say otherwise.
      const transaction = database.transaction(['datasets', 'imports'], 'readwrite', {
        durability: 'strict',
      });
      await storing(0, () =>
        Promise.all([
          transaction.objectStore('datasets').put({ id, record, chunks }),
          transaction.objectStore('imports').delete(id),
          transaction.done,
        ]),
      );
      return record;
    },
    async discard() {
      const transaction = database.transaction(['imports', 'chunks', 'hashes'], 'readwrite');
      await Promise.all([
        transaction.objectStore('imports').delete(row.id),
        transaction.objectStore('chunks').delete(allOf(row.id)),
        transaction.objectStore('hashes').delete(allOf(row.id)),
        transaction.done,
      ]);
    },
  };
}

/** One transaction: whoever reads sees the dataset before or after, and two tabs adding at once both count. */
async function add(database: Database, id: string, examples: Examples): Promise<DatasetRecord> {
  const transaction = database.transaction(['datasets', 'chunks', 'hashes'], 'readwrite', {
    durability: 'strict',
  });
  const datasets = transaction.objectStore('datasets');
  const chunks = transaction.objectStore('chunks');
  const [row, known] = await Promise.all([
    datasets.get(id),
    transaction.objectStore('hashes').getAll(allOf(id)),
  ]);
  if (row === undefined) {
    await transaction.done;
    throw new Error(`There is no dataset ${id}.`);
  }
  const fresh = withoutDuplicates(examples, known);
  if (fresh.count === 0) {
    await transaction.done;
    return row.record;
  }
  const lastHashes = known.at(-1);
  const isRoom = lastHashes !== undefined && lastHashes.length / 2 + fresh.count <= GROWING_CHUNK_ROWS;
  const last: ChunkRow | undefined = isRoom ? await chunks.get([id, row.chunks - 1]) : undefined;
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
  const next: DatasetRow = { id, record, chunks: place + 1 };
  const { hashes, ...chunk } = merged;
  await storing(examplesBytes(fresh), () =>
    Promise.all([
      chunks.put(chunk, [id, place]),
      transaction.objectStore('hashes').put(hashes, [id, place]),
      datasets.put(next),
      transaction.done,
    ]),
  );
  return record;
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

/** A write that the browser has no room for becomes StorageFull, with what it knows of the room. */
async function storing<T>(neededBytes: number, write: () => Promise<T>): Promise<T> {
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
