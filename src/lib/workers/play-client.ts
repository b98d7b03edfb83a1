// The page's side of the playground worker. One client holds one worker; whoever makes it closes it.
import type { Experiment } from '../participant/play/experiment.ts';
import type { PlayRound } from '../participant/play/play-federation.ts';
import type { PlayReference } from '../participant/play/play-references.ts';
import type { PlayMade, PlayReply, PlayRequest } from './play-messages.ts';
import { allowedWorker, plainFailures, WorkerRequests, type RequestWorker } from './worker-requests.ts';

export type PlayWorker = RequestWorker<PlayRequest, PlayReply>;

const startWorker = (): PlayWorker =>
  allowedWorker(
    () => new Worker(new URL('./play.worker.ts', import.meta.url), { type: 'module', name: 'play' }),
  );

export class PlayClient {
  readonly #requests: WorkerRequests<PlayRequest, PlayReply>;

  /** The worker starts with the first request. */
  constructor(start: () => PlayWorker = startWorker) {
    this.#requests = new WorkerRequests<PlayRequest, PlayReply>(start, plainFailures);
  }

  /** Rejects with an Error for the person when the worker is lost or fails. */
  make(experiment: Experiment): Promise<readonly PlayMade[]> {
    return this.#requests.ask(
      (id) => ({ id, name: 'make', experiment }),
      (reply) => (reply.type === 'made' ? reply.sides : undefined),
    );
  }

  /** The next round of each setting; null for one that could not be made. */
  round(): Promise<readonly (PlayRound | null)[]> {
    return this.#requests.ask(
      (id) => ({ id, name: 'round' }),
      (reply) => (reply.type === 'round' ? reply.sides : undefined),
    );
  }

  /** One more pass of what the first setting is held against; null where it could not be made. */
  reference(): Promise<PlayReference | null> {
    return this.#requests.ask(
      (id) => ({ id, name: 'reference' }),
      (reply) => (reply.type === 'reference' ? reply.reference : undefined),
    );
  }

  /** What still waits rejects. */
  close(): void {
    this.#requests.end(new Error('The playground was closed.'));
  }
}
