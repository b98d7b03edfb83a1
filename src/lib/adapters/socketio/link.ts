// The way to the coordinator, in a browser's worker and in Node alike: control messages by socket.io (WebSocket only), bytes by
// HTTP on the same server. What arrives is read by its schema before anyone else sees it.
import { io, type Socket } from 'socket.io-client';
import * as v from 'valibot';
import type { Identity } from '../../ports/identity.ts';
import { LinkLost, type CoordinatorLink, type LinkState } from '../../ports/coordinator-link.ts';
import { LogReply } from '../../protocol/http.ts';
import { PROTOCOL_VERSION } from '../../protocol/limits.ts';
import { AccessToken, proofOf, TOKEN_EVENT, type Handshake } from '../../protocol/handshake.ts';
import { Answer, serverMessages, type ServerMessages } from '../../protocol/messages.ts';
import { FederationView, RoundView } from '../../protocol/views.ts';
import { createBearer } from './bearer.ts';
import {
  createByteCounter,
  frameBytes,
  REQUEST_HEADER_BYTES,
  RESPONSE_HEADER_BYTES,
  utf8Length,
} from './byte-counter.ts';
import { downloadBlob, downloadParameters } from './download.ts';
import { createRequests, readView } from './requests.ts';
import { uploadUpdate } from './upload.ts';

export interface SocketLinkOptions {
  /** "https://host:3000": what comes after is ignored. */
  readonly url: string;
  readonly kind: Handshake['kind'];
  /** Asked at each connection. Whoever only watches is nobody, and uploads nothing. */
  identity(): Promise<{ readonly identity: Identity | null; readonly name: string | null }>;
  /** A message that its schema does not accept: a server of another version, most likely. */
  readonly onMalformed?: (name: string, problem: string) => void;
  readonly fetch?: typeof fetch;
  readonly uniform?: () => number;
  /** The longest wait between two attempts to connect. */
  readonly reconnectMostMs?: number;
}

export interface SocketLink extends CoordinatorLink {
  /** Connects anew, as whom `identity` now says. */
  reconnect(): void;
}

const ANSWER_WITHIN_MS = 15_000;

export function createSocketLink(options: SocketLinkOptions): SocketLink {
  const counter = createByteCounter();
  const uniform = options.uniform ?? Math.random;
  const requests = createRequests(options.url, {
    counter,
    uniform,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });

  const socket: Socket = io(requests.origin, {
    transports: ['websocket'],
    // Its own connection: two links of one process must not share one.
    forceNew: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: options.reconnectMostMs ?? 10_000,
    // socket.io draws from delay · (1 ± factor): the widest it has.
    randomizationFactor: 1,
    timeout: 10_000,
    auth(give) {
      handshake().then(give, (cause) => {
        // Without a store there is no identity, and no connection: the link stays offline and says why.
        options.onMalformed?.('identity', String(cause));
        socket.disconnect();
      });
    },
  });
  async function handshake(): Promise<Handshake> {
    const { identity, name } = await options.identity();
    // Signed for this connection alone; one that was cut meanwhile is refused with it, and made anew.
    const proof = identity === null ? null : await proofOf(identity, requests.origin, socket.io.engine.id);
    return { protocol: PROTOCOL_VERSION, kind: options.kind, proof, name };
  }

  let state: LinkState = 'connecting';
  const stateHandlers = new Set<(state: LinkState) => void>();
  const become = (next: LinkState): void => {
    if (state === next) return;
    state = next;
    for (const handler of stateHandlers) handler(next);
  };
  socket.on('connect', () => become('connected'));
  socket.on('disconnect', (reason) => {
    become('offline');
    // socket.io does not come back by itself when the server closed the connection on purpose (a restart, a quota).
    if (reason === 'io server disconnect') reconnectLater();
  });
  socket.on('connect_error', () => {
    become('offline');
    // `active` says whether socket.io tries again by itself: not when the server refused the handshake.
    if (!socket.active) reconnectLater();
  });
  let reconnectTimer: ReturnType<typeof setTimeout> | undefined;
  const reconnectLater = (): void => {
    clearTimeout(reconnectTimer);
    reconnectTimer = setTimeout(() => socket.connect(), 500 + uniform() * 4_500);
  };

  const bearer = createBearer(
    () => socket.connected,
    () => {
      socket.disconnect();
      become('offline');
      reconnectLater();
    },
  );
  socket.on('disconnect', bearer.lost);
  socket.on(TOKEN_EVENT, (message: unknown) => {
    const read = v.safeParse(AccessToken, message);
    if (read.success) bearer.take(read.output.token);
    else options.onMalformed?.(TOKEN_EVENT, v.summarize(read.issues));
  });

  const countPackets = (): void => {
    counter.add('controlUp', REQUEST_HEADER_BYTES, 'connection');
    counter.add('controlDown', RESPONSE_HEADER_BYTES, 'connection');
    // A packet is its type, one character, and its data; none of ours is binary.
    const lengthOf = (packet: { data?: unknown }): number =>
      1 + (typeof packet.data === 'string' ? utf8Length(packet.data) : 0);
    socket.io.engine.on('packet', (packet) =>
      counter.add('controlDown', frameBytes(lengthOf(packet), false), packetName(packet)),
    );
    socket.io.engine.on('packetCreate', (packet) =>
      counter.add('controlUp', frameBytes(lengthOf(packet), true), packetName(packet)),
    );
  };
  socket.io.on('open', countPackets);

  return {
    get state() {
      return state;
    },
    get bytes() {
      return counter.bytes;
    },
    crossings: counter.crossings,
    async send(name, message) {
      // socket.io would keep it and send it after a reconnection, when it may be true no longer.
      if (!socket.connected) throw new LinkLost('There is no connection to the server.');
      let answer: unknown;
      try {
        answer = await socket.timeout(ANSWER_WITHIN_MS).emitWithAck(name, message);
      } catch (cause) {
        throw new LinkLost(`The server did not answer “${name}”.`, { cause });
      }
      const read = v.safeParse(Answer, answer);
      if (read.success) return read.output;
      options.onMalformed?.(name, v.summarize(read.issues));
      throw new LinkLost(`The server’s answer to “${name}” could not be read.`);
    },
    on<Name extends keyof ServerMessages>(name: Name, handler: (message: ServerMessages[Name]) => void) {
      const schema: v.GenericSchema<unknown, unknown> = serverMessages[name];
      const receive = (message: unknown): void => {
        const read = v.safeParse(schema, message);
        // The schema of this name makes the message of this name; the compiler cannot see it through the index.
        if (read.success) handler(read.output as ServerMessages[Name]);
        else options.onMalformed?.(name, v.summarize(read.issues));
      };
      const listener: (...received: unknown[]) => void = (message) => receive(message);
      socket.on(name as string, listener);
      return () => socket.off(name as string, listener);
    },
    onState(handler) {
      stateHandlers.add(handler);
      return () => stateHandlers.delete(handler);
    },
    onBytes: counter.onBytes,
    parameters: (digest, bytes, transfer) => downloadParameters(requests, digest, bytes, transfer),
    blob: (digest, bytes, transfer) => downloadBlob(requests, digest, bytes, transfer),
    upload: (federation, offer, bytes, transfer) =>
      uploadUpdate(requests, bearer, federation, offer, bytes, transfer),
    federation: (id) => readView(requests, `/api/federations/${id}`, FederationView),
    async round(id, round) {
      const rounds = await readView(
        requests,
        `/api/federations/${id}/rounds?before=${round + 1}&limit=1`,
        v.array(RoundView),
      );
      return rounds?.find((one) => one.round === round);
    },
    log(id, { since, contribution }) {
      const query = new URLSearchParams({ since: String(since) });
      if (contribution !== undefined) {
        query.set('round', String(contribution.round));
        query.set('participant', contribution.participant);
      }
      return readView(requests, `/api/federations/${id}/log?${query}`, LogReply, 'log');
    },
    reconnect() {
      bearer.forget();
      clearTimeout(reconnectTimer);
      socket.disconnect();
      become('connecting');
      socket.connect();
    },
    close() {
      clearTimeout(reconnectTimer);
      socket.disconnect();
      become('offline');
    },
  };
}

/** What a packet of engine.io carries: the event of socket.io (protocol 5: 2 event, 3 acknowledgement), by its name. */
export function packetName({ type, data }: { readonly type?: string; readonly data?: unknown }): string {
  if (type === 'ping' || type === 'pong') return 'heartbeat';
  if (typeof data !== 'string') return 'connection';
  if (data.startsWith('3')) return 'answer';
  return /^2\d*\["([a-z-]+)"/.exec(data)?.[1] ?? 'connection';
}
