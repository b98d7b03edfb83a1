// The workbench worker: trains and judges models of a dataset of this device, off the page, and keeps each run. It has no way to the
// network.
import { version } from '../../../package.json';
import { createTrainer } from '../adapters/engines/browser.ts';
import { openDatabase, type Database } from '../adapters/idb/database.ts';
import { idbDatasetStore } from '../adapters/idb/datasets.ts';
import { createKeys, keyChannel } from '../adapters/idb/keys.ts';
import { createIdbParticipantStore } from '../adapters/idb/participant-store.ts';
import { idbRunStore } from '../adapters/idb/runs.ts';
import { createSeal } from '../adapters/idb/seal.ts';
import { createSystemClock } from '../adapters/system-clock.ts';
import { bench } from './bench.ts';
import type { BenchRequest } from './bench-messages.ts';
import { webLockHolds } from './run-holds.ts';
import { runtimeName } from './runtime-name.ts';

let connection: Promise<Database> | undefined;
const keys = createKeys(keyChannel());

async function opened(): Promise<Database> {
  // A connection that another tab took away is opened anew for the next request.
  const again = (): void => {
    connection = undefined;
  };
  connection ??= openDatabase({ onReplaced: again, onTerminated: again });
  try {
    return await connection;
  } catch (error) {
    again();
    throw error;
  }
}

const handle = bench({
  datasets: async () => {
    const database = await opened();
    return idbDatasetStore(database, createSeal(database, keys));
  },
  runs: async () => {
    const database = await opened();
    return idbRunStore(database, createSeal(database, keys));
  },
  checkpoints: async () => {
    const database = await opened();
    return createIdbParticipantStore(database, createSeal(database, keys)).checkpoints;
  },
  holds: webLockHolds(navigator.locks),
  createTrainer,
  clock: createSystemClock(),
  newId: () =>
    Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join(
      '',
    ),
  program: { program: version, node: runtimeName(navigator.userAgent) },
  reply: (message) => self.postMessage(message),
});

self.onmessage = (event: MessageEvent<BenchRequest>) => void handle(event.data);
