// socket.io in and out: the control plane. Every message is read by its schema before anybody acts on it, every handler is
// guarded, and nothing that a connection sends can end the process. Weights never travel here.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Server, type Socket } from 'socket.io';
import * as v from 'valibot';
import type { ParticipantId } from '#lib/core/ids.ts';
import {
  Handshake,
  isProven,
  participantOf,
  TOKEN_EVENT,
  type AccessToken,
} from '#lib/protocol/handshake.ts';
import { MAXIMUM_MESSAGE_BYTES, PROTOCOL_VERSION } from '#lib/protocol/limits.ts';
import { clientMessages, type Answer } from '#lib/protocol/messages.ts';
import type { Reputation } from '../coordinator/reputation.ts';
import type { Connection } from '../coordinator/connection.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { refused, type ClientMessage } from '../coordinator/messages.ts';
import { audiencesOf, callerOf, isAllowedOrigin, type Site } from '../http/site.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { RecordsFull } from '../ports/records.ts';
import {
  connectionCounter,
  messageRate,
  MOST_MALFORMED,
  MOST_UNSENT_BYTES,
  rateLimiter,
  unsentBytes,
} from './guard.ts';
import { TOKEN_RENEWED_EVERY_MS, type Tokens } from './tokens.ts';

export interface GatewayParts {
  readonly coordinator: Coordinator;
  readonly tokens: Tokens;
  readonly reputation: Reputation;
  readonly site: Site;
  readonly clock: Clock;
  readonly log: Log;
  readonly mostConnections: number;
  readonly mostConnectionsByAddress: number;
}

export interface Gateway {
  readonly connections: number;
  close(): Promise<void>;
}

/** How long a WebSocket may stay without saying who it is. */
const CONNECT_TIMEOUT_MS = 10_000;

/** The number of the connection that a request opened. */
type ReadonlyNumbers = Pick<WeakMap<IncomingMessage, string>, 'get'>;

type Acknowledge = (answer: Answer) => void;
const isAcknowledge = (value: unknown): value is Acknowledge => typeof value === 'function';

const clientMessage = v.variant('name', [
  v.object({ name: v.literal('watch'), message: clientMessages.watch }),
  v.object({ name: v.literal('check-in'), message: clientMessages['check-in'] }),
  v.object({ name: v.literal('check-out'), message: clientMessages['check-out'] }),
  v.object({ name: v.literal('progress'), message: clientMessages.progress }),
  v.object({ name: v.literal('evaluation'), message: clientMessages.evaluation }),
  v.object({ name: v.literal('withdraw'), message: clientMessages.withdraw }),
  v.object({ name: v.literal('sum-advert'), message: clientMessages['sum-advert'] }),
  v.object({ name: v.literal('sum-nonce'), message: clientMessages['sum-nonce'] }),
  v.object({ name: v.literal('sum-keys'), message: clientMessages['sum-keys'] }),
  v.object({ name: v.literal('sum-consent'), message: clientMessages['sum-consent'] }),
  v.object({ name: v.literal('sum-reveal'), message: clientMessages['sum-reveal'] }),
  v.object({ name: v.literal('survey-answer'), message: clientMessages['survey-answer'] }),
  v.object({ name: v.literal('survey-declined'), message: clientMessages['survey-declined'] }),
]);

/** Mounts socket.io on a server; every other upgrade is left to others where `sharesUpgrades` (Vite's own WebSocket). */
export function openGateway(
  server: HttpServer | HttpsServer,
  parts: GatewayParts,
  sharesUpgrades = false,
): Gateway {
  const { site, clock } = parts;
  const counter = connectionCounter(parts.mostConnections, parts.mostConnectionsByAddress);
  const io = new Server(server, {
    transports: ['websocket'],
    perMessageDeflate: false,
    httpCompression: false,
    serveClient: false,
    maxHttpBufferSize: MAXIMUM_MESSAGE_BYTES,
    pingInterval: 10_000,
    pingTimeout: 15_000,
    connectTimeout: CONNECT_TIMEOUT_MS,
    destroyUpgrade: !sharesUpgrades,
    allowRequest(request: IncomingMessage, decide) {
      const { address } = callerOf(site, request);
      if (!isAllowedOrigin(site, request)) decide('A page of another site may not connect.', false);
      else if (!counter.mayConnect(address)) decide('Too many connections from this address.', false);
      else decide(null, true);
    },
  });
  // What a device signs to prove who it is: nobody can know it before, and no two connections have the same.
  const numbers = new WeakMap<IncomingMessage, string>();
  io.engine.generateId = (request: IncomingMessage): string => {
    const number = randomBytes(16).toString('base64url');
    numbers.set(request, number);
    return number;
  };
  // Counted from the WebSocket on, so that those who never say who they are count too.
  io.engine.on(
    'connection',
    (socket: { request: IncomingMessage; once(event: 'close', listener: () => void): void }) => {
      socket.once('close', counter.connected(callerOf(site, socket.request).address));
    },
  );

  io.use((socket, next) => {
    const read = v.safeParse(Handshake, socket.handshake.auth);
    if (!read.success)
      return next(new Error('The handshake could not be read. Reload the page, or update the program.'));
    socket.data = read.output;
    doubtOf(read.output, socket.request, site, numbers).then(
      (doubt) => next(doubt === undefined ? undefined : new Error(doubt)),
      (error: unknown) => {
        parts.log.error({ error: String(error) }, 'a handshake could not be checked');
        next(new Error('The server could not check the handshake. Its log says more.'));
      },
    );
  });
  io.on('connection', (socket) => serve(socket, parts, clock));

  return {
    get connections() {
      return counter.count;
    },
    async close() {
      // Not io.close(), which would close the HTTP server as well: whoever opened that closes it.
      io.disconnectSockets(true);
      io.engine.close();
      io.removeAllListeners();
    },
  };
}

/** Why a handshake is not believed; undefined: it is. */
async function doubtOf(
  { protocol, proof }: Handshake,
  request: IncomingMessage,
  site: Site,
  numbers: ReadonlyNumbers,
): Promise<string | undefined> {
  if (protocol !== PROTOCOL_VERSION)
    return `This server speaks protocol ${PROTOCOL_VERSION}, not ${protocol}. Reload the page, or update the program.`;
  if (proof === null) return undefined;
  const audiences = audiencesOf(site, request);
  if (!audiences.includes(proof.audience))
    return `The device meant to speak to ${proof.audience}, and this is ${audiences.join(' or ')}. If these are one server, name it by --public-url or --allowed-origins; behind a reverse proxy start it with --trust-proxy.`;
  const number = numbers.get(request);
  if (number === undefined || !(await isProven(proof, number)))
    return 'The device could not prove that its key is its own. Reload the page, or update the program.';
  return undefined;
}

/** Sends the first token, and the next ones until the connection goes. */
function keepInTokens(
  socket: Socket,
  participant: ParticipantId,
  audience: string,
  parts: GatewayParts,
): void {
  let stop = (): void => {};
  const send = (): void => {
    socket.emit(TOKEN_EVENT, { token: parts.tokens.issue(participant, audience) } satisfies AccessToken);
    stop = parts.clock.after(TOKEN_RENEWED_EVERY_MS, send);
  };
  send();
  socket.on('disconnect', () => stop());
}

function serve(socket: Socket, parts: GatewayParts, clock: Clock): void {
  const { coordinator, log } = parts;
  const handshake = v.parse(Handshake, socket.data);
  const { proof } = handshake;
  const participant = proof === null ? null : participantOf(proof);
  const connection: Connection = {
    id: socket.id,
    participant,
    name: handshake.name,
    kind: handshake.kind,
    send: (name, message) => void socket.emit(name, message),
  };
  closeWhereUnread(socket, log);
  if (proof !== null && participant !== null) keepInTokens(socket, participant, proof.audience, parts);
  const rate = rateLimiter(messageRate, clock.monotonic);
  let malformed = 0;

  const complain = (acknowledge: unknown, error: Parameters<typeof refused>[0], message: string): void => {
    malformed += 1;
    if (participant !== null) parts.reputation.note(participant, 'malformed');
    if (isAcknowledge(acknowledge)) acknowledge(refused(error, message));
    if (malformed < MOST_MALFORMED) return;
    log.warn(
      { connection: socket.id, participant: connection.participant },
      'a connection was closed: too many malformed messages',
    );
    // After the answer has left.
    setImmediate(() => socket.disconnect(true));
  };

  socket.onAny((name: unknown, ...received: unknown[]) => {
    const acknowledge = received.at(-1);
    if (!rate.take()) {
      if (isAcknowledge(acknowledge))
        acknowledge(refused('too-many', 'Too many messages in a short time. Wait a moment.'));
      return;
    }
    if (typeof name !== 'string' || !Object.hasOwn(clientMessages, name))
      return complain(acknowledge, 'unknown-event', `There is no message “${String(name).slice(0, 40)}”.`);
    if (!isAcknowledge(acknowledge) || received.length !== 2)
      return complain(acknowledge, 'malformed', 'A message is one object and a callback for the answer.');
    const read = v.safeParse(clientMessage, { name, message: received[0] });
    if (!read.success)
      return complain(
        acknowledge,
        'malformed',
        `The message “${name}” could not be read: ${v.summarize(read.issues).slice(0, 500)}`,
      );
    const sent: ClientMessage = read.output;
    coordinator.receive(connection, sent).then(acknowledge, (error: unknown) => {
      if (error instanceof RecordsFull) {
        // No answer, for nothing was kept: the sender tells it again. Its connection stays, or all would come at once.
        log.error({ message: name, federation: sent.message.federation }, 'no room on disk for a message');
        return;
      }
      log.error(
        { message: name, error: error instanceof Error ? error.stack : String(error) },
        'a message could not be dealt with',
      );
      // No answer: the sender asks again once connected anew.
      socket.disconnect(true);
    });
  });
  socket.on('disconnect', () => coordinator.disconnected(connection));
  socket.on('error', (error) =>
    log.warn({ connection: socket.id, error: String(error) }, 'a connection failed'),
  );
}

/** Packets queue in engine.io while the WebSocket is not writable, without bound: `drain` says that the queue has left. */
function closeWhereUnread({ id, conn }: Socket, log: Log): void {
  const unsent = unsentBytes(MOST_UNSENT_BYTES);
  conn.on('drain', () => unsent.left());
  conn.on('packetCreate', ({ data }: { readonly data?: unknown }) => {
    if (unsent.made(typeof data === 'string' ? data.length : 0)) return;
    log.warn({ connection: id }, 'a connection was closed: it does not read what it is sent');
    // Not socket.disconnect(), which waits until all that is queued was read.
    conn.close(true);
  });
}
