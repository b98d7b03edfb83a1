// The page's side of the ingest worker. One client holds one worker; whoever makes it closes it.
import type { DataContract } from '../core/data/contract.ts';
import type {
  DatasetAnswer,
  DatasetQuestion,
  EncodeRequest,
  ImportRequest,
  IngestReply,
  IngestRequest,
} from './ingest-messages.ts';
import { allowOwnWorkers } from './worker-addresses.ts';

type Imported = Extract<IngestReply, { type: 'imported' }>;
type Refused = Extract<IngestReply, { type: 'refused' }>;
export type ImportProgress = Pick<
  Extract<IngestReply, { type: 'progress' }>,
  'fraction' | 'examples' | 'message'
>;

/** What an import ends in, apart from failures, which reject. */
export type ImportResult = Omit<Imported, 'id'> | Omit<Refused, 'id'>;

/** The worker could not do it: `kind` is a short code ('storage-full', 'other-files', 'corrupt-image', …), `message` for the person. */
export class IngestFailure extends Error {
  override readonly name = 'IngestFailure';
  constructor(
    readonly kind: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The part of a Worker that the client needs. */
export interface IngestWorker {
  postMessage(message: IngestRequest, transfer?: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<IngestReply>) => void): void;
  addEventListener(type: 'error' | 'messageerror', listener: (event: Event) => void): void;
  terminate(): void;
}

interface Waiting {
  readonly onReply: (reply: IngestReply) => void;
  readonly onLost: (failure: IngestFailure) => void;
}

function startWorker(): IngestWorker {
  allowOwnWorkers();
  return new Worker(new URL('./ingest.worker.ts', import.meta.url), { type: 'module', name: 'ingest' });
}

export class IngestClient {
  readonly #start: () => IngestWorker;
  #worker: IngestWorker | undefined;
  #waiting = new Map<number, Waiting>();
  #next = 1;

  /** The worker starts with the first request. */
  constructor(start: () => IngestWorker = startWorker) {
    this.#start = start;
  }

  /**
   * Imports; `onProgress` is called ten times a second at most. Rejects with the signal's reason once the worker has stopped, or with
   * IngestFailure.
   */
  import(
    request: Omit<ImportRequest, 'id' | 'name'>,
    onProgress?: (progress: ImportProgress) => void,
    signal?: AbortSignal,
  ): Promise<ImportResult> {
    return this.#ask<ImportResult>({ ...request, id: this.#next++, name: 'import' }, signal, (reply) => {
      switch (reply.type) {
        case 'progress':
          onProgress?.({ fraction: reply.fraction, examples: reply.examples, message: reply.message });
          return undefined;
        case 'imported':
          return { type: 'imported', record: reply.record, report: reply.report, preview: reply.preview };
        case 'refused':
          return { type: 'refused', report: reply.report };
        default:
          return undefined;
      }
    });
  }

  /** One input as training would see it: [F] or [H, W, C], or several rows of a file. Rejects with IngestFailure. */
  encode(
    contract: DataContract,
    input: EncodeRequest['input'],
    signal?: AbortSignal,
  ): Promise<Uint8Array | Float32Array> {
    return this.#ask({ id: this.#next++, name: 'encode', contract, input }, signal, (reply) =>
      reply.type === 'encoded' ? reply.features : undefined,
    );
  }

  /** Asks about a dataset that is kept here. Rejects with IngestFailure: 'no-dataset', 'bad-edit', 'moved', 'locked', … */
  ask(question: DatasetQuestion): Promise<DatasetAnswer> {
    return this.#ask({ id: this.#next++, name: 'dataset', question }, undefined, (reply) =>
      reply.type === 'answer' ? reply.answer : undefined,
    );
  }

  /** Ends the worker; what still waits rejects. Nothing durable is lost: a cut-off import is resumable. */
  close(): void {
    this.#lose(new IngestFailure('closed', 'The import was closed.'));
  }

  #ask<Result>(
    request: Exclude<IngestRequest, { name: 'cancel' }>,
    signal: AbortSignal | undefined,
    read: (reply: IngestReply) => Result | undefined,
  ): Promise<Result> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return new Promise<Result>((resolve, reject) => {
      const worker = this.#running();
      const cancel = (): void =>
        worker.postMessage({ id: this.#next++, name: 'cancel', request: request.id });
      const settle = (end: () => void): void => {
        this.#waiting.delete(request.id);
        signal?.removeEventListener('abort', cancel);
        end();
      };
      this.#waiting.set(request.id, {
        onLost: (failure) => settle(() => reject(failure)),
        onReply(reply) {
          if (reply.type === 'cancelled') return settle(() => reject(signal?.reason as Error));
          if (reply.type === 'failure')
            return settle(() => reject(new IngestFailure(reply.kind, reply.message)));
          const result = read(reply);
          if (result !== undefined) settle(() => resolve(result));
        },
      });
      signal?.addEventListener('abort', cancel);
      worker.postMessage(request);
    });
  }

  #running(): IngestWorker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = this.#start();
    worker.addEventListener('message', ({ data }) => this.#waiting.get(data.id)?.onReply(data));
    const lost = (event: Event): void => {
      const detail =
        'message' in event && typeof event.message === 'string' && event.message !== ''
          ? ` (${event.message})`
          : '';
      this.#lose(
        new IngestFailure(
          'worker-lost',
          `The import stopped unexpectedly${detail}. Choose the same files again to continue.`,
        ),
      );
    };
    worker.addEventListener('error', lost);
    worker.addEventListener('messageerror', lost);
    this.#worker = worker;
    return worker;
  }

  #lose(failure: IngestFailure): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.onLost(failure);
  }
}
