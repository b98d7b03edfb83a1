// The ports of a labelling page over a store in memory: the ingest worker's own handler, on this thread.
import type { DatasetStore } from '../ports/dataset-store.ts';
import { IngestClient, type IngestWorker } from '../workers/ingest-client.ts';
import { ingest } from '../workers/ingest.ts';
import type { DatasetPorts } from './datasets.svelte.ts';

export function portsOf(store: DatasetStore): DatasetPorts {
  const client = new IngestClient((): IngestWorker => {
    const listeners: ((event: never) => void)[] = [];
    const handle = ingest({
      store: () => Promise.resolve(store),
      decodeImage: () => Promise.reject(new Error('no pictures')),
      newId: () => 'set',
      reply: (message) => {
        for (const listener of listeners)
          listener(new MessageEvent('message', { data: structuredClone(message) }) as never);
      },
    });
    return {
      postMessage: (message) => void handle(structuredClone(message)),
      addEventListener(type: string, listener: (event: never) => void) {
        if (type === 'message') listeners.push(listener);
      },
      terminate: () => undefined,
    };
  });
  const missing = (): Promise<never> => Promise.reject(new Error('not asked for here'));
  return {
    store: async () => store,
    ingest: async () => ({
      import: missing,
      look: missing,
      encode: missing,
      ask: (question) => client.ask(question),
    }),
  };
}
