import { afterAll, expect, test } from 'vitest';
import { deleteDatabase, openDatabase } from '#lib/adapters/idb/database.ts';
import { createKeys, keyChannel } from '#lib/adapters/idb/keys.ts';
import { createLock } from '#lib/adapters/idb/lock.ts';
import { createIdbParticipantStore } from '#lib/adapters/idb/participant-store.ts';
import { createSeal } from '#lib/adapters/idb/seal.ts';
import { DataLocked } from '#lib/ports/dataset-store.ts';
import { participantStoreContract } from '../contract/participant-store.ts';

const open = new Map<string, { close(): void }>();

participantStoreContract('in the IndexedDB of a real browser', async () => {
  const name = `device-${crypto.randomUUID()}`;
  const opened = async () => {
    open.get(name)?.close();
    const database = await openDatabase({ name });
    open.set(name, database);
    return createIdbParticipantStore(database);
  };
  return { store: await opened(), reopen: opened };
});

afterAll(() => {
  for (const [name, database] of open) {
    database.close();
    indexedDB.deleteDatabase(name);
  }
});

test('two tabs that ask for an identity at once get the same, and no script can read its private key', async () => {
  const name = `identity-${crypto.randomUUID()}`;
  const tabs = await Promise.all([openDatabase({ name }), openDatabase({ name })]);
  const [one, other] = await Promise.all(tabs.map((tab) => createIdbParticipantStore(tab).identity()));
  expect(one?.publicKey).toEqual(other?.publicKey);
  const kept = await tabs[0]?.get('secrets', 'participant');
  expect(kept?.privateKey.extractable).toBe(false);
  await expect(crypto.subtle.exportKey('pkcs8', kept!.privateKey)).rejects.toThrow();
  for (const tab of tabs) tab.close();
  await deleteDatabase(name);
});

test('what an older version of the app kept in place of a key gives way to one', async () => {
  const name = `identity-${crypto.randomUUID()}`;
  const database = await openDatabase({ name });
  await database.put('secrets', 'ab'.repeat(32) as never, 'participant');
  const { publicKey } = await createIdbParticipantStore(database).identity();
  expect((await createIdbParticipantStore(database).identity()).publicKey).toEqual(publicKey);
  database.close();
  await deleteDatabase(name);
});

test('tabs hand each other the key of what is locked over a real channel, and no script can read it', async () => {
  const name = `locked-${crypto.randomUUID()}`;
  const tab = async () => {
    const database = await openDatabase({ name });
    const keys = createKeys(keyChannel(name));
    const store = createIdbParticipantStore(database, createSeal(database, keys));
    return { database, keys, store, lock: createLock(database, keys) };
  };
  const [one, other] = [await tab(), await tab()];
  await one.store.vectors.put('own:wards', Float32Array.of(1.5, -2.5));
  await one.lock.set('four herons by the lake', null, () => {});
  expect(await one.database.get('vectors', 'own:wards')).toEqual({ sealed: expect.any(Uint8Array) });
  expect(await other.store.vectors.get('own:wards')).toEqual(Float32Array.of(1.5, -2.5));
  const held = await other.keys.held();
  await expect(crypto.subtle.exportKey('raw', held!.key)).rejects.toThrow();

  const dropped = new Promise<void>((resolve) => {
    other.keys.on((event) => event === 'dropped' && resolve());
  });
  one.lock.lock();
  await dropped;
  await expect(other.store.vectors.get('own:wards')).rejects.toThrow(DataLocked);
  expect(await other.lock.unlock('five herons by the lake')).toEqual({
    ok: false,
    error: { kind: 'wrong-passphrase', waitMs: 0 },
  });
  expect(await other.lock.unlock('four herons by the lake')).toEqual({ ok: true, value: null });
  expect(await one.store.vectors.get('own:wards')).toEqual(Float32Array.of(1.5, -2.5));
  for (const { database, keys } of [one, other]) {
    keys.close();
    database.close();
  }
  await deleteDatabase(name);
});
