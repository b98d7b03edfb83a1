import { afterAll, expect, test } from 'vitest';
import { deleteDatabase, openDatabase } from '#lib/adapters/idb/database.ts';
import { createIdbParticipantStore } from '#lib/adapters/idb/participant-store.ts';
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
