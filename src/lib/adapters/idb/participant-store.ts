// What a participant keeps, in IndexedDB. What was promised to the server or to the person (identity, outbox, receipts, settings)
// is written with strict durability: the promise resolves when it lies on the disk. Checkpoints and cached parameters are
// not worth a flush: they can be made again.
import { DataLocked, StorageFull } from '../../ports/dataset-store.ts';
import type { ParticipantStore } from '../../ports/participant-store.ts';
import type { Database, TributaryDatabase } from './database.ts';
import { keptIdentity } from './identity.ts';
import { createKeys, silentChannel } from './keys.ts';
import { createSeal, type Plain, type Seal, type SealedStore } from './seal.ts';

/** Downloaded models that are kept: the newest few versions, for rounds and for trying them. */
const PARAMETERS_KEPT = 6;
const strict = { durability: 'strict' } as const;

/** Translates the browser's "no room" into the port's; everything else goes on as it is. */
async function roomFor<T>(bytes: number | undefined, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'QuotaExceededError')
      throw new StorageFull(bytes, undefined, { cause });
    throw cause;
  }
}

export function createIdbParticipantStore(
  database: Database,
  seal: Seal = createSeal(database, createKeys(silentChannel)),
): ParticipantStore {
  /** One record, sealed where there is a lock. */
  const put = <Name extends SealedStore>(
    name: Name,
    key: TributaryDatabase[Name]['key'],
    value: Plain<Name>,
    options?: IDBTransactionOptions,
  ): Promise<void> =>
    seal.writing(async (as) => {
      const stored = await as.seal(name, key, value);
      const transaction = database.transaction([name, 'lock'], 'readwrite', options);
      await as.confirm(transaction);
      const store = transaction.objectStore(name);
      const written = store.put(stored, store.keyPath === null ? key : undefined);
      await Promise.all([written, transaction.done]);
    });
  const opened = async <Name extends SealedStore>(
    name: Name,
    key: TributaryDatabase[Name]['key'],
  ): Promise<Plain<Name> | undefined> => {
    const row = await database.get(name, key);
    return row === undefined ? undefined : seal.open(name, key, row);
  };
  // A refusal's key is sealed in with it, so it is known before: it rises here, and two tabs in one millisecond differ by chance.
  const tab = crypto.getRandomValues(new Uint16Array(1))[0]! % 1000;
  let lastRefusal = 0;
  const keepParameters = (digest: string, parameters: Float32Array<ArrayBuffer>): Promise<void> =>
    seal.writing(async (as) => {
      const row = await as.seal('parameters', digest, { parameters, usedAt: Date.now() });
      const transaction = database.transaction(['parameters', 'lock'], 'readwrite');
      await as.confirm(transaction);
      const store = transaction.objectStore('parameters');
      await store.put(row, digest);
      let surplus = (await store.count()) - PARAMETERS_KEPT;
      for (
        let cursor = await store.index('usedAt').openCursor();
        cursor !== null && surplus > 0;
        surplus -= 1
      ) {
        // Several may be used in one millisecond: the one just written stays in any case.
        if (cursor.primaryKey === digest) surplus += 1;
        else await cursor.delete();
        cursor = await cursor.continue();
      }
      await transaction.done;
    });
  return {
    identity: () => roomFor(undefined, () => keptIdentity(database)),
    outbox: {
      put: (entry) =>
        roomFor(entry.bytes.byteLength, () => put('outbox', [entry.federation, entry.round], entry, strict)),
      async list(federation) {
        const rows = await database.getAll('outbox', IDBKeyRange.bound([federation], [federation, []]));
        return Promise.all(rows.map((row) => seal.open('outbox', [row.federation, row.round], row)));
      },
      async remove(federation, round) {
        const transaction = database.transaction('outbox', 'readwrite', strict);
        await Promise.all([transaction.store.delete([federation, round]), transaction.done]);
      },
    },
    checkpoints: {
      put: (checkpoint) =>
        roomFor(checkpoint.state.parameters.byteLength + checkpoint.state.optimizer.byteLength, () =>
          put('checkpoints', checkpoint.key, checkpoint),
        ),
      get: (key) => opened('checkpoints', key),
      remove: (key) => database.delete('checkpoints', key),
    },
    receipts: {
      put: (stored) =>
        roomFor(undefined, () =>
          put('receipts', [stored.receipt.federation, stored.receipt.round], stored, strict),
        ),
      async list(federation) {
        const range =
          federation === undefined ? undefined : IDBKeyRange.bound([federation], [federation, []]);
        const rows = await database.getAll('receipts', range);
        return Promise.all(
          rows.map((row) => seal.open('receipts', [row.receipt.federation, row.receipt.round], row)),
        );
      },
      putRefusal: (refusal) =>
        roomFor(undefined, async () => {
          lastRefusal = Math.max(lastRefusal + 1, Date.now() * 1000 + tab);
          await put('refusals', lastRefusal, refusal, strict);
        }),
      async refusals(federation) {
        const keys =
          federation === undefined
            ? await database.getAllKeys('refusals')
            : await database.getAllKeysFromIndex('refusals', 'federation', federation);
        const read = await Promise.all(keys.map((key) => opened('refusals', key)));
        return read.filter((one) => one !== undefined);
      },
    },
    // Downloaded versions are a copy of what the server has: locked, they are as good as not there, and nothing waits for them.
    parameters: {
      put: (digest, parameters) =>
        roomFor(parameters.byteLength, async () => {
          try {
            await keepParameters(digest, parameters);
          } catch (failure) {
            if (!(failure instanceof DataLocked)) throw failure;
          }
        }),
      async get(digest) {
        const transaction = database.transaction('parameters', 'readwrite');
        const row = await transaction.store.get(digest);
        if (row !== undefined) await transaction.store.put({ ...row, usedAt: Date.now() }, digest);
        await transaction.done;
        if (row === undefined) return undefined;
        try {
          return (await seal.open('parameters', digest, row)).parameters;
        } catch (failure) {
          if (!(failure instanceof DataLocked)) throw failure;
          return undefined;
        }
      },
    },
    vectors: {
      put: (key, values) => roomFor(values.byteLength, () => put('vectors', key, values)),
      get: (key) => opened('vectors', key),
      remove: (key) => database.delete('vectors', key),
    },
    models: {
      put: (model) => roomFor(model.parameters.byteLength, () => put('models', model.id, model)),
      list: async () =>
        Promise.all((await database.getAll('models')).map((row) => seal.open('models', row.id, row))),
      remove: (id) => database.delete('models', id),
    },
    settings: {
      get: (key) => database.get('settings', key),
      put: (key, value) =>
        roomFor(undefined, async () => {
          const transaction = database.transaction('settings', 'readwrite', strict);
          await Promise.all([transaction.store.put(value, key), transaction.done]);
        }),
    },
    async forget() {
      const names = [...database.objectStoreNames];
      const transaction = database.transaction(names, 'readwrite', strict);
      await Promise.all([...names.map((name) => transaction.objectStore(name).clear()), transaction.done]);
    },
  };
}
