import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { openDatabase } from '#lib/adapters/idb/database.ts';
import { createKeys, silentChannel } from '#lib/adapters/idb/keys.ts';
import { idbRunStore } from '#lib/adapters/idb/runs.ts';
import { createSeal } from '#lib/adapters/idb/seal.ts';
import { memoryRunStore } from '#lib/adapters/memory/runs.ts';
import { createIdbParticipantStore } from '#lib/adapters/idb/participant-store.ts';
import { ownCheckpoints } from '#lib/participant/workbench/run-checkpoints.ts';
import { checkpoint } from './participant-store.ts';
import { begunRun, runStoreContract } from './run-store.ts';

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

test('a run that is taken away takes its checkpoints along, and no other’s', async () => {
  const database = await openDatabase({ name: 'runs-with-checkpoints' });
  const seal = createSeal(database, createKeys(silentChannel));
  const [runs, { checkpoints }] = [idbRunStore(database, seal), createIdbParticipantStore(database, seal)];
  await runs.put(begunRun('a'));
  await checkpoints.put(checkpoint);
  const own = ownCheckpoints(checkpoints, 'a').checkpoints;
  await own.put({ ...checkpoint, key: 'workbench/mlp' });
  await ownCheckpoints(checkpoints, 'aa').checkpoints.put({ ...checkpoint, key: 'workbench/mlp' });
  expect((await own.get('workbench/mlp'))?.state).toEqual(checkpoint.state);
  await runs.remove('a');
  expect(await own.get('workbench/mlp')).toBeUndefined();
  expect(await database.getAllKeys('checkpoints')).toEqual([checkpoint.key, 'run:aa:workbench/mlp']);
});
