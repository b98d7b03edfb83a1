// The page's side of the playground worker. One client holds one worker; whoever makes it closes it.
import type { Experiment } from '../participant/play/experiment.ts';
import type { PlayMade, PlayReply, PlayRequest } from './play-messages.ts';
import type { PlayRound } from '../participant/play/play-federation.ts';
import { allowOwnWorkers } from './worker-addresses.ts';

/** The part of a Worker that the client needs. */
export interface PlayWorker {
  postMessage(message: PlayRequest): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<PlayReply>) => void): void;
  addEventListener(type: 'error' | 'messageerror', listener: (event: Event) => void): void;
  terminate(): void;
}

function startWorker(): PlayWorker {
  allowOwnWorkers();
  return new Worker(new URL('./play.worker.ts', import.meta.url), { type: 'module', name: 'play' });
}

interface Waiting {
  readonly resolve: (reply: PlayReply) => void;
  readonly reject: (error: Error) => void;
}

export class PlayClient {
  readonly #start: () => PlayWorker;
  #worker: PlayWorker | undefined;
  #waiting = new Map<number, Waiting>();
  #next = 1;

  /** The worker starts with the first request. */
  constructor(start: () => PlayWorker = startWorker) {
    this.#start = start;
  }

  /** Rejects with an Error for the person when the worker is lost or fails. */
  async make(experiment: Experiment): Promise<readonly PlayMade[]> {
    const reply = await this.#ask((id) => ({ id, name: 'make', experiment }));
    return reply.type === 'made' ? reply.sides : [];
  }

  /** The next round of each setting; null for one that could not be made. */
  async round(): Promise<readonly (PlayRound | null)[]> {
    const reply = await this.#ask((id) => ({ id, name: 'round' }));
    return reply.type === 'round' ? reply.sides : [];
  }

  /** What still waits rejects. */
  close(): void {
    this.#lose(new Error('The playground was closed.'));
  }

  #ask(request: (id: number) => PlayRequest): Promise<PlayReply> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#running().postMessage(request(id));
    });
  }

  #running(): PlayWorker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = this.#start();
    worker.addEventListener('message', ({ data }) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.type === 'failure') waiting?.reject(new Error(data.message));
      else waiting?.resolve(data);
    });
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
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(error);
  }
}
