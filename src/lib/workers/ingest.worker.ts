// The ingest worker: reads what a person brings into datasets on this device. It has no way to the network.
import { canvasDecoder } from '../adapters/canvas/decode-image.ts';
import { ingest } from './ingest.ts';
import type { IngestReply, IngestRequest } from './ingest-messages.ts';
import { openedDatasets } from './opened-datasets.ts';

const handle = ingest({
  store: openedDatasets(),
  decodeImage: canvasDecoder(),
  newId: () =>
    Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join(
      '',
    ),
  reply: (message: IngestReply, transfer: ArrayBuffer[]) => self.postMessage(message, { transfer }),
});

self.onmessage = (event: MessageEvent<IngestRequest>) => void handle(event.data);
