// The page's side of the worker that fetches. One client holds one worker; whoever makes it closes it.
import type { FetchedFile } from './fetch-address.ts';
import type { FetchReply, FetchRequest } from './fetch-messages.ts';
import { allowedWorker, plainFailures, WorkerRequests, type RequestWorker } from './worker-requests.ts';

export type FetchWorker = RequestWorker<FetchRequest, FetchReply>;

const startWorker = (): FetchWorker =>
  allowedWorker(
    () => new Worker(new URL('./fetch.worker.ts', import.meta.url), { type: 'module', name: 'fetch' }),
  );

export class FetchClient {
  readonly #requests: WorkerRequests<FetchRequest, FetchReply>;

  /** The worker starts with the first request. */
  constructor(start: () => FetchWorker = startWorker) {
    this.#requests = new WorkerRequests<FetchRequest, FetchReply>(start, plainFailures);
  }

  /** Rejects with a sentence where there is no file, and with the signal's reason. */
  fetch(
    address: string,
    onBytes: (bytes: number, total: number | undefined) => void,
    signal: AbortSignal,
  ): Promise<FetchedFile> {
    return this.#requests.ask(
      (id) => ({ id, name: 'fetch', address }),
      (reply) => {
        if (reply.type === 'progress') onBytes(reply.bytes, reply.total);
        return reply.type === 'fetched' ? reply.file : undefined;
      },
      signal,
    );
  }

  /** What still waits rejects. */
  close(): void {
    this.#requests.end(new Error('Fetching was ended.'));
  }
}
