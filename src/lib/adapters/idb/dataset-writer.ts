// One import written to IndexedDB: a chunk a transaction, so that it goes on where it was cut off, and `finish`, which makes it a dataset.
// Rows that other datasets have already are not written again (borrowing.ts).
import { countClasses } from '../../core/data/class-counts.ts';
import { datasetVersion } from '../../core/data/dataset-version.ts';
import { examplesBytes, withoutSounds } from '../../core/data/examples.ts';
import {
  ImportMismatch,
  type DatasetDraft,
  type DatasetRecord,
  type DatasetWriter,
} from '../../ports/dataset-store.ts';
import type { Borrowing } from './borrowing.ts';
import type { ImportRow } from './database.ts';
import { type StateStore } from './dataset-states.ts';
import { allOf } from './read-state.ts';
import { eraseRows } from './erased-rows.ts';
import { openHashes } from './row-hashes.ts';
import { keepSounds } from './sounds.ts';
import { storing } from './storing.ts';

/** Begins an import, or goes on with the one of the same id. Rejects with ImportMismatch, StorageFull, DataLocked. */
export async function datasetWriter(store: StateStore, draft: DatasetDraft): Promise<DatasetWriter> {
  const { database, seal, now } = store;
  const transaction = database.transaction(['datasets', 'imports', 'hashes', 'sharing']);
  const [finished, stored, hashes, borrowing] = await Promise.all([
    transaction.objectStore('datasets').getKey(draft.id),
    transaction.objectStore('imports').get(draft.id),
    transaction.objectStore('hashes').getAll(allOf(draft.id)),
    transaction.objectStore('sharing').count(allOf(draft.id)),
    transaction.done,
  ]);
  if (finished !== undefined) throw new Error(`The dataset ${draft.id} is finished.`);
  if (stored !== undefined) {
    const known = await seal.open('imports', draft.id, stored);
    if (known.source !== draft.source) throw new ImportMismatch(known.source, draft.source);
    if (JSON.stringify(known.contract) !== JSON.stringify(draft.contract))
      throw new ImportMismatch('another data contract', 'this one');
    return writer(store, known, await openHashes(database, seal, draft.id, hashes, borrowing));
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
  return writer(store, row, undefined);
}

function writer(
  { database, seal, now }: StateStore,
  begun: ImportRow,
  resumedHashes: readonly Uint32Array[] | undefined,
): DatasetWriter {
  let row = begun;
  /** What other datasets have, looked up with the first rows. */
  let lenders: Promise<Borrowing | undefined> | undefined;
  const borrow = async (): Promise<Borrowing | undefined> =>
    (await database.count('datasets')) === 0
      ? undefined
      : (await import('./borrowing.ts')).borrowing(database, seal, row.contract);
  const version = datasetVersion(row.contract);
  for (const hashes of resumedHashes ?? []) version.add(hashes);
  const resumed =
    resumedHashes === undefined
      ? undefined
      : { count: row.count, position: row.position, hashes: joined(resumedHashes) };

  return {
    resumed,
    async append(examples, position) {
      const rows = withoutSounds(examples);
      const bytes = examplesBytes(examples);
      await keepSounds(database, seal, row.id, examples);
      lenders ??= borrow();
      let shared = await (await lenders)?.share(rows);
      const key: [string, number] = [row.id, row.chunks];
      /** undefined where rows that it would borrow were erased meanwhile. */
      const written = (): Promise<ImportRow | undefined> =>
        seal.writing(async (as) => {
          const { hashes, ...chunk } = shared?.own ?? rows;
          const next: ImportRow = {
            ...row,
            count: row.count + examples.count,
            position,
            chunks: row.chunks + 1,
            bytes: row.bytes + bytes,
            ...(shared === undefined ? {} : { sharedBytes: (row.sharedBytes ?? 0) + shared.bytes }),
            classCounts: countClasses(row.contract, examples.targets, row.classCounts),
          };
          const [ownChunk, ownHashes, ownImport, ownSharing] = await Promise.all([
            as.seal('chunks', key, chunk),
            as.seal('hashes', key, hashes),
            as.seal('imports', row.id, next),
            shared === undefined ? undefined : as.seal('sharing', key, shared.sharing),
          ]);
          const transaction = database.transaction(
            ['imports', 'chunks', 'hashes', 'sharing', 'lock'],
            'readwrite',
          );
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
          if ((await shared?.areThere(transaction)) === false) {
            await transaction.done;
            return undefined;
          }
          await storing(bytes - (shared?.bytes ?? 0), () =>
            Promise.all([
              transaction.objectStore('chunks').put(ownChunk, key),
              transaction.objectStore('hashes').put(ownHashes, key),
              ownSharing === undefined ? undefined : transaction.objectStore('sharing').put(ownSharing, key),
              imports.put(ownImport),
              transaction.done,
            ]),
          );
          return next;
        });
      let next = await written();
      while (next === undefined) {
        // What they were found by is out of date, too.
        [shared, lenders] = [undefined, undefined];
        next = await written();
      }
      version.add(rows.hashes);
      row = next;
    },
    async finish(check) {
      if (row.count === 0) throw new Error(`The dataset ${row.id} has no examples.`);
      const { chunks, position: _, startedAt: __, ...kept } = row;
      const { id } = kept;
      const record: DatasetRecord = {
        ...kept,
        version: version.finish(),
        importedAt: now(),
        ...(check === undefined ? {} : { check }),
      };
      await seal.writing(async (as) => {
        const stored = await as.seal('datasets', id, { id, record, chunks });
        // Strict: once the person has been told that the data is kept, a power cut must not say otherwise.
        const transaction = database.transaction(['datasets', 'imports', 'chunks', 'lock'], 'readwrite', {
          durability: 'strict',
        });
        await as.confirm(transaction);
        // Discarded in another tab: a record without its rows would be none.
        const [present, there] = await Promise.all([
          transaction.objectStore('imports').getKey(id),
          transaction.objectStore('chunks').count(allOf(id)),
        ]);
        if (present === undefined || there !== chunks) {
          await transaction.done;
          throw new Error(`The import ${id} was deleted, or goes on in another tab.`);
        }
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
    discard: () => eraseRows(database, seal, row.id),
  };
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
