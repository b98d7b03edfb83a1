import 'fake-indexeddb/auto';
import { openDatabase } from '#lib/adapters/idb/database.ts';
import { createIdbParticipantStore } from '#lib/adapters/idb/participant-store.ts';
import { createMemoryParticipantStore } from '#lib/adapters/memory/participant-store.ts';
import { participantStoreContract } from './participant-store.ts';

participantStoreContract('in memory', async () => {
  const store = createMemoryParticipantStore();
  return { store, reopen: async () => store };
});

let devices = 0;
participantStoreContract('in IndexedDB, as Node imitates it', async () => {
  devices += 1;
  const name = `device-${devices}`;
  let database = await openDatabase({ name });
  return {
    store: createIdbParticipantStore(database),
    async reopen() {
      database.close();
      database = await openDatabase({ name });
      return createIdbParticipantStore(database);
    },
  };
});
