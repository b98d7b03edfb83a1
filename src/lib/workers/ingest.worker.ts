// The ingest worker: reads what a person brings into datasets on this device. It has no way to the network.
import { canvasDecoder } from '../adapters/canvas/decode-image.ts';
import { idbDatasetStore } from '../adapters/idb/datasets.ts';
import { ingest } from './ingest.ts';
import type { IngestReply, IngestRequest } from './ingest-messages.ts';
import { newId } from './new-id.ts';
import { openedDatabase } from './opened-database.ts';

const opened = openedDatabase();

const handle = ingest({
  store: async () => {
    const { database, seal } = await opened();
    return idbDatasetStore(database, seal);
  },
  decodeImage: canvasDecoder(),
  newId: () => newId(12),
  reply: (message: IngestReply, transfer: ArrayBuffer[]) => self.postMessage(message, { transfer }),
});

self.onmessage = (event: MessageEvent<IngestRequest>) => void handle(event.data);
