// 10,000 connections that say nothing, to the real server on loopback, while headless participants go through rounds: the
// rounds go on, and the memory is bounded. Ends by itself after about 20 s.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { digitsFederation } from '../server/demo/demo-federations.ts';
import { startCommand } from '../test/support/command.ts';
import { signedIn } from '../test/support/coordinator-client.ts';
import { serverProcess } from '../test/support/server-process.ts';
import type { Row } from './row.ts';

const connections = 10_000;
const atOnce = 200;
const roundsWhileOpen = 2;

/** Resident megabytes of a process, by Linux's own account; undefined elsewhere. */
function residentMegabytes(pid: number): number | undefined {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1000;
  } catch {
    return undefined;
  }
}

const handshake = (host: string): string =>
  [
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n');

/** Opens a WebSocket, and then says nothing; resolves once the server has agreed to it. */
async function silent(url: URL): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname);
  await once(socket, 'connect');
  const answered = once(socket, 'data');
  socket.write(handshake(url.host));
  await answered;
  socket.on('error', () => socket.destroy()); // closed by the server at the end
  return socket;
}

export async function run(): Promise<Row[]> {
  const server = await serverProcess({
    arguments: ['--log-level', 'warn', '--most-connections-by-address', String(2 * connections)],
  });
  const { pid } = server;
  const coordinator = await signedIn(server.signInUrl);
  const { id } = await coordinator.create(digitsFederation(2).spec, 'digits');
  await coordinator.act(id, 'start');
  const clients = startCommand([
    'participate',
    '--url',
    server.url,
    '--federation',
    id,
    '--sample',
    '--clients',
    '2',
    '--json',
  ]);
  const sockets: Socket[] = [];
  try {
    await coordinator.until(id, (view) => view.head.version >= 1, 60_000);
    const before = residentMegabytes(pid);
    const started = Date.now();
    while (sockets.length < connections)
      sockets.push(...(await Promise.all(Array.from({ length: atOnce }, () => silent(new URL(server.url))))));
    const seconds = (Date.now() - started) / 1000;
    const from = (await coordinator.federation(id)).head.version;
    await coordinator.until(id, (view) => view.head.version >= from + roundsWhileOpen, 60_000);
    const open = sockets.filter((socket) => !socket.destroyed).length;
    const after = residentMegabytes(pid);
    const grown = before === undefined || after === undefined ? Number.NaN : Math.round(after - before);
    return [
      {
        name: 'silent connections open while rounds went on',
        value: open,
        unit: '',
        target: `all ${connections}`,
        ok: open === connections,
      },
      { name: 'rounds committed meanwhile', value: roundsWhileOpen, unit: 'rounds', target: null, ok: true },
      { name: 'opening them all', value: Number(seconds.toFixed(1)), unit: 's', target: null, ok: true },
      {
        name: 'resident memory more than before',
        value: grown,
        unit: 'MB',
        target: '≤ 400 MB',
        ok: !(grown > 400),
      },
    ];
  } finally {
    for (const socket of sockets) socket.destroy();
    await clients.stop();
    await server.close();
  }
}
