// Sockets on loopback, few of them, against small bounds.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { silentLog } from '../ports/log.ts';
import { boundConnections, serverOptions, waits, type Bounds } from './bounds.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

interface Served {
  readonly port: number;
  readonly bounds: { readonly count: number };
  /** Requests to /held, which wait until they are let go. */
  readonly held: ServerResponse[];
  /** Resolves when the next request has come in. */
  request(): Promise<unknown>;
  /** Resolves when the server has seen every connection so far close. */
  gone(): Promise<unknown>;
}

async function serve(limits: Partial<Bounds>, options = serverOptions()): Promise<Served> {
  const held: ServerResponse[] = [];
  const server = createServer(options, (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/held') held.push(response);
    else response.end('here');
  });
  const bounds = boundConnections(server, {
    most: 100,
    mostByAddress: 100,
    tls: false,
    log: silentLog,
    ...limits,
  });
  const closings: Promise<unknown>[] = [];
  server.on('connection', (socket) =>
    closings.push(new Promise<void>((resolve) => socket.once('close', () => resolve()))),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    bounds,
    held,
    request: () => once(server, 'request'),
    gone: () => Promise.all(closings),
  };
}

interface Raw {
  readonly socket: Socket;
  /** All that it was sent, once it is closed. */
  readonly closed: Promise<string>;
}
async function dial({ port }: Served, localAddress = '127.0.0.1'): Promise<Raw> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  undo.push(() => void socket.destroy());
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (part: string) => (text += part));
  socket.on('error', () => {});
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  await once(socket, 'connect');
  return { socket, closed };
}
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** A connection in the middle of a request. */
async function hold(served: Served, localAddress?: string): Promise<Raw> {
  const came = served.request();
  const raw = await dial(served, localAddress);
  raw.socket.write(get('/held'));
  await came;
  return raw;
}
/** Answered on a connection of its own, or turned away. */
async function ask(served: Served, localAddress?: string): Promise<string> {
  const raw = await dial(served, localAddress);
  raw.socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  return raw.closed;
}

describe('the connections of the server', () => {
  test('are bounded over all addresses: whoever is beyond is told when to come again', async () => {
    const served = await serve({ most: 2 });
    await hold(served);
    await hold(served, '127.0.0.2');
    expect(served.bounds.count).toBe(2);
    const answer = await ask(served, '127.0.0.3');
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toMatch(/\r\nRetry-After: 5\r\n/);
    expect(answer).toMatch(/Too many connections/);
    expect(served.bounds.count).toBe(2);
    served.held[0]!.end();
    // The place of one that is answered is free for a newcomer.
    expect(await ask(served, '127.0.0.3')).toMatch(/^HTTP\/1\.1 200 [^]*here$/);
  });

  test('are bounded by address, and another address is served', async () => {
    const served = await serve({ mostByAddress: 1 });
    await hold(served);
    expect(await ask(served)).toMatch(/^HTTP\/1\.1 503 /);
    expect(await ask(served, '127.0.0.2')).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('are bounded over all alone behind a proxy, from whose address all come', async () => {
    const served = await serve({ most: 3, mostByAddress: null });
    await hold(served);
    await hold(served);
    expect(await ask(served)).toMatch(/^HTTP\/1\.1 200 /);
    await hold(served);
    expect(await ask(served)).toMatch(/^HTTP\/1\.1 503 /);
  });

  test('without a request make room for newcomers of their address, the longest idle first', async () => {
    const served = await serve({ mostByAddress: 2 });
    const other = await dial(served, '127.0.0.2');
    const silent = await dial(served);
    const slow = await dial(served);
    slow.socket.write('GET / HTTP/1.1\r\nHost:');
    const came = await hold(served);
    expect(await silent.closed).toBe('');
    await hold(served);
    expect(await slow.closed).toBe('');
    expect([other.socket.destroyed, came.socket.destroyed]).toEqual([false, false]);
    expect(await ask(served)).toMatch(/^HTTP\/1\.1 503 /);
  });

  test('are not counted any more once they are closed', async () => {
    const served = await serve({ mostByAddress: 1 });
    for (let again = 0; again < 5; again += 1) expect(await ask(served)).toMatch(/^HTTP\/1\.1 200 /);
    await served.gone();
    expect(served.bounds.count).toBe(0);
  });

  test('that send their headers byte by byte, or nothing, are cut', async () => {
    const served = await serve({}, serverOptions({ ...waits, headersMs: 50, everyMs: 10 }));
    const silent = await dial(served);
    const slow = await dial(served);
    slow.socket.write('GET / HTTP/1.1\r\nX-Slow: a');
    const drip = setInterval(() => slow.socket.write('a'), 5);
    undo.push(() => clearInterval(drip));
    expect(await slow.closed).toMatch(/^HTTP\/1\.1 408 /);
    await silent.closed;
    await served.gone();
    expect(served.bounds.count).toBe(0);
  });
});
