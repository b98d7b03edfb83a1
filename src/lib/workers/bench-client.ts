// The page's side of the workbench worker. One client holds one worker; whoever makes it closes it.
import type {
  BenchReply,
  BenchRequest,
  OpenedBench,
  OpenRequest,
  TrainedBench,
  TrainRequest,
} from './bench-messages.ts';
import { allowedWorker, plainFailures, WorkerRequests, type RequestWorker } from './worker-requests.ts';

export type BenchProgress = Extract<BenchReply, { type: 'event' }>['event'];
export type BenchRefused = Omit<Extract<BenchReply, { type: 'refused' }>, 'id'>;
export type BenchWorker = RequestWorker<BenchRequest, BenchReply>;

const startWorker = (): BenchWorker =>
  allowedWorker(
    () => new Worker(new URL('./bench.worker.ts', import.meta.url), { type: 'module', name: 'bench' }),
  );

export class BenchClient {
  readonly #requests: WorkerRequests<BenchRequest, BenchReply>;

  /** The worker starts with the first request. */
  constructor(start: () => BenchWorker = startWorker) {
    this.#requests = new WorkerRequests<BenchRequest, BenchReply>(start, plainFailures);
  }

  /** Rejects with an Error for the person when the worker fails or is lost. */
  open(request: Omit<OpenRequest, 'id' | 'name'>): Promise<OpenedBench | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ ...request, id, name: 'open' }),
      (reply) => (reply.type === 'opened' ? reply.opened : reply.type === 'refused' ? reply : undefined),
    );
  }

  /** Rejects with the signal's reason once the worker has stopped, or with an Error for the person. */
  train(
    request: Omit<TrainRequest, 'id' | 'name'>,
    onProgress: (progress: BenchProgress) => void,
    signal: AbortSignal,
  ): Promise<TrainedBench | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ ...request, id, name: 'train' }),
      (reply) => {
        if (reply.type === 'event') onProgress(reply.event);
        return reply.type === 'trained' ? reply.trained : reply.type === 'refused' ? reply : undefined;
      },
      signal,
    );
  }

  /** Ends the worker, whatever it does; what still waits rejects. */
  close(): void {
    this.#requests.end(new Error('The training was closed.'));
  }
}
