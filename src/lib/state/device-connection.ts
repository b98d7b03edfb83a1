// Composes what a page needs of this device: the stores in IndexedDB and the two workers, each opened with its first use.
// Loaded lazily, so that pages which show only what the server says bring none of it.
import { deleteDatabase, openDatabase, type Database } from '../adapters/idb/database.ts';
import { idbDatasetStore } from '../adapters/idb/datasets.ts';
import { idbFileOrigins, type FileOrigins } from '../adapters/idb/file-origins.ts';
import { createKeys, keyChannel } from '../adapters/idb/keys.ts';
import { createLock, type Lock } from '../adapters/idb/lock.ts';
import { createIdbParticipantStore } from '../adapters/idb/participant-store.ts';
import { createSeal } from '../adapters/idb/seal.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import type { RunStore } from '../participant/workbench/run-record.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import { DeviceClient } from '../workers/device-client.ts';
import { IngestClient } from '../workers/ingest-client.ts';
import { watchUse } from './auto-lock.ts';
import { watchPower } from './power.ts';
import type { DevicePort } from './device-state.svelte.ts';
import type { IngestPort } from './datasets.svelte.ts';

const keys = createKeys(keyChannel());
// What this page has read would stay in its memory: a page loaded anew has nothing, and finds the lock.
keys.on((event) => {
  if (event === 'dropped') location.reload();
});
watchUse({ keys, lock: async () => deviceLock(), page: window, now: Date.now });

/** Opened once for the visit; a connection that the browser or another tab closed is opened again. */
let database: Promise<Database> | undefined;
const opened = (): Promise<Database> => {
  const again = (): void => {
    database = undefined;
  };
  database ??= openDatabase({ onReplaced: again, onTerminated: again }).catch((error: unknown) => {
    again();
    throw error;
  });
  return database;
};

/** Another tab holds the key now. Returns its own undoing. */
export const onUnlocked = (call: () => void): (() => void) =>
  keys.on((event) => {
    if (event === 'taken') call();
  });
export const deviceLock = async (): Promise<Lock> => createLock(await opened(), keys);
export const fileOrigins = async (): Promise<FileOrigins> => idbFileOrigins(await opened());
export const datasetStore = async (): Promise<DatasetStore> => {
  const open = await opened();
  const store = idbDatasetStore(open, createSeal(open, keys));
  return {
    ...store,
    // Here, and not in the store: workers have that too, and delete nothing.
    async delete(id) {
      await idbFileOrigins(open).drop(id);
      await store.delete(id);
    },
  };
};
/** Loaded when runs are looked at: nobody who takes part in a federation pays for it. */
export const runStore = async (): Promise<RunStore> => {
  const [{ idbRunStore }, open] = await Promise.all([import('../adapters/idb/runs.ts'), opened()]);
  return idbRunStore(open, createSeal(open, keys));
};
export const participantStore = async (): Promise<ParticipantStore> => {
  const open = await opened();
  const store = createIdbParticipantStore(open, createSeal(open, keys));
  return {
    ...store,
    // Emptying is not enough: what trains in another tab goes on, makes itself a new key, and keeps what the server says.
    async forget() {
      await store.forget();
      await deleteDatabase();
    },
  };
};

/** One ingest worker; it has no way to the network. */
export function connectIngest(): IngestPort {
  const client = new IngestClient();
  return {
    import: (task, { signal, onProgress }) => client.import(task, onProgress, signal),
    look: (files, { signal, onProgress, reading }) => client.look(files, reading, onProgress, signal),
    encode: (contract, input) => client.encode(contract, input),
    ask: (question, options) => client.ask(question, options?.onProgress, options?.signal),
  };
}

/** One device worker for the visit: the link to the coordinator and everything that computes. */
export const connectDevice = async (): Promise<DevicePort> => {
  const client = new DeviceClient();
  watchPower((power) => {
    // A worker that is gone is told of by whatever else was asked of it.
    client.request('set-power', power).catch(() => undefined);
  });
  return client;
};
