// The page's side of the workbench worker. One client holds one worker; whoever makes it closes it.
import type {
  BenchReply,
  BenchRequest,
  AgainRequest,
  EndedRun,
  OpenedBench,
  OpenRequest,
  ResumeRequest,
  RowsRequest,
  RunEvent,
  RunRequest,
  TrainRequest,
} from './bench-messages.ts';
import { allowOwnWorkers } from './worker-addresses.ts';

type Refused = Pick<Extract<BenchReply, { type: 'refused' }>, 'type' | 'message'>;

/** A run to make or to go on with. */
export type RunWish = Omit<TrainRequest, 'id'> | Omit<ResumeRequest, 'id'> | Omit<AgainRequest, 'id'>;

/** The part of a Worker that the client needs. */
export interface BenchWorker {
  postMessage(message: BenchRequest): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<BenchReply>) => void): void;
  addEventListener(type: 'error' | 'messageerror', listener: (event: Event) => void): void;
  terminate(): void;
}

function startWorker(): BenchWorker {
  allowOwnWorkers();
  return new Worker(new URL('./bench.worker.ts', import.meta.url), { type: 'module', name: 'bench' });
}

interface Waiting {
  readonly onReply: (reply: BenchReply) => void;
  readonly onLost: (error: Error) => void;
}

export class BenchClient {
  readonly #start: () => BenchWorker;
  #worker: BenchWorker | undefined;
  #waiting = new Map<number, Waiting>();
  #next = 1;

  /** The worker starts with the first request. */
  constructor(start: () => BenchWorker = startWorker) {
    this.#start = start;
  }

  /** Rejects with an Error for the person when the worker fails or is lost. */
  open(request: Omit<OpenRequest, 'id' | 'name'>): Promise<OpenedBench | Refused> {
    return this.#ask({ ...request, id: this.#next++, name: 'open' }, undefined, (reply) =>
      reply.type === 'opened' ? reply.opened : reply.type === 'refused' ? reply : undefined,
    );
  }

  /** Rejects with the signal's reason once the worker has stopped, or with an Error for the person. */
  run(
    request: RunWish,
    onEvent: (event: RunEvent) => void,
    signal: AbortSignal,
  ): Promise<EndedRun | Refused> {
    return this.#ask({ ...request, id: this.#next++ }, signal, (reply) => {
      if (reply.type === 'event') onEvent(reply.event);
      return reply.type === 'ended' ? reply.ended : reply.type === 'refused' ? reply : undefined;
    });
  }

  /** The text of a CSV file. Rejects with an Error for the person. */
  rows(run: string): Promise<string | Refused> {
    return this.#ask({ id: this.#next++, name: 'rows', run }, undefined, (reply) =>
      reply.type === 'rows' ? reply.text : reply.type === 'refused' ? reply : undefined,
    );
  }

  /** Ends the worker, whatever it does; what still waits rejects. */
  close(): void {
    this.#lose(new Error('The training was closed.'));
  }

  #ask<Result>(
    request: OpenRequest | RunRequest | RowsRequest,
    signal: AbortSignal | undefined,
    read: (reply: BenchReply) => Result | undefined,
  ): Promise<Result> {
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
        onLost: (error) => settle(() => reject(error)),
        onReply(reply) {
          if (reply.type === 'cancelled') return settle(() => reject(signal?.reason as Error));
          if (reply.type === 'failure') return settle(() => reject(new Error(reply.message)));
          const result = read(reply);
          if (result !== undefined) settle(() => resolve(result));
        },
      });
      signal?.addEventListener('abort', cancel);
      worker.postMessage(request);
    });
  }

  #running(): BenchWorker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = this.#start();
    worker.addEventListener('message', ({ data }) => this.#waiting.get(data.id)?.onReply(data));
    const lost = (): void =>
      this.#lose(new Error('The worker of this tab could not be started or has ended. Reload the page.'));
    worker.addEventListener('error', lost);
    worker.addEventListener('messageerror', lost);
    this.#worker = worker;
    return worker;
  }

  #lose(error: Error): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const waiting of [...this.#waiting.values()]) waiting.onLost(error);
  }
}
