import 'fake-indexeddb/auto';
import { openDatabase } from '#lib/adapters/idb/database.ts';
import { createKeys, silentChannel } from '#lib/adapters/idb/keys.ts';
import { idbRunStore } from '#lib/adapters/idb/runs.ts';
import { createSeal } from '#lib/adapters/idb/seal.ts';
import { memoryRunStore } from '#lib/adapters/memory/runs.ts';
import { runStoreContract } from './run-store.ts';

runStoreContract('in memory', async () => {
  const store = memoryRunStore();
  return { store, reopen: async () => store };
});

let names = 0;
runStoreContract('in IndexedDB, as Node imitates it', async () => {
  const name = `runs-${(names += 1)}`;
  const open = async () => {
    const database = await openDatabase({ name });
    return idbRunStore(database, createSeal(database, createKeys(silentChannel)));
  };
  return { store: await open(), reopen: open };
});
