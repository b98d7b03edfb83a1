import { afterAll } from 'vitest';
import { openDatabase } from '#lib/adapters/idb/database.ts';
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
