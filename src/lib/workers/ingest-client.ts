// The page's side of the ingest worker. One client holds one worker; whoever makes it closes it.
import type { DataContract } from '../core/data/contract.ts';
import type { FilesFound } from '../modalities/look-at-files.ts';
import type {
  DatasetAnswer,
  DatasetQuestion,
  EncodeRequest,
  ImportRequest,
  IngestReply,
  IngestRequest,
  LookRequest,
} from './ingest-messages.ts';
import {
  allowedWorker,
  failureWords,
  WorkerRequests,
  type Failures,
  type RequestWorker,
} from './worker-requests.ts';

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

export type IngestWorker = RequestWorker<IngestRequest, IngestReply>;

const startWorker = (): IngestWorker =>
  allowedWorker(
    () => new Worker(new URL('./ingest.worker.ts', import.meta.url), { type: 'module', name: 'ingest' }),
  );

const failures: Failures<Extract<IngestReply, { type: 'failure' }>> = {
  failed: (reply) => new IngestFailure(reply.kind, failureWords(reply.message)),
  lost: (detail) =>
    new IngestFailure(
      'worker-lost',
      `The import stopped unexpectedly${detail}. Choose the same files again to continue.`,
    ),
};

export class IngestClient {
  readonly #requests: WorkerRequests<IngestRequest, IngestReply>;

  /** The worker starts with the first request. */
  constructor(start: () => IngestWorker = startWorker) {
    this.#requests = new WorkerRequests<IngestRequest, IngestReply>(start, failures);
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
    return this.#requests.ask<ImportResult>(
      (id) => ({ ...request, id, name: 'import' }),
      (reply) => {
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
      },
      signal,
    );
  }

  /** Looks at files without a contract. Rejects with the signal's reason, or with IngestFailure where nothing can be made of them. */
  look(
    files: LookRequest['files'],
    reading?: LookRequest['reading'],
    onProgress?: (progress: ImportProgress) => void,
    signal?: AbortSignal,
  ): Promise<FilesFound> {
    return this.#requests.ask(
      (id) => ({ id, name: 'look', files, reading }),
      (reply) => {
        if (reply.type === 'progress') onProgress?.(reply);
        return reply.type === 'looked' ? reply.found : undefined;
      },
      signal,
    );
  }

  /** One input as training would see it: [F] or [H, W, C], or several rows of a file. Rejects with IngestFailure. */
  encode(
    contract: DataContract,
    input: EncodeRequest['input'],
    signal?: AbortSignal,
  ): Promise<Uint8Array | Float32Array> {
    return this.#requests.ask(
      (id) => ({ id, name: 'encode', contract, input }),
      (reply) => (reply.type === 'encoded' ? reply.features : undefined),
      signal,
    );
  }

  /** Asks about a dataset that is kept here. Rejects with the signal's reason, or with IngestFailure: 'no-dataset', 'bad-edit', 'moved', 'locked', … */
  ask(
    question: DatasetQuestion,
    onProgress?: (progress: ImportProgress) => void,
    signal?: AbortSignal,
  ): Promise<DatasetAnswer> {
    return this.#requests.ask(
      (id) => ({ id, name: 'dataset', question }),
      (reply) => {
        if (reply.type === 'progress') onProgress?.(reply);
        return reply.type === 'answer' ? reply.answer : undefined;
      },
      signal,
    );
  }

  /** Ends the worker; what still waits rejects. Nothing durable is lost: a cut-off import is resumable. */
  close(): void {
    this.#requests.end(new IngestFailure('closed', 'The import was closed.'));
  }
}
