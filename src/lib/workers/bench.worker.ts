// The workbench worker: trains and judges models of a dataset of this device, off the page. It has no way to the network.
import { createTrainer } from '../adapters/engines/browser.ts';
import { openDatabase, type Database } from '../adapters/idb/database.ts';
import { idbDatasetStore } from '../adapters/idb/datasets.ts';
import { createKeys, keyChannel } from '../adapters/idb/keys.ts';
import { createSeal } from '../adapters/idb/seal.ts';
import { createSystemClock } from '../adapters/system-clock.ts';
import { bench } from './bench.ts';
import type { BenchRequest } from './bench-messages.ts';

let opened: Promise<Database> | undefined;
const keys = createKeys(keyChannel());

const handle = bench({
  store: async () => {
    // A connection that another tab took away is opened anew for the next request.
    opened ??= openDatabase({
      onReplaced: () => (opened = undefined),
      onTerminated: () => (opened = undefined),
    });
    try {
      const database = await opened;
      return idbDatasetStore(database, createSeal(database, keys));
    } catch (error) {
      opened = undefined;
      throw error;
    }
  },
  createTrainer,
  clock: createSystemClock(),
  reply: (message) => self.postMessage(message),
});

self.onmessage = (event: MessageEvent<BenchRequest>) => void handle(event.data);
