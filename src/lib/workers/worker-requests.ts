// The page's side of a worker that answers requests by their numbers: it starts with the first request, is told of what is cancelled,
// and when it ends, whatever still waits rejects.
import type { CancelRequest } from './request-messages.ts';
import { allowOwnWorkers } from './worker-addresses.ts';

interface Reply {
  readonly type: string;
  readonly id: number;
}

type FailureOf<Replies> = Extract<Replies, { type: 'failure' }>;

/** The part of a Worker that a client needs. */
export interface RequestWorker<Request, Replies extends Reply> {
  postMessage(message: Request | CancelRequest): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Replies>) => void): void;
  addEventListener(type: 'error' | 'messageerror', listener: (event: Event) => void): void;
  terminate(): void;
}

/** What a person reads where there is no result. */
export interface Failures<Failed> {
  readonly failed: (reply: Failed) => Error;
  /** `detail`: what the browser said of it in brackets, with a space before them, or nothing. */
  readonly lost: (detail: string) => Error;
}

/** As Chromium, Firefox and WebKit say that a module which a worker imports when it is asked for did not come. */
const NOT_LOADED = /dynamically imported module|importing a module script/i;

/** What a worker says of a failure, for a person. */
export const failureWords = (message: string): string =>
  NOT_LOADED.test(message)
    ? 'What works this out is not in this browser yet, and the server was not to be reached. Try again when it is; if that does not help, load the page again.'
    : message;

/** Of a worker for whose failures a sentence is enough. */
export const plainFailures: Failures<{ readonly message: string }> = {
  failed: (reply) => new Error(failureWords(reply.message)),
  lost: () =>
    new Error(
      'What works in this tab has ended, or could not be loaded because the server was not to be reached. Try again when it is; if that does not help, load the page again.',
    ),
};

/** Starts a module worker, which the page's policy of scripts knows by its address. */
export function allowedWorker(make: () => Worker): Worker {
  allowOwnWorkers();
  return make();
}

interface Waiting<Replies> {
  readonly onReply: (reply: Replies) => void;
  readonly onLost: (error: Error) => void;
}

export class WorkerRequests<Request extends { readonly id: number }, Replies extends Reply> {
  readonly #start: () => RequestWorker<Request, Replies>;
  readonly #failures: Failures<FailureOf<Replies>>;
  #worker: RequestWorker<Request, Replies> | undefined;
  readonly #waiting = new Map<number, Waiting<Replies>>();
  #next = 1;

  constructor(start: () => RequestWorker<Request, Replies>, failures: Failures<FailureOf<Replies>>) {
    this.#start = start;
    this.#failures = failures;
  }

  /**
   * Resolves with what `read` makes of a reply, once it is not undefined. Rejects with the signal's reason once the worker has
   * stopped, or with one of the failures.
   */
  ask<Result>(
    request: (id: number) => Request,
    read: (reply: Replies) => Result | undefined,
    signal?: AbortSignal,
  ): Promise<Result> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return new Promise<Result>((resolve, reject) => {
      const worker = this.#running();
      const id = this.#next++;
      const cancel = (): void => worker.postMessage({ id: this.#next++, name: 'cancel', request: id });
      const settle = (end: () => void): void => {
        this.#waiting.delete(id);
        signal?.removeEventListener('abort', cancel);
        end();
      };
      this.#waiting.set(id, {
        onLost: (error) => settle(() => reject(error)),
        onReply: (reply) => {
          if (reply.type === 'cancelled') return settle(() => reject(signal?.reason as Error));
          if (isFailure(reply)) return settle(() => reject(this.#failures.failed(reply)));
          const result = read(reply);
          if (result !== undefined) settle(() => resolve(result));
        },
      });
      signal?.addEventListener('abort', cancel);
      worker.postMessage(request(id));
    });
  }

  /** Ends the worker, whatever it does; what still waits rejects with `error`. The next request starts another. */
  end(error: Error): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const waiting of [...this.#waiting.values()]) waiting.onLost(error);
  }

  #running(): RequestWorker<Request, Replies> {
    if (this.#worker !== undefined) return this.#worker;
    const worker = this.#start();
    worker.addEventListener('message', ({ data }) => this.#waiting.get(data.id)?.onReply(data));
    const lost = (event: Event): void => this.end(this.#failures.lost(detailOf(event)));
    worker.addEventListener('error', lost);
    worker.addEventListener('messageerror', lost);
    this.#worker = worker;
    return worker;
  }
}

const isFailure = <Replies extends Reply>(reply: Replies): reply is FailureOf<Replies> =>
  reply.type === 'failure';

/** What a browser says of a worker that ended. */
export const detailOf = (event: Event): string =>
  'message' in event && typeof event.message === 'string' && event.message !== ''
    ? ` (${event.message})`
    : '';
