// A worker's way to the datasets of this device, and to nothing else: the database is opened with the first request.
import { openDatabase, type Database } from '../adapters/idb/database.ts';
import { idbDatasetStore } from '../adapters/idb/datasets.ts';
import { createKeys, keyChannel } from '../adapters/idb/keys.ts';
import { createSeal } from '../adapters/idb/seal.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';

export function openedDatasets(): () => Promise<DatasetStore> {
  let opened: Promise<Database> | undefined;
  const keys = createKeys(keyChannel());
  const forget = (): void => {
    opened = undefined;
  };
  return async () => {
    // A connection that another tab took away is opened anew for the next request.
    opened ??= openDatabase({ onReplaced: forget, onTerminated: forget });
    try {
      const database = await opened;
      return idbDatasetStore(database, createSeal(database, keys));
    } catch (error) {
      forget();
      throw error;
    }
  };
}
