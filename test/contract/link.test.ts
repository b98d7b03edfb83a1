import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { Server } from 'socket.io';
import { expect, test } from 'vitest';
import { createMemoryLink } from '#lib/adapters/memory/link.ts';
import { memoryIdentity } from '#lib/adapters/memory/identity.ts';
import { createSocketLink, type SocketLink } from '#lib/adapters/socketio/link.ts';
import { bytesOf } from '#lib/core/digest.ts';
import { TOKEN_EVENT } from '#lib/protocol/handshake.ts';
import { PROTOCOL_VERSION } from '#lib/protocol/limits.ts';
import { clientMessages, type ClientMessages } from '#lib/protocol/messages.ts';
import type { UpdateOffer } from '#lib/protocol/http.ts';
import { linkContract, type LinkBench, type PlayedCoordinator } from './link.ts';

linkContract('in memory', async (coordinator) => {
  const link = createMemoryLink({
    answer: (name, message) => coordinator.answer(name, message),
    parameters: async () => coordinator.parameters,
    blob: async () => new Uint8Array(coordinator.parameters.slice().buffer),
    upload: async (_federation, offer, bytes) => coordinator.upload(offer, bytes),
    federation: async () => undefined,
    round: async () => undefined,
    log: async () => undefined,
  });
  return {
    link,
    connect: async () => link.connect(),
    cut: async () => link.cut(),
    deliver: (name, message) => link.deliver(name, message),
    close: async () => link.close(),
  };
});

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

interface SocketBench extends LinkBench {
  readonly link: SocketLink;
  readonly malformed: string[];
  readonly handshakes: unknown[];
  emit(name: string, message: unknown): void;
}

/** A plain socket.io and HTTP server on loopback: opened at the first connect, torn down at each cut. */
async function socketBench(coordinator: PlayedCoordinator): Promise<SocketBench> {
  let offer: UpdateOffer | undefined;
  const http = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const answer = (value: unknown): void =>
        void response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
      if (request.url?.startsWith('/api/parameters/') === true) response.end(bytesOf(coordinator.parameters));
      else if (request.method === 'POST') {
        offer = JSON.parse(body.toString()) as UpdateOffer;
        answer({ type: 'upload', upload: 'u', offset: 0 });
      } else if (offer !== undefined) answer(coordinator.upload(offer, new Uint8Array(body)));
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const handshakes: unknown[] = [];
  const malformed: string[] = [];
  let isOpen = false;
  const io = new Server(http, {
    transports: ['websocket'],
    serveClient: false,
    allowRequest: (_request, allow) => allow(null, isOpen),
  });
  io.on('connection', (socket) => {
    handshakes.push(socket.handshake.auth);
    socket.emit(TOKEN_EVENT, { token: 'a token' });
    for (const name of Object.keys(clientMessages) as (keyof ClientMessages)[])
      socket.on(
        name,
        (message: unknown, answer: (value: unknown) => void) =>
          void coordinator.answer(name, message).then(answer),
      );
  });
  const identity = await memoryIdentity();
  const link = createSocketLink({
    url: `http://127.0.0.1:${address.port}/f/digits`,
    kind: 'headless',
    identity: async () => ({ identity, name: 'Ada' }),
    uniform: () => 0,
    reconnectMostMs: 50,
    onMalformed: (name) => malformed.push(name),
  });
  const becomes = (state: typeof link.state): Promise<void> =>
    new Promise((resolve) => {
      if (link.state === state) return resolve();
      const undo = link.onState((next) => {
        if (next !== state) return;
        undo();
        resolve();
      });
    });
  return {
    link,
    malformed,
    handshakes,
    connect() {
      isOpen = true;
      return becomes('connected');
    },
    async cut() {
      isOpen = false;
      const cut = becomes('offline');
      // The connection breaks, as a cable does: without a goodbye of socket.io.
      for (const socket of await io.fetchSockets()) io.sockets.sockets.get(socket.id)?.conn.transport.close();
      await cut;
    },
    deliver: (name, message) => void io.emit(name, message),
    emit: (name, message) => void io.emit(name, message),
    async close() {
      link.close();
      await io.close();
    },
  };
}

linkContract('over socket.io and HTTP', socketBench);

const played: PlayedCoordinator = {
  answer: async () => ({ ok: true, view: null }),
  parameters: Float32Array.of(1),
  upload: () => ({ type: 'refused', refusal: { kind: 'duplicate', round: 1 }, message: '' }),
};

test('the socket link says who it is at each connection, in the handshake of the protocol', async () => {
  const bench = await socketBench(played);
  await bench.connect();
  bench.link.reconnect();
  await bench.link.send('watch', { federation: 'digits' as never }).catch(() => undefined);
  await bench.connect();
  expect(bench.handshakes).toHaveLength(2);
  expect(bench.handshakes[1]).toEqual({
    protocol: PROTOCOL_VERSION,
    kind: 'headless',
    name: 'Ada',
    proof: expect.objectContaining({ publicKey: expect.stringMatching(/^[0-9a-f]{64}$/) }),
  });
  await bench.close();
});

test('a message that its schema does not accept reaches nobody and is reported', async () => {
  const bench = await socketBench(played);
  await bench.connect();
  const heard: unknown[] = [];
  bench.link.on('abandoned', (message) => heard.push(message));
  bench.emit('abandoned', { federation: 'digits', round: 'seven', reason: 'x' });
  await bench.link.send('watch', { federation: 'digits' as never });
  expect(heard).toEqual([]);
  expect(bench.malformed).toEqual(['abandoned']);
  await bench.close();
});

test('an answer that cannot be read counts as none', async () => {
  const bench = await socketBench({ ...played, answer: async () => ({ ok: 'maybe' }) as never });
  await bench.connect();
  await expect(bench.link.send('watch', { federation: 'digits' as never })).rejects.toThrow(
    'could not be read',
  );
  await bench.close();
});
