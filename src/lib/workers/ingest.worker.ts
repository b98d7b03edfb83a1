// The ingest worker: reads what a person brings into datasets on this device. It has no way to the network.
import { openDatabase, type Database } from '../adapters/idb/database.ts';
import { idbDatasetStore } from '../adapters/idb/datasets.ts';
import { createKeys, keyChannel } from '../adapters/idb/keys.ts';
import { createSeal } from '../adapters/idb/seal.ts';
import { canvasDecoder } from '../adapters/canvas/decode-image.ts';
import { ingest } from './ingest.ts';
import type { IngestReply, IngestRequest } from './ingest-messages.ts';

let opened: Promise<Database> | undefined;
const keys = createKeys(keyChannel());

const handle = ingest({
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
  decodeImage: canvasDecoder(),
  newId: () =>
    Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join(
      '',
    ),
  reply: (message: IngestReply, transfer: ArrayBuffer[]) => self.postMessage(message, { transfer }),
});

self.onmessage = (event: MessageEvent<IngestRequest>) => void handle(event.data);
