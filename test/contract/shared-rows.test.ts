// Rows that several datasets have alike lie in IndexedDB once: what versions of a file cost, and what is left when one of them is erased.
import 'fake-indexeddb/auto';
import { isDeepStrictEqual } from 'node:util';
import { serialize } from 'node:v8';
import { expect, test } from 'vitest';
import { openDatabase, type Database } from '#lib/adapters/idb/database.ts';
import { idbDatasetStore } from '#lib/adapters/idb/datasets.ts';
import { createKeys, silentChannel } from '#lib/adapters/idb/keys.ts';
import { createLock } from '#lib/adapters/idb/lock.ts';
import { createSeal, type Seal } from '#lib/adapters/idb/seal.ts';
import type { ImageContract } from '#lib/core/data/contract.ts';
import { datasetVersion } from '#lib/core/data/dataset-version.ts';
import type { Examples } from '#lib/core/data/examples.ts';
import { random } from '#lib/core/random.ts';
import type { DatasetRecord, DatasetStore } from '#lib/ports/dataset-store.ts';

const contract: ImageContract = {
  kind: 'image',
  height: 16,
  width: 16,
  channels: 1,
  classes: ['left', 'right'],
};
const SIZE = 256;

/** Rows whose bytes follow from their numbers; each begins with its number, so that it is found in a dump. */
function rowsOf(numbers: readonly number[]): Examples {
  const features = new Uint8Array(numbers.length * SIZE);
  const view = new DataView(features.buffer);
  for (const [row, number] of numbers.entries()) {
    for (let at = 0; at < SIZE; at += 4)
      view.setUint32(row * SIZE + at, Math.imul(number + at + 1, 0x9e3779b9) >>> 0);
    view.setUint32(row * SIZE, MARK);
    view.setUint32(row * SIZE + 4, number);
  }
  return {
    count: numbers.length,
    features,
    targets: Int32Array.from(numbers, (number) => number % 2),
    hashes: Uint32Array.from(numbers.flatMap((number) => [Math.imul(number, 0x85ebca6b), number])),
  };
}
const MARK = 0x6865726f;

let names = 0;
async function device() {
  const name = `shared-${(names += 1)}`;
  const database = await openDatabase({ name });
  const keys = createKeys(silentChannel);
  const seal = createSeal(database, keys);
  return {
    database,
    seal,
    store: idbDatasetStore(database, seal),
    lock: createLock(database, keys, { iterations: 10 }),
  };
}

async function bring(store: DatasetStore, id: string, numbers: readonly number[]): Promise<DatasetRecord> {
  const writer = await store.write({ id, federation: null, name: id, contract, source: id });
  for (let from = 0; from < numbers.length; from += 300)
    await writer.append(rowsOf(numbers.slice(from, from + 300)), from + 300);
  return writer.finish();
}

/** Every record as it lies there, by its own bytes. */
async function dumpOf(database: Database): Promise<Buffer> {
  const names = [...database.objectStoreNames];
  const records = await Promise.all(names.map(async (name) => database.getAll(name)));
  return Buffer.concat(records.flat().map((record) => serialize(record)));
}
/** The numbers of the rows that lie there in plain. */
function numbersIn(dump: Buffer): ReadonlySet<number> {
  const mark = Buffer.alloc(4);
  mark.writeUInt32BE(MARK);
  const found = new Set<number>();
  for (let at = dump.indexOf(mark); at >= 0; at = dump.indexOf(mark, at + 4))
    found.add(dump.readUInt32BE(at + 4));
  return found;
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, number) => number);

/** Ten versions, each with one row in a hundred changed on top of the one before: scattered, in one stretch, or put in and taken out. */
function tenVersions(rows: number, edits: 'scattered' | 'a stretch' | 'put in and taken out'): number[][] {
  const draw = random(1, 'shared rows', edits);
  const versions = [[...upTo(rows)]];
  for (let fresh = rows; versions.length < 10;) {
    const next = [...versions.at(-1)!];
    const from = draw.below(rows - rows / 100);
    for (let edit = 0; edit < rows / 100; edit += 1) {
      const row = edits === 'a stretch' ? from + edit : draw.below(rows);
      if (edits !== 'put in and taken out') next[row] = fresh++;
      else if (edit % 2 === 0) next.splice(row, 1);
      else next.splice(row, 0, fresh++);
    }
    versions.push(next);
  }
  return versions;
}

test.each(['scattered', 'a stretch', 'put in and taken out'] as const)(
  'ten versions with a hundredth of the rows edited in each (%s) take less than half as much again as one, and each reads back as it was',
  async (edits) => {
    const { database, store } = await device();
    const versions = tenVersions(1000, edits);
    const sizes: number[] = [];
    for (const [index, numbers] of versions.entries()) {
      const record = await bring(store, `v${index}`, numbers);
      const rows = rowsOf(numbers);
      expect(record).toMatchObject({ count: numbers.length, bytes: numbers.length * (SIZE + 4 + 8) });
      expect(record.version).toBe(datasetVersion(contract).add(rows.hashes).finish());
      if (index % 9 === 0) sizes.push((await dumpOf(database)).length);
    }
    expect(sizes[0]).toBeGreaterThan(1000 * SIZE);
    expect(sizes[1]! / sizes[0]!).toBeLessThan(1.5);
    for (const [index, numbers] of versions.entries())
      expect(isDeepStrictEqual(await store.read(`v${index}`), rowsOf(numbers))).toBe(true);
    // The record says what was not written.
    const [newest] = await store.list();
    expect(newest!.sharedBytes! / newest!.bytes).toBeGreaterThan(0.9);
    database.close();
  },
);

test.each(['in plain', 'locked'] as const)(
  'erasing frees what nobody else has, at once and row by row, in whichever order (%s)',
  async (how) => {
    const { database, store, lock } = await device();
    if (how === 'locked') await lock.set('a long passphrase', null, () => {});
    const versions = new Map(
      tenVersions(1200, 'scattered')
        .slice(0, 4)
        .map((numbers, i) => [`v${i}`, numbers]),
    );
    for (const [id, numbers] of versions) await bring(store, id, numbers);
    for (const id of ['v0', 'v2', 'v3']) {
      const before = (await dumpOf(database)).length;
      await store.delete(id);
      versions.delete(id);
      const dump = await dumpOf(database);
      expect(dump.length).toBeLessThan(before);
      const left = new Set([...versions.values()].flat());
      expect(numbersIn(dump)).toEqual(how === 'locked' ? new Set() : left);
      for (const [other, numbers] of versions)
        expect(isDeepStrictEqual(await store.read(other), rowsOf(numbers))).toBe(true);
    }
    // What an erased dataset left is lent on.
    const again = await bring(store, 'again', versions.get('v1')!);
    expect(again.sharedBytes! / again.bytes).toBeGreaterThan(0.95);
    await store.delete('v1');
    expect(isDeepStrictEqual(await store.read('again'), rowsOf(versions.get('v1')!))).toBe(true);
    await store.delete('again');
    for (const name of database.objectStoreNames)
      expect(await database.count(name), name).toBe(name === 'lock' && how === 'locked' ? 1 : 0);
    database.close();
  },
);

test('an erasing that is cut off anywhere is ended by the next look at the list', async () => {
  const crash = new Error('the tab was closed');
  const [kept, gone] = [upTo(600).filter((number) => number % 3 > 0), upTo(900)];
  let cuts = 0;
  for (let left = 0; ; left += 1) {
    const { database, seal, store } = await device();
    await bring(store, 'gone', gone);
    await bring(store, 'kept', kept);
    let steps = 0;
    const step = (): void => {
      if (steps === left) throw crash;
      steps += 1;
    };
    const failing: Seal = {
      open: async (...parameters) => (step(), seal.open(...parameters)),
      writing: async (write) => (step(), seal.writing(write)),
    };
    let isCut = false;
    await idbDatasetStore(database, failing)
      .delete('gone')
      .catch((failure: unknown) => {
        if (failure !== crash) throw failure;
        isCut = true;
      });
    expect((await store.list()).map(({ id }) => id)).toEqual(['kept']);
    expect(isDeepStrictEqual(await store.read('kept'), rowsOf(kept))).toBe(true);
    expect(numbersIn(await dumpOf(database))).toEqual(new Set(kept));
    database.close();
    if (!isCut) break;
    cuts += 1;
  }
  expect(cuts).toBeGreaterThan(5);
});

test('what was erased is erased once: a second time, in a tab whose list is old, takes nothing from who borrows', async () => {
  const { database, store } = await device();
  const kept = upTo(600).filter((number) => number % 3 > 0);
  await bring(store, 'gone', upTo(900));
  await bring(store, 'kept', kept);
  await store.delete('gone');
  await store.delete('gone');
  expect(isDeepStrictEqual(await store.read('kept'), rowsOf(kept))).toBe(true);
  await store.delete('kept');
  expect([...numbersIn(await dumpOf(database))]).toEqual([]);
  database.close();
});

test('where nothing can be freed now, what is there is listed, and it is freed later', async () => {
  const { database, seal, store } = await device();
  const kept = upTo(600).filter((number) => number % 3 > 0);
  await bring(store, 'gone', upTo(900));
  await bring(store, 'kept', kept);
  const full = new DOMException('The disk is full.', 'QuotaExceededError');
  const stuck = idbDatasetStore(database, { ...seal, writing: () => Promise.reject(full) });
  await expect(stuck.delete('gone')).rejects.toThrow(full);
  expect((await stuck.list()).map(({ id }) => id)).toEqual(['kept']);
  expect(isDeepStrictEqual(await stuck.read('kept'), rowsOf(kept))).toBe(true);
  expect((await store.list()).map(({ id }) => id)).toEqual(['kept']);
  expect(numbersIn(await dumpOf(database))).toEqual(new Set(kept));
  database.close();
});

test('an import that was discarded elsewhere makes no dataset without its rows', async () => {
  const { database, store } = await device();
  const writer = await store.write({ id: 'mine', federation: null, name: 'mine', contract, source: 'mine' });
  await writer.append(rowsOf(upTo(10)), 10);
  await store.delete('mine');
  await expect(writer.finish()).rejects.toThrow('was deleted');
  expect(await store.list()).toEqual([]);
  database.close();
});

test('read while it is erased, a dataset is whole or gone', async () => {
  const { database, seal, store } = await device();
  const kept = upTo(600).filter((number) => number % 3 > 0);
  await bring(store, 'lender', upTo(900));
  await bring(store, 'mine', kept);
  const outcomes = new Set<string>();
  for (let at = 0; at < 12; at += 1) {
    await bring(store, `mine ${at}`, kept);
    let opened = 0;
    // Erased just before the record of that number is opened.
    const slow: Seal = {
      ...seal,
      open: async (...parameters) => {
        if (opened++ === at) await store.delete(`mine ${at}`);
        return seal.open(...parameters);
      },
    };
    const read = await idbDatasetStore(database, slow).read(`mine ${at}`);
    outcomes.add(read === undefined ? 'gone' : isDeepStrictEqual(read, rowsOf(kept)) ? 'whole' : 'part');
  }
  expect([...outcomes].toSorted()).toEqual(['gone', 'whole']);
  database.close();
});

test('rows that are erased while an import finds them are written by it, and one that was cut off goes on', async () => {
  const { database, store } = await device();
  await bring(store, 'erased', upTo(300));
  const draft = { id: 'mine', federation: null, name: 'mine', contract, source: 'mine' };
  const writer = await store.write(draft);
  await writer.append(rowsOf(upTo(100)), 100);
  // The half that it has begun to borrow stays, the other goes.
  await store.delete('erased');
  await writer.append(rowsOf(upTo(300).slice(100, 200)), 200);
  const resumed = await store.write(draft);
  expect(resumed.resumed?.hashes).toEqual(rowsOf(upTo(200)).hashes);
  await resumed.append(rowsOf(upTo(300).slice(200)), 300);
  const { count, sharedBytes } = await resumed.finish();
  expect({ count, isShared: sharedBytes! > 0 && sharedBytes! < 100 * (SIZE + 12) }).toEqual({
    count: 300,
    isShared: true,
  });
  expect(isDeepStrictEqual(await store.read('mine'), rowsOf(upTo(300)))).toBe(true);
  // More rows come behind a chunk that borrows.
  await bring(store, 'twin', upTo(300));
  expect((await store.add('twin', rowsOf([299, 300]))).count).toBe(301);
  await store.delete('mine');
  expect(isDeepStrictEqual(await store.read('twin'), rowsOf(upTo(301)))).toBe(true);
  database.close();
});

test('a row of equal hash and other bytes is kept for itself, and rows of another contract are no one’s', async () => {
  const { database, store } = await device();
  await bring(store, 'a', upTo(10));
  const other = rowsOf(upTo(10));
  other.features[3 * SIZE + 20]! ^= 1;
  const [near, far] = [contract, { ...contract, classes: ['up', 'down'] }];
  for (const [id, asked] of [
    ['near', near],
    ['far', far],
  ] as const) {
    const writer = await store.write({ id, federation: null, name: id, contract: asked, source: id });
    await writer.append(other, 10);
    const { sharedBytes } = await writer.finish();
    expect(sharedBytes).toBe(id === 'far' ? undefined : 9 * (SIZE + 12) - 2 * 16);
    expect(isDeepStrictEqual(await store.read(id), other)).toBe(true);
  }
  database.close();
});
