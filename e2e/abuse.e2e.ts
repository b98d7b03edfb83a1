// The real process under abuse while two devices train: thousands of connections that say nothing, addresses that climb out of
// folders, bodies without end, broken frames, and pages of other sites. It goes on serving, and the rounds commit.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, test } from '@playwright/test';
import { patientsFederation } from '../server/demo/demo-federations.ts';
import { rawSocket, type RawSocket } from '../test/simulation/raw-socket.ts';
import { startCommand } from '../test/support/command.ts';
import { signedIn, type CoordinatorClient } from '../test/support/coordinator-client.ts';
import { serverProcess, type ServerProcess } from '../test/support/server-process.ts';

const silentTcp = 1_000;
const silentWebSockets = 1_000;
let server: ServerProcess;
let coordinator: CoordinatorClient;
let port: number;
const undo: (() => void | Promise<void>)[] = [];

test.beforeAll(async () => {
  server = await serverProcess({
    arguments: ['--log-level', 'warn', '--most-connections-by-address', '5000'],
  });
  port = Number(new URL(server.url).port);
  coordinator = await signedIn(server.signInUrl);
  const { spec } = patientsFederation();
  await coordinator.create(
    {
      ...spec,
      // What is looked at here is what strangers do, not how far two devices move a model.
      guard: { normFactor: null },
      rules: { ...spec.rules, goal: 2, minimum: 2, overSelection: 1, pauseMs: 100, maximumRounds: 10_000 },
    },
    'patients',
  );
  await coordinator.act('patients', 'start');
  const participants = startCommand([
    'participate',
    '--url',
    server.url,
    '--federation',
    'patients',
    '--sample',
    '--clients',
    '2',
    '--processes',
    '1',
    '--json',
  ]);
  undo.push(() => participants.stop());
  await coordinator.until('patients', (view) => view.head.version >= 1, 60_000);
});
test.afterAll(async () => {
  for (const one of undo.splice(0)) await one();
  await server.close();
});

/** Two more versions are committed, and every round since has one. */
async function roundsGoOn(): Promise<void> {
  const { head } = await coordinator.federation('patients');
  await coordinator.until('patients', (view) => view.head.version >= head.version + 2, 60_000);
  expect((await coordinator.rounds('patients')).filter((round) => round.phase === 'abandoned')).toEqual([]);
}

const tcp = async (): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  undo.push(() => void socket.destroy());
  return socket;
};
/** Sends bytes as they are, with no library to make them proper; what the server answered until it closed the connection. */
async function raw(text: string): Promise<string> {
  const socket = await tcp();
  let told = '';
  socket.on('data', (chunk: Buffer) => (told += chunk.toString('latin1')));
  // Not `once`: a reset is an end like another here.
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(text);
  await closed;
  return told;
}

test('rounds commit while two thousand connections say nothing', async () => {
  const sockets = await Promise.all(Array.from({ length: silentTcp }, tcp));
  const shaken: RawSocket[] = [];
  for (let batch = 0; batch < silentWebSockets; batch += 100)
    shaken.push(...(await Promise.all(Array.from({ length: 100 }, () => rawSocket(port)))));
  expect(shaken.filter((one) => one.refused !== undefined)).toEqual([]);
  await roundsGoOn();
  for (const one of shaken) one.close();
  for (const one of sockets) one.destroy();
  await roundsGoOn();
});

test('no address leads out of the folders that are served', async () => {
  const climbing = [
    '/../../../../etc/passwd',
    '/..%2f..%2f..%2f..%2fetc%2fpasswd',
    '/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
    '/_app/../../server-programs/cli.js',
    '/_app/immutable/..%2f..%2f..%2fserver%2findex.js',
    '/..%5c..%5c..%5cetc%5cpasswd',
    '/api/parameters/..%2f..%2ftributary.sqlite',
    '/api/federations/..%2f..%2fowner.txt',
    '/f/%00',
    '/%c0%ae%c0%ae/etc/passwd',
    '/%',
  ];
  for (const path of climbing) {
    const told = await raw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
    expect(told, path).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(told, path).not.toMatch(/root:|import .* from|SQLite format/);
  }
  await roundsGoOn();
});

test('bodies, headers and frames without measure are refused, and cost their senders the connection', async () => {
  const head = (more: string): string =>
    `POST /api/session HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n${more}`;
  expect(
    await raw(
      `${head('Content-Length: 5000000000\r\nConnection: close\r\n\r\n')}{"token":"${'x'.repeat(1_000)}`,
    ),
  ).toMatch(/^HTTP\/1\.1 413 /);
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  expect(await raw(`${head(`Content-Length: ${deep.length}\r\nConnection: close\r\n\r\n`)}${deep}`)).toMatch(
    /^HTTP\/1\.1 4(00|13|22) /,
  );
  expect(await raw(`${head(`X-Long: ${'y'.repeat(100_000)}\r\n\r\n`)}`)).toMatch(/^HTTP\/1\.1 431 /);
  expect(await raw(`${head('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n')}0\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 400 /,
  );
  for (let frames = 0; frames < 200; frames += 1) {
    const socket = await rawSocket(port);
    socket.bytes(randomBytes(64));
    socket.text(`40${JSON.stringify({ protocol: -1, proof: 'x'.repeat(1_000) })}`);
    socket.bytes(randomBytes(1 + frames * 50));
    socket.close();
  }
  await roundsGoOn();
});

test('pages of another site change nothing, whatever cookie comes with them', async ({ page }) => {
  await page.goto(server.signInUrl);
  await page.waitForURL('**/console');
  // The page stands on another origin of the same site, where browsers send even SameSite=Strict cookies: the port alone differs.
  const elsewhere = createServer((_, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Elsewhere</title>'),
  );
  elsewhere.listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  undo.push(() => {
    elsewhere.close();
    elsewhere.closeAllConnections();
  });
  const address = elsewhere.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await page.goto(`http://127.0.0.1:${address.port}/`);
  // The fetch itself fails: its answer may not even be read by another origin (Cross-Origin-Resource-Policy).
  const asked = page.waitForEvent(
    'requestfailed',
    (request) => request.method() === 'POST' && request.url().endsWith('/actions'),
  );
  await page.evaluate(
    (url) =>
      fetch(`${url}/api/federations/patients/actions`, {
        method: 'POST',
        mode: 'no-cors',
        credentials: 'include',
        body: JSON.stringify({ action: 'finish' }),
      }).then(
        () => undefined,
        () => undefined,
      ),
    server.url,
  );
  await asked;
  // The cookie would have counted: with it, it is the origin alone that makes the difference.
  const act = async (origin: string, action: string): Promise<number> =>
    (
      await page.request.post(`${server.url}/api/federations/patients/actions`, {
        headers: { origin },
        data: { action },
      })
    ).status();
  expect(await act(new URL(page.url()).origin, 'finish')).toBe(403);
  expect(await act('null', 'finish')).toBe(403);
  expect(await act(server.url, 'pause')).toBe(200);
  expect(await act(server.url, 'resume')).toBe(200);
  const opened = await page.evaluate(
    (url) =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
        socket.onopen = () => resolve(true);
        socket.onerror = () => resolve(false);
      }),
    server.url,
  );
  expect(opened).toBe(false);
  expect((await coordinator.federation('patients')).state).toBe('running');
  await roundsGoOn();
});

test('pages, scripts, workers and answers carry the headers that hold them to this server', async ({
  page,
}) => {
  const policies = new Map<string, string>();
  page.on('response', (response) => {
    const path = new URL(response.url()).pathname;
    policies.set(path, response.headers()['content-security-policy'] ?? '');
  });
  const response = await page.goto(server.url);
  const headers = response?.headers() ?? {};
  expect(headers).toMatchObject({
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'permissions-policy':
      'camera=(self), microphone=(self), accelerometer=(self), gyroscope=(self), geolocation=()',
  });
  const policy = headers['content-security-policy'] ?? '';
  for (const directive of [
    "default-src 'none'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ])
    expect(policy).toContain(directive);
  expect(/script-src ([^;]*)/.exec(policy)?.[1]).not.toMatch(
    /unsafe-inline|(?<!wasm-)unsafe-eval|https?:|\*/,
  );
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  const scripts = [...policies].filter(([path]) => path.endsWith('.js'));
  expect(scripts.length).toBeGreaterThan(3);
  for (const [path, own] of scripts) expect(own, path).toContain("default-src 'none'");
  const answer = await fetch(`${server.url}/api/federations`);
  expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
  expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
});
