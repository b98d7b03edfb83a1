// A link without a wire: a test or a simulation plays the coordinator, and cuts and mends the line by hand. What is
// handed over is copied, as a wire would.
import type { Digest, FederationId, RoundNumber } from '../../core/ids.ts';
import {
  LinkLost,
  type CoordinatorLink,
  type Crossing,
  type LinkBytes,
  type LinkState,
  type LogQuestion,
  type TransferOptions,
} from '../../ports/coordinator-link.ts';
import type { LogReply, UpdateOffer, UpdateReply } from '../../protocol/http.ts';
import type { Answer, ClientMessages, ServerMessages } from '../../protocol/messages.ts';
import type { FederationView, RoundView } from '../../protocol/views.ts';

/** The other end. A method may take its time; what it says after the line was cut is lost. */
export interface MemoryCoordinator {
  answer<Name extends keyof ClientMessages>(name: Name, message: ClientMessages[Name]): Promise<Answer>;
  parameters(digest: Digest): Promise<Float32Array<ArrayBuffer>>;
  blob(digest: Digest): Promise<Uint8Array<ArrayBuffer>>;
  upload(federation: FederationId, offer: UpdateOffer, bytes: Uint8Array): Promise<UpdateReply>;
  federation(id: FederationId): Promise<FederationView | undefined>;
  round(id: FederationId, round: RoundNumber): Promise<RoundView | undefined>;
  log(id: FederationId, question: LogQuestion): Promise<LogReply | undefined>;
}

/** As many as the link over a wire keeps. */
const MOST_CROSSINGS = 500;

export interface MemoryLink extends CoordinatorLink {
  connect(): void;
  /** The line goes: what was under way is lost. */
  cut(): void;
  /** From the coordinator to this device; nothing arrives on a cut line. */
  deliver<Name extends keyof ServerMessages>(name: Name, message: ServerMessages[Name]): void;
}

export function createMemoryLink(coordinator: MemoryCoordinator): MemoryLink {
  let state: LinkState = 'connecting';
  let bytes: LinkBytes = { modelDown: 0, updateUp: 0, controlUp: 0, controlDown: 0 };
  const handlers: { [Name in keyof ServerMessages]: Set<(message: ServerMessages[Name]) => void> } = {
    federation: new Set(),
    configured: new Set(),
    committed: new Set(),
    abandoned: new Set(),
    superseded: new Set(),
    'turned-away': new Set(),
    'come-back': new Set(),
    'sum-roster': new Set(),
    'sum-nonces': new Set(),
    'sum-forward': new Set(),
    'sum-question': new Set(),
    'sum-consents': new Set(),
    survey: new Set(),
    'survey-ended': new Set(),
  };
  const stateHandlers = new Set<(state: LinkState) => void>();
  const byteHandlers = new Set<(bytes: LinkBytes) => void>();
  const cuts = new Set<() => void>();

  const become = (next: LinkState): void => {
    if (state === next) return;
    state = next;
    for (const handler of stateHandlers) handler(next);
  };
  const crossings: Crossing[] = [];
  const count = (kind: keyof LinkBytes, more: number, what: string): void => {
    bytes = { ...bytes, [kind]: bytes[kind] + more };
    crossings.push({ at: Date.now(), kind, what, bytes: more, times: 1 });
    if (crossings.length > MOST_CROSSINGS) crossings.shift();
    for (const handler of byteHandlers) handler(bytes);
  };
  /** The result of `work`, unless the line is cut or the transfer stopped before it comes. */
  const overTheLine = <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      if (state !== 'connected') return reject(new LinkLost('There is no connection.'));
      const lost = (): void => reject(new LinkLost('The connection went.'));
      const stopped = (): void => reject(signal?.reason);
      cuts.add(lost);
      signal?.addEventListener('abort', stopped);
      work()
        .then(resolve, reject)
        .finally(() => {
          cuts.delete(lost);
          signal?.removeEventListener('abort', stopped);
        });
    });
  const done = (options: TransferOptions | undefined): void => options?.onProgress?.(1);

  return {
    get state() {
      return state;
    },
    get bytes() {
      return bytes;
    },
    crossings,
    send(name, message) {
      count('controlUp', JSON.stringify(message).length, name);
      return overTheLine(() => coordinator.answer(name, structuredClone(message)));
    },
    on(name, handler) {
      handlers[name].add(handler);
      return () => handlers[name].delete(handler);
    },
    onState(handler) {
      stateHandlers.add(handler);
      return () => stateHandlers.delete(handler);
    },
    onBytes(handler) {
      byteHandlers.add(handler);
      return () => byteHandlers.delete(handler);
    },
    parameters: (digest, length, options) =>
      overTheLine(async () => {
        const parameters = (await coordinator.parameters(digest)).slice();
        count('modelDown', length, 'model');
        done(options);
        return parameters;
      }, options?.signal),
    blob: (digest, length, options) =>
      overTheLine(async () => {
        const blob = (await coordinator.blob(digest)).slice();
        count('modelDown', length, 'model');
        done(options);
        return blob;
      }, options?.signal),
    upload: (federation, offer, update, options) =>
      overTheLine(async () => {
        count('updateUp', update.byteLength, 'update');
        const reply = await coordinator.upload(federation, structuredClone(offer), update.slice());
        done(options);
        return reply;
      }, options?.signal),
    federation: (id) => overTheLine(() => coordinator.federation(id)),
    round: (id, round) => overTheLine(() => coordinator.round(id, round)),
    log: (id, question) => overTheLine(() => coordinator.log(id, question)),
    close: () => become('offline'),
    connect: () => become('connected'),
    cut() {
      const lost = [...cuts];
      cuts.clear();
      become('offline');
      for (const one of lost) one();
    },
    deliver(name, message) {
      if (state !== 'connected') return;
      count('controlDown', JSON.stringify(message).length, name);
      for (const handler of handlers[name]) handler(structuredClone(message));
    },
  };
}
