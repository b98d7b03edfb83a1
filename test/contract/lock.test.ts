// Data at rest under a passphrase: what lies in IndexedDB, who may read it, and what a crash in the middle leaves.
import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { openDatabase, type Database } from '#lib/adapters/idb/database.ts';
import { idbDatasetStore } from '#lib/adapters/idb/datasets.ts';
import { createKeys, type KeyChannel, type Keys } from '#lib/adapters/idb/keys.ts';
import { idbFileOrigins, originKey } from '#lib/adapters/idb/file-origins.ts';
import { createLock, ITERATIONS } from '#lib/adapters/idb/lock.ts';
import { createIdbParticipantStore } from '#lib/adapters/idb/participant-store.ts';
import { idbRunStore } from '#lib/adapters/idb/runs.ts';
import { pack, unpack } from '#lib/adapters/idb/packing.ts';
import { createSeal, sealedStoreNames } from '#lib/adapters/idb/seal.ts';
import { Digest, FederationId, ParticipantId, RoundNumber, RunNumber } from '#lib/core/ids.ts';
import { featuresName } from '#lib/core/labelling/example-names.ts';
import { DataLocked } from '#lib/ports/dataset-store.ts';
import type { StoredReceipt } from '#lib/ports/participant-store.ts';
import { datasetStoreContract, numbered } from './dataset-store.ts';
import { checkpoint, entry, participantStoreContract } from './participant-store.ts';
import { begunRun, runStoreContract } from './run-store.ts';

/** Cheap in tests; what the app takes is tested below. */
const quick = { iterations: 10 };
let names = 0;
const freshName = (): string => `locked-${(names += 1)}`;

/** Tabs of one browser: each hears what the others say. */
function tabs(): { open(): Keys } {
  const listeners: { readonly of: object; hear(event: MessageEvent): void }[] = [];
  return {
    open() {
      const of = {};
      const channel: KeyChannel = {
        postMessage: (data) => {
          for (const one of listeners) if (one.of !== of) one.hear({ data } as MessageEvent);
        },
        addEventListener: (_, listener) => listeners.push({ of, hear: listener as never }),
        close: () => {},
      };
      return createKeys(channel);
    },
  };
}

const nothing = (): void => {};
const contract = { kind: 'image', height: 2, width: 2, channels: 1, classes: ['left', 'right'] } as const;
const passphrase = 'correct horse battery';

async function device(name = freshName(), browser = tabs(), now = { ms: 0 }) {
  const database = await openDatabase({ name });
  const keys = browser.open();
  const seal = createSeal(database, keys);
  return {
    name,
    browser,
    now,
    database,
    keys,
    datasets: idbDatasetStore(database, seal),
    store: createIdbParticipantStore(database, seal),
    runs: idbRunStore(database, seal),
    lock: createLock(database, keys, { ...quick, now: () => now.ms }),
  };
}
type Device = Awaited<ReturnType<typeof device>>;

const wards = v.parse(FederationId, 'wards');
const digest = v.parse(Digest, 'cd'.repeat(32));
const receipt: StoredReceipt = {
  receipt: {
    federation: wards,
    run: v.parse(RunNumber, 1),
    round: v.parse(RoundNumber, 3),
    participant: v.parse(ParticipantId, 'ab'.repeat(16)),
    base: digest,
    update: digest,
    bytes: 24,
    examples: 9,
    receivedAt: 6,
  },
  version: null,
  outcome: 'waiting',
};

async function fill({ datasets, store, runs }: Device): Promise<void> {
  const writer = await datasets.write({
    id: 'kept',
    federation: null,
    name: 'heron-in-the-name',
    contract: { ...contract, classes: [...contract.classes] },
    source: 'heron.zip',
    reading: { sheet: 'heron' },
  });
  await writer.append(numbered(0, 5), 5);
  const sounds = [5, 6, 7, 8].map((row) => Int16Array.of(row, -row));
  await writer.append({ ...numbered(5, 9), sounds }, 9);
  const { version } = await writer.finish();
  // Its last row is replaced by what it was: a state, and the same rows.
  await datasets.commit(
    'kept',
    version,
    { replaced: Uint32Array.of(8), removed: new Uint32Array(0), examples: numbered(8, 9) },
    'heron mended',
  );
  await datasets.judge('kept', {
    annotator: 'heron',
    pass: 1,
    example: 'x',
    says: { type: 'unsure' },
    at: 8,
  });
  await datasets.keepWeakRules('kept', ['heron is ill']);
  await store.vectors.put('own:wards', Float32Array.of(1.5, -2.5));
  await store.models.put({
    id: 'm',
    federation: null,
    dataset: 'kept',
    name: 'heron model',
    network: { layers: [] },
    parameters: Float32Array.of(3.25),
    trainedAt: 5,
  });
  await store.receipts.put(receipt);
  await store.receipts.putRefusal({
    federation: wards,
    round: receipt.receipt.round,
    message: 'heron',
    at: 7,
  });
  await store.parameters.put(digest, Float32Array.of(7.5));
  const cut = await datasets.write({
    id: 'cut',
    federation: null,
    name: 'heron-cut-off',
    contract: { ...contract, classes: [...contract.classes] },
    source: 'heron.zip',
  });
  await cut.append(numbered(0, 2), 2);
  await store.outbox.put(entry(1));
  await store.checkpoints.put(checkpoint);
  await runs.put(begunRun('run'), Uint8Array.of(4, 5));
  await runs.label('run', { tags: ['heron'], note: 'heron' });
}
/** That `fill` makes; at least one in each store. */
const RECORDS = 25;
/** Every record as it lies there, of all stores that are sealed. */
async function lying(database: Database): Promise<{ sealed: number; plain: number; text: string }> {
  const records = (await Promise.all(sealedStoreNames.map((name) => database.getAll(name)))).flat();
  const isSealed = (record: object): boolean => 'sealed' in record;
  const text = records
    .map((record) => ('sealed' in record ? Buffer.from(record.sealed).toString('latin1') : 'plain'))
    .join();
  return {
    sealed: records.filter(isSealed).length,
    plain: records.filter((record) => !isSealed(record)).length,
    text,
  };
}
async function readsAll({ datasets, store, runs }: Device): Promise<void> {
  expect(await runs.read('run')).toEqual({
    record: begunRun('run'),
    labels: { tags: ['heron'], note: 'heron' },
  });
  expect(await runs.model('run')).toEqual(Uint8Array.of(4, 5));
  expect(await datasets.list()).toMatchObject([{ name: 'heron-in-the-name', reading: { sheet: 'heron' } }]);
  expect(await datasets.read('kept')).toEqual(numbered(0, 9));
  expect(await datasets.sound('kept', featuresName(numbered(6, 7).features))).toEqual(Int16Array.of(6, -6));
  expect(await datasets.journal('kept')).toMatchObject([{ annotator: 'heron', at: 8 }]);
  expect(await datasets.weakRules('kept')).toEqual(['heron is ill']);
  expect(await store.vectors.get('own:wards')).toEqual(Float32Array.of(1.5, -2.5));
  expect((await store.models.list())[0]?.parameters).toEqual(Float32Array.of(3.25));
  expect(await store.receipts.list()).toEqual([receipt]);
  expect(await store.receipts.list(wards)).toEqual([receipt]);
  expect((await store.receipts.refusals(wards)).map((one) => one.message)).toEqual(['heron']);
  expect(await store.parameters.get(digest)).toEqual(Float32Array.of(7.5));
}

datasetStoreContract('the IndexedDB store, locked and opened', async () => {
  const one = await device();
  await one.lock.set(passphrase, null, nothing);
  return {
    store: one.datasets,
    reopen: async () => (await device(one.name, one.browser)).datasets,
    close: () => Promise.resolve(one.database.close()),
  };
});
participantStoreContract('in IndexedDB, locked and opened', async () => {
  const one = await device();
  await one.lock.set(passphrase, null, nothing);
  return { store: one.store, reopen: async () => (await device(one.name, one.browser)).store };
});

runStoreContract('in IndexedDB, locked and opened', async () => {
  const one = await device();
  await one.lock.set(passphrase, null, nothing);
  return { store: one.runs, reopen: async () => (await device(one.name, one.browser)).runs };
});

test('what is locked has no plain byte at rest, and nothing is read without the passphrase', async () => {
  const one = await device();
  await fill(one);
  for (const name of sealedStoreNames) expect(await one.database.count(name), name).toBeGreaterThan(0);
  expect(await lying(one.database)).toMatchObject({ sealed: 0, plain: RECORDS });
  const shares: number[] = [];
  await one.lock.set(passphrase, null, (share) => shares.push(share));
  expect(shares.at(-1)).toBe(1);
  expect(shares.length).toBeGreaterThan(RECORDS);
  const { sealed, plain, text } = await lying(one.database);
  expect({ sealed, plain }).toEqual({ sealed: RECORDS, plain: 0 });
  expect(text).not.toContain('heron');
  await readsAll(one);

  // The browser is closed, and opened again: nobody holds the key.
  const later = await device(one.name, tabs());
  expect(await later.lock.status()).toEqual({ type: 'locked', waitMs: 0 });
  await expect(later.datasets.list()).rejects.toThrow(DataLocked);
  await expect(later.datasets.read('kept')).rejects.toThrow(DataLocked);
  await expect(later.store.vectors.put('own:wards', Float32Array.of(0))).rejects.toThrow(DataLocked);
  await expect(later.store.models.list()).rejects.toThrow(DataLocked);
  await expect(later.runs.list()).rejects.toThrow(DataLocked);
  await expect(later.runs.put(begunRun('run'))).rejects.toThrow(DataLocked);
  await expect(later.store.receipts.list()).rejects.toThrow(DataLocked);
  await expect(later.store.receipts.refusals()).rejects.toThrow(DataLocked);
  await expect(later.store.receipts.put(receipt)).rejects.toThrow(DataLocked);
  // What can be fetched again is as good as not there, and nobody is kept from fetching it.
  expect(await later.store.parameters.get(digest)).toBeUndefined();
  await later.store.parameters.put(digest, Float32Array.of(0));
  expect(await later.lock.unlock(passphrase)).toEqual({ ok: true, value: null });
  await readsAll(later);
});

test('a wrong passphrase is refused, and after three each attempt waits twice as long, also in another tab', async () => {
  const one = await device();
  await one.lock.set(passphrase, null, nothing);
  const later = await device(one.name, tabs(), one.now);
  const wrong = (waitMs: number) => ({ ok: false, error: { kind: 'wrong-passphrase', waitMs } });
  expect(await later.lock.unlock('wrong')).toEqual(wrong(0));
  expect(await later.lock.unlock('wrong')).toEqual(wrong(0));
  expect(await later.lock.unlock('wrong')).toEqual(wrong(1000));
  const other = await device(one.name, tabs(), one.now);
  expect(await other.lock.unlock(passphrase)).toEqual({
    ok: false,
    error: { kind: 'too-soon', waitMs: 1000 },
  });
  one.now.ms += 1000;
  expect(await other.lock.unlock('wrong')).toEqual(wrong(2000));
  one.now.ms += 2000;
  expect(await other.lock.unlock(passphrase)).toEqual({ ok: true, value: null });
  // Counted anew.
  other.lock.lock();
  expect(await other.lock.unlock('wrong')).toEqual(wrong(0));
});

test('locked in one tab is locked in all, opened in one is opened in all, and a tab that comes later asks', async () => {
  const one = await device();
  await fill(one);
  const other = await device(one.name, one.browser);
  const heard: string[] = [];
  other.keys.on((event) => heard.push(event));
  await one.lock.set(passphrase, null, nothing);
  await readsAll(other);
  one.lock.lock();
  expect(heard).toContain('dropped');
  await expect(other.datasets.list()).rejects.toThrow(DataLocked);
  await one.lock.unlock(passphrase);
  await readsAll(other);
  await readsAll(await device(one.name, one.browser));
});

test('another passphrase opens the same records, and the old one opens nothing', async () => {
  const one = await device();
  await fill(one);
  await one.lock.set(passphrase, null, nothing);
  const before = await lying(one.database);
  expect(await one.lock.change('wrong', 'another passphrase')).toMatchObject({ ok: false });
  expect(await one.lock.change(passphrase, 'another passphrase')).toEqual({ ok: true, value: null });
  expect(await lying(one.database)).toEqual(before);
  const later = await device(one.name, tabs());
  expect(await later.lock.unlock(passphrase)).toMatchObject({ ok: false });
  expect(await later.lock.unlock('another passphrase')).toMatchObject({ ok: true });
  await readsAll(later);
});

test('the lock is taken away, and what was kept lies there as before', async () => {
  const one = await device();
  await fill(one);
  await one.lock.set(passphrase, null, nothing);
  expect(await one.lock.remove('wrong', nothing)).toMatchObject({ ok: false });
  expect(await one.lock.remove(passphrase, nothing)).toEqual({ ok: true, value: null });
  expect(await lying(one.database)).toMatchObject({ sealed: 0, plain: RECORDS });
  expect(await one.lock.status()).toEqual({ type: 'none' });
  await readsAll(await device(one.name, tabs()));
});

test('the handle of a file, or its address, goes when it is dropped and with a lock that is set, and none is kept beside one', async () => {
  const one = await device();
  await fill(one);
  const origins = idbFileOrigins(one.database);
  // What stands for a handle: Node has none.
  const handle = { name: 'heron.csv' } as FileSystemFileHandle;
  const isKept = async (id: string): Promise<boolean> =>
    (await one.database.get('settings', originKey(id))) !== undefined;
  await origins.keep('kept', handle);
  await origins.keep('nobody’s', handle);
  expect([await isKept('kept'), await isKept('nobody’s')]).toEqual([true, false]);
  await one.store.settings.put('heron', 1);
  await one.lock.set(passphrase, null, nothing);
  expect([await isKept('kept'), await one.store.settings.get('heron')]).toEqual([false, 1]);
  await origins.keep('kept', handle);
  expect(await isKept('kept')).toBe(false);
  await one.lock.remove(passphrase, nothing);
  await origins.keep('kept', handle);
  expect(await isKept('kept')).toBe(true);
  await origins.keep('kept', 'https://example.org/heron.csv');
  expect(await origins.of('kept')).toBe('https://example.org/heron.csv');
  await origins.drop('kept');
  expect(await isKept('kept')).toBe(false);
});

test.each(Array.from({ length: RECORDS }, (_, records) => records))(
  'a crash after %i records of setting or taking away the lock loses nothing, and the next unlocking goes on',
  async (records) => {
    const crash = new Error('the tab was closed');
    const one = await device();
    await fill(one);
    /** `progress` comes before each record. */
    const cut = () => {
      let seen = 0;
      return () => {
        if (seen === records) throw crash;
        seen += 1;
      };
    };
    await expect(one.lock.set(passphrase, null, cut())).rejects.toThrow(crash);
    expect(await lying(one.database)).toMatchObject({ sealed: records, plain: RECORDS - records });
    const later = await device(one.name, tabs());
    await later.lock.unlock(passphrase);
    await readsAll(later);
    // What is written meanwhile is sealed, whatever the rest is.
    await later.store.vectors.put('own:wards', Float32Array.of(1.5, -2.5));
    expect(await later.lock.status()).toMatchObject({ unfinished: 'locking' });
    await later.lock.goOn(nothing);
    expect(await lying(later.database)).toMatchObject({ sealed: RECORDS, plain: 0 });
    expect(await later.lock.status()).toMatchObject({ type: 'open', unfinished: null });

    await expect(later.lock.remove(passphrase, cut())).rejects.toThrow(crash);
    const last = await device(one.name, tabs());
    await last.lock.unlock(passphrase);
    await readsAll(last);
    expect(await last.lock.status()).toMatchObject({ unfinished: 'removing' });
    await last.lock.goOn(nothing);
    expect(await lying(last.database)).toMatchObject({ sealed: 0, plain: RECORDS });
    await readsAll(await device(one.name, tabs()));
  },
);

test('who writes while the lock is set writes sealed: nothing plain is left behind', async () => {
  const one = await device();
  await fill(one);
  const other = await device(one.name, one.browser);
  let writes: Promise<void>[] = [];
  await one.lock.set(passphrase, null, () => {
    const index = writes.length;
    writes = [...writes, other.store.vectors.put(`own:${index}`, Float32Array.of(index))];
  });
  await Promise.all(writes);
  expect(writes.length).toBeGreaterThan(10);
  expect((await lying(one.database)).plain).toBe(0);
  writes = [];
  await one.lock.remove(passphrase, () => {
    const index = writes.length;
    writes = [...writes, other.store.vectors.put(`own:${index}`, Float32Array.of(-index))];
  });
  await Promise.all(writes);
  expect((await lying(one.database)).sealed).toBe(0);
  expect(await other.store.vectors.get('own:3')).toEqual(Float32Array.of(-3));
});

test('a record that was changed, or put in another’s place, is not read', async () => {
  const one = await device();
  await fill(one);
  await one.lock.set(passphrase, null, nothing);
  const [first, second] = [
    await one.database.get('chunks', ['kept', 0]),
    await one.database.get('chunks', ['kept', 1]),
  ];
  await one.database.put('chunks', second!, ['kept', 0]);
  await one.database.put('chunks', first!, ['kept', 1]);
  await expect(one.datasets.read('kept')).rejects.toThrow(/operation/i);
});

test('a lock of an earlier program, which left receipts and downloaded versions in plain, goes on with those once it is opened', async () => {
  const one = await device();
  await one.lock.set(passphrase, null, nothing);
  const row = (await one.database.get('lock', 'lock'))!;
  one.database.close();
  const name = freshName();
  // The stores as they were before the fourth version, with the key of the same lock.
  const older = await openDB(name, 3, {
    upgrade(database) {
      for (const store of one.database.objectStoreNames) {
        // They came with the fifth and the sixth.
        if (store === 'states' || store === 'judgements') continue;
        const options =
          store === 'receipts' ? { keyPath: ['receipt.federation', 'receipt.round'] } : undefined;
        const made = database.createObjectStore(store, options);
        if (store === 'refusals') made.createIndex('federation', 'federation');
        if (store === 'parameters') made.createIndex('usedAt', 'usedAt');
      }
    },
  });
  await older.put('lock', row, 'lock');
  await older.put('receipts', receipt);
  older.close();
  const later = await device(name, tabs());
  expect(await later.lock.unlock(passphrase)).toMatchObject({ ok: true });
  expect(await later.lock.status()).toMatchObject({ unfinished: 'locking' });
  expect(await later.store.receipts.list()).toEqual([receipt]);
  await later.lock.goOn(nothing);
  expect(await lying(later.database)).toMatchObject({ sealed: 1, plain: 0 });
  expect(await later.store.receipts.list()).toEqual([receipt]);
});

test('forgetting the device takes the lock with it', async () => {
  const one = await device();
  await fill(one);
  await one.lock.set(passphrase, null, nothing);
  const later = await device(one.name, tabs());
  await later.store.forget();
  expect(await later.lock.status()).toEqual({ type: 'none' });
  expect(await lying(later.database)).toMatchObject({ sealed: 0, plain: 0 });
});

test('the passphrase is stretched by 600,000 iterations or more, each lock with salt of its own', async () => {
  expect(ITERATIONS).toBeGreaterThanOrEqual(600_000);
  const rows = await Promise.all(
    [1, 2].map(async () => {
      const { database, keys } = await device();
      await createLock(database, keys).set(passphrase, 60_000, nothing);
      return (await database.get('lock', 'lock'))!;
    }),
  );
  for (const row of rows) {
    expect(row).toMatchObject({ iterations: ITERATIONS, state: 'on', autoLockMs: 60_000 });
    expect(row.salt).toHaveLength(16);
    // 12 of the vector, 32 of the key, 16 of the tag.
    expect(row.wrapped).toHaveLength(60);
  }
  expect(rows[0]!.salt).not.toEqual(rows[1]!.salt);
});

test('what is packed comes back as it was: arrays with their types, empty ones, and what JSON has no number for', () => {
  const value = {
    federation: v.parse(FederationId, 'wards'),
    list: [Float32Array.of(1.5, NaN), new Uint8Array(3), new Int32Array(0), Uint32Array.of(4294967295)],
    nested: { at: -Infinity, none: null, words: 'è✓', double: Float64Array.of(Math.PI) },
  };
  const sliced = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);
  expect(unpack(pack({ ...value, sliced }).buffer)).toEqual({ ...value, sliced: Uint8Array.of(1, 2) });
  expect(() => pack({ big: new BigInt64Array(1) })).toThrow('BigInt64Array');
});
