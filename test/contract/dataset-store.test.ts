import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/lib/adapters/idb/database.ts';
import { idbDatasetStore } from '../../src/lib/adapters/idb/datasets.ts';
import { memoryDatasetStore } from '../../src/lib/adapters/memory/datasets.ts';
import { createKeys, silentChannel } from '../../src/lib/adapters/idb/keys.ts';
import { createLock } from '../../src/lib/adapters/idb/lock.ts';
import { createSeal } from '../../src/lib/adapters/idb/seal.ts';
import type { RowChange } from '../../src/lib/core/data/row-change.ts';
import { DatasetMoved, StorageFull } from '../../src/lib/ports/dataset-store.ts';
import { datasetStoreContract, numbered } from './dataset-store.ts';

datasetStoreContract('the memory store', async () => {
  const store = memoryDatasetStore();
  return { store, reopen: () => Promise.resolve(store), close: () => Promise.resolve() };
});

let names = 0;
const freshName = (): string => `datasets-${(names += 1)}`;

datasetStoreContract('the IndexedDB store, on fake-indexeddb', async () => {
  const name = freshName();
  const open = [await openDatabase({ name })];
  return {
    store: idbDatasetStore(open[0]!),
    reopen: async () => {
      const again = await openDatabase({ name });
      open.push(again);
      return idbDatasetStore(again);
    },
    close: () => Promise.resolve(open.forEach((database) => database.close())),
  };
});

test('a full disk is told as such, and leaves the import as it was', async () => {
  const database = await openDatabase({ name: freshName() });
  const contract = { kind: 'image', height: 2, width: 2, channels: 1, classes: ['left', 'right'] } as const;
  const store = idbDatasetStore(database);
  const writer = await store.write({
    id: 'a',
    federation: null,
    name: 'a',
    contract: { ...contract, classes: [...contract.classes] },
    source: 'a',
  });
  await writer.append(numbered(0, 2), 2);
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...parameters) {
    if (this.name === 'chunks') throw new DOMException('no room', 'QuotaExceededError');
    return put.apply(this, parameters);
  };
  try {
    await expect(writer.append(numbered(2, 4), 4)).rejects.toThrow(StorageFull);
  } finally {
    IDBObjectStore.prototype.put = put;
  }
  expect(await store.resumable()).toMatchObject([{ count: 2, position: 2 }]);
  await writer.append(numbered(2, 4), 4);
  expect((await writer.finish()).count).toBe(4);
  database.close();
});

test('two tabs that continue one import do not write over each other', async () => {
  const name = freshName();
  const [first, second] = [await openDatabase({ name }), await openDatabase({ name })];
  const draft = {
    id: 'a',
    federation: null,
    name: 'a',
    contract: {
      kind: 'image' as const,
      height: 2,
      width: 2,
      channels: 1 as const,
      classes: ['left', 'right'],
    },
    source: 'a',
  };
  const one = await idbDatasetStore(first).write(draft);
  const other = await idbDatasetStore(second).write(draft);
  await one.append(numbered(0, 2), 2);
  await expect(other.append(numbered(0, 2), 2)).rejects.toThrow('another tab');
  expect((await one.finish()).count).toBe(2);
  first.close();
  second.close();
});

test('a commit never takes the number of another tab’s, also where that tab went back to the head it began from', async () => {
  const name = freshName();
  const [first, second] = [await openDatabase({ name }), await openDatabase({ name })];
  const store = idbDatasetStore(first);
  const writer = await store.write({
    id: 'a',
    federation: null,
    name: 'a',
    contract: { kind: 'image', height: 2, width: 2, channels: 1, classes: ['left', 'right'] },
    source: 'a',
  });
  await writer.append(numbered(0, 4), 4);
  const { version } = await writer.finish();
  const change = (row: number): RowChange => ({
    replaced: Uint32Array.of(row),
    removed: new Uint32Array(0),
    examples: numbered(row + 100, row + 101),
  });
  const seal = createSeal(second, createKeys(silentChannel));
  const other = idbDatasetStore(second, {
    ...seal,
    async writing(write) {
      // Between its reading and its writing.
      await store.commit('a', version, change(0), 'first');
      await store.checkout('a', 0);
      return seal.writing(write);
    },
  });
  await expect(other.commit('a', version, change(1), 'second')).rejects.toThrow(DatasetMoved);
  expect((await store.history('a'))?.commits.map((one) => one.message)).toEqual(['Imported', 'first']);
  expect((await store.read('a', 1))?.features[0]).toBe(100);
  first.close();
  second.close();
});

test('judgements of several tabs keep the order of adding, whatever each clock says, locked or not', async () => {
  const name = freshName();
  const [first, second] = [await openDatabase({ name }), await openDatabase({ name })];
  const writer = await idbDatasetStore(first).write({
    id: 'a',
    federation: null,
    name: 'a',
    contract: { kind: 'image', height: 2, width: 2, channels: 1, classes: ['left', 'right'] },
    source: 'a',
  });
  await writer.append(numbered(0, 2), 2);
  await writer.finish();
  const keys = createKeys(silentChannel);
  const lock = createLock(first, keys, { iterations: 10 });
  const says = (example: string) =>
    ({ annotator: 'Anna', pass: 1, example, says: { type: 'unsure' }, at: 1 }) as const;
  // A store anew for each, as a page has it, and a clock that goes back.
  const store = (tab: number, clock: number) => {
    const database = tab === 0 ? first : second;
    return idbDatasetStore(database, createSeal(database, keys), () => clock);
  };
  await store(0, 3000).judge('a', says('x'));
  await store(1, 2000).judge('a', says('y'));
  await lock.set('a long passphrase', null, () => {});
  await store(0, 1000).judge('a', says('z'));
  const read = await store(1, 0).journal('a');
  expect(read.map((one) => one.example)).toEqual(['x', 'y', 'z']);
  // At once: each has its own key, and is sealed in for it.
  const names = ['0', '1', '2', '3', '4', '5'];
  await Promise.all(names.map((one, tab) => store(tab % 2, 1000).judge('a', says(one))));
  const all = (await store(1, 0).journal('a')).map((one) => one.example);
  expect(all.slice(0, 3)).toEqual(['x', 'y', 'z']);
  expect(all.slice(3).toSorted()).toEqual(names);
  first.close();
  second.close();
});

test('a database that has states already, of a copy between two releases, is taken as it is', async () => {
  const name = freshName();
  const older = await openDB(name, 4, { upgrade: (database) => void database.createObjectStore('states') });
  older.close();
  const database = await openDatabase({ name });
  expect(database.objectStoreNames.contains('states')).toBe(true);
  database.close();
});

test('a database of version 6 that has judgements and no runs, of such a copy too, opens and gets the rest', async () => {
  const name = freshName();
  const older = await openDB(name, 6, {
    upgrade(database) {
      database.createObjectStore('judgements');
    },
  });
  await older.put('judgements', 'kept', ['a', 1]);
  older.close();
  const database = await openDatabase({ name });
  expect([...database.objectStoreNames].toSorted()).toEqual([
    'judgements',
    'runLabels',
    'runModels',
    'runs',
    'sharing',
    'sounds',
    'states',
  ]);
  expect(await database.count('judgements')).toBe(1);
  database.close();
});

test('a newer copy of the app takes the database, and the older one is told', async () => {
  const name = freshName();
  let replaced = 0;
  await openDatabase({ name, onReplaced: () => (replaced += 1) });
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.open(name, 99);
    request.onsuccess = () => resolve(request.result.close());
    request.onerror = () => reject(request.error ?? new Error('not opened'));
  });
  expect(replaced).toBe(1);
});
