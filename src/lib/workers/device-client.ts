// The page's side of the device worker. One client holds one worker; whoever makes it closes it.
import type { DeviceEvent, DeviceReply, DeviceRequestMessage, DeviceRequests } from './device-messages.ts';
import { allowedWorker, detailOf, failureWords } from './worker-requests.ts';

/** A request failed: `kind` is a short code, `message` a sentence for the person. */
export class DeviceFailure extends Error {
  override readonly name = 'DeviceFailure';
  constructor(
    readonly kind: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The part of a Worker that the client needs. */
export interface DeviceWorker {
  postMessage(message: DeviceRequestMessage, transfer?: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<DeviceReply>) => void): void;
  addEventListener(type: 'error' | 'messageerror', listener: (event: Event) => void): void;
  terminate(): void;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (failure: DeviceFailure) => void;
}

export const startDeviceWorker = (): DeviceWorker =>
  allowedWorker(
    () => new Worker(new URL('./device.worker.ts', import.meta.url), { type: 'module', name: 'device' }),
  );

export class DeviceClient {
  readonly #worker: DeviceWorker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #handlers = new Set<(event: DeviceEvent) => void>();
  readonly #onLost = new Set<(failure: DeviceFailure) => void>();
  #next = 1;
  #lost: DeviceFailure | undefined;

  constructor(worker: DeviceWorker = startDeviceWorker()) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }) => this.#receive(data));
    const lost = (event: Event): void => {
      this.#lose(
        new DeviceFailure(
          'worker-lost',
          `What computes on this device stopped unexpectedly${detailOf(event)}. Reload the page; nothing that was acknowledged is lost.`,
        ),
        true,
      );
    };
    worker.addEventListener('error', lost);
    worker.addEventListener('messageerror', lost);
  }

  /** Rejects with DeviceFailure. Buffers in `transfer` belong to the worker from then on. */
  request<Name extends keyof DeviceRequests>(
    name: Name,
    request: DeviceRequests[Name]['request'],
    transfer: Transferable[] = [],
  ): Promise<DeviceRequests[Name]['result']> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      // The worker answers a request of this name with the result of this name; the table of waiting ones cannot say so.
      this.#waiting.set(id, {
        resolve: (result) => resolve(result as DeviceRequests[Name]['result']),
        reject,
      });
      this.#worker.postMessage({ id, name, request } as DeviceRequestMessage, transfer);
    });
  }

  /** Returns its own undoing. */
  onEvent(handler: (event: DeviceEvent) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** The worker ended by itself, whether or not anything waited for it. Returns its own undoing. */
  onLost(handler: (failure: DeviceFailure) => void): () => void {
    this.#onLost.add(handler);
    return () => this.#onLost.delete(handler);
  }

  /** Ends the worker; what still waits rejects. What is in the store goes on at the next visit. */
  close(): void {
    this.#lose(new DeviceFailure('closed', 'The page was closed.'));
  }

  #receive(reply: DeviceReply): void {
    if (reply.type === 'event') {
      for (const handler of this.#handlers) handler(reply.event);
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    switch (reply.type) {
      case 'result':
        return waiting?.resolve(reply.result);
      case 'failure':
        return waiting?.reject(new DeviceFailure(reply.kind, failureWords(reply.message)));
      case 'cancelled':
        return waiting?.reject(new DeviceFailure('cancelled', 'It was cancelled.'));
      default:
        return reply satisfies never;
    }
  }

  #lose(failure: DeviceFailure, byItself = false): void {
    this.#lost = failure;
    this.#worker.terminate();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(failure);
    if (byItself) for (const handler of this.#onLost) handler(failure);
  }
}
