// How many sockets the HTTP server holds, and for how long one may keep it waiting. Counted before a byte is read, so that
// those who never send a request count too. WebSockets leave this count when they become one: the gateway has its own, by the
// same limits, and by the address that a proxy names.
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { connectionCounter } from '../gateway/guard.ts';
import type { Log } from '../ports/log.ts';

export interface Waits {
  /** Until the headers of a request are whole; counted from the connection on for the first one. */
  readonly headersMs: number;
  /** Until a request is whole: a phone's uplink may need minutes for one piece. */
  readonly requestMs: number;
  /** Between two requests of one connection. */
  readonly idleMs: number;
  /** How often the first two are looked at. */
  readonly everyMs: number;
}
export const waits: Waits = {
  headersMs: 20_000,
  requestMs: 15 * 60_000,
  idleMs: 15_000,
  // Node's own 30 s would more than double the time that a connection which sends its headers byte by byte may take.
  everyMs: 5_000,
};

export const serverOptions = (wait: Waits = waits): ServerOptions => ({
  headersTimeout: wait.headersMs,
  requestTimeout: wait.requestMs,
  keepAliveTimeout: wait.idleMs,
  connectionsCheckingInterval: wait.everyMs,
});
/** A TLS handshake comes before any header. */
export const HANDSHAKE_MS = 10_000;

export interface Bounds {
  readonly most: number;
  /** Null behind a proxy, from whose address all come: it has to bound its visitors itself. */
  readonly mostByAddress: number | null;
  /** The server speaks TLS: whoever is turned away before the handshake can be told nothing. */
  readonly tls: boolean;
  readonly log: Log;
}

/** How long one that was turned away may take to read why, and how many at one time may. */
const FAREWELL_MS = 1_000;
const MOST_FAREWELLS = 100;

const MESSAGE = 'Too many connections. Try again shortly.';
const FAREWELL =
  `HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n` +
  `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(MESSAGE)}\r\n\r\n${MESSAGE}`;

interface Guest {
  readonly socket: Socket;
  readonly address: string;
  /** Requests of it that are not answered yet. */
  requests: number;
  readonly leave: () => void;
}

/** One connection's name, the same for a TLS socket and for the socket beneath it. */
const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/**
 * Bounds the sockets of a server. A newcomer beyond the bounds takes the place of the connection that has been without a
 * request for longest, its own address's where that is what is full: browsers hold such connections on speculation, six a
 * page, and a class shares an address. Where every connection is in the middle of a request, the newcomer is answered 503.
 */
export function boundConnections(server: Server | HttpsServer, bounds: Bounds): { readonly count: number } {
  const { most, mostByAddress, tls, log } = bounds;
  const counter = connectionCounter(most, mostByAddress ?? most);
  /** In the order in which they fell idle. */
  const guests = new Map<string, Guest>();
  let farewells = 0;

  const longestIdle = (address: string): Guest | undefined => {
    const isAddressFull = counter.countOf(address) >= (mostByAddress ?? most);
    for (const guest of guests.values())
      if (guest.requests === 0 && (!isAddressFull || guest.address === address)) return guest;
    return undefined;
  };

  function turnAway(socket: Socket): void {
    socket.on('error', () => {});
    log.warn({ address: socket.remoteAddress }, 'a connection was turned away: there are too many');
    if (tls || farewells >= MOST_FAREWELLS) {
      socket.destroy();
      return;
    }
    farewells += 1;
    const cut = setTimeout(() => socket.destroy(), FAREWELL_MS);
    socket.once('close', () => {
      farewells -= 1;
      clearTimeout(cut);
    });
    // What it has sent is read away: closing over unread bytes would take the answer from it (RFC 9112, §9.6).
    socket.resume();
    socket.end(FAREWELL);
  }

  /** True: it may come in. */
  function admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? 'unknown';
    if (!counter.mayConnect(address)) {
      const idle = longestIdle(address);
      if (idle === undefined) return false;
      idle.leave();
      idle.socket.destroy();
      if (!counter.mayConnect(address)) return false;
    }
    const name = nameOf(socket);
    const uncount = counter.connected(address);
    const guest: Guest = {
      socket,
      address,
      requests: 0,
      leave() {
        uncount();
        if (guests.get(name) === guest) guests.delete(name);
      },
    };
    guests.set(name, guest);
    socket.once('close', guest.leave);
    return true;
  }

  // In place of Node's own listeners, which would begin to read requests from a socket that is to be turned away.
  const listeners = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (!admit(socket)) return turnAway(socket);
    for (const listener of listeners) Reflect.apply(listener, server, [socket]);
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const name = nameOf(request.socket);
    const guest = guests.get(name);
    if (guest === undefined) return;
    guest.requests += 1;
    response.once('close', () => {
      guest.requests -= 1;
      // Idle from now on: behind all that were before.
      if (guest.requests === 0 && guests.delete(name)) guests.set(name, guest);
    });
  });
  server.on('upgrade', (request: IncomingMessage) => {
    if (request.url?.startsWith('/socket.io/') === true) guests.get(nameOf(request.socket))?.leave();
  });
  return {
    get count() {
      return counter.count;
    },
  };
}
