// The control plane over real sockets: what is malformed, unknown, oversized, too frequent or silent is answered or closed,
// and the server goes on serving everybody else.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, request as httpRequest } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { io, type Socket } from 'socket.io-client';
import * as v from 'valibot';
import { afterEach, describe, expect, test } from 'vitest';
import { FederationId } from '#lib/core/ids.ts';
import { MAXIMUM_MESSAGE_BYTES, PROTOCOL_VERSION } from '#lib/protocol/limits.ts';
import { Answer } from '#lib/protocol/messages.ts';
import { FederationView } from '#lib/protocol/views.ts';
import { systemClock } from '../../server/adapters/system-clock.ts';
import { Reputation } from '../../server/coordinator/reputation.ts';
import { openGateway } from '../../server/gateway/gateway.ts';
import { startServer, type RunningServer, type ServerOptions } from '../../server/main.ts';
import { silentLog } from '../../server/ports/log.ts';
import { RecordsFull } from '../../server/ports/records.ts';
import { createTokens } from '../../server/gateway/tokens.ts';
import { numberedIdentity, provenHandshake, proving, watching } from '../support/proven.ts';
import { exampleSpec } from './example-spec.ts';
import { rawSocket } from './raw-socket.ts';
import { listening } from '../support/listening.ts';
import { federation, World } from './world.ts';
import { countedTally } from '../support/counted-tally.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

async function serve(options: ServerOptions = {}): Promise<RunningServer> {
  const data = mkdtempSync(join(tmpdir(), 'tributary-gateway-'));
  const running = await startServer({
    host: '127.0.0.1',
    port: 0,
    data,
    pages: 'none',
    logLevel: 'silent',
    ...options,
  });
  undo.push(
    () => rmSync(data, { recursive: true, force: true }),
    () => running.close(),
  );
  const created = await running.coordinator.create(federation, exampleSpec());
  if (!created.ok) throw new Error(created.error.message);
  return running;
}

const identity = numberedIdentity(7);

function socket(
  running: RunningServer,
  auth: unknown = watching,
  more: Record<string, unknown> = {},
): Socket {
  const made = io(running.url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth: auth as object,
    ...more,
  });
  undo.push(() => void made.close());
  return made;
}
const event = (from: Socket, name: string): Promise<unknown> =>
  new Promise((resolve) => from.once(name, resolve));

async function connected(running: RunningServer): Promise<Socket> {
  const made: Socket = socket(
    running,
    proving(identity, running.url, () => made),
  );
  await event(made, 'connect');
  return made;
}
const ask = async (from: Socket, name: string, message: unknown): Promise<Answer> =>
  v.parse(Answer, await from.timeout(5_000).emitWithAck(name, message));

/** The server still answers a newcomer. */
async function isAlive(running: RunningServer): Promise<void> {
  const answer = await ask(await connected(running), 'watch', { federation });
  expect(answer).toMatchObject({ ok: true, view: { id: federation } });
}

describe('a handshake', () => {
  test.each([
    ['of another protocol', { ...watching, protocol: 99 }],
    ['without a kind', { protocol: PROTOCOL_VERSION, proof: null, name: null }],
    ['with a proof that is none', { ...watching, proof: 'short' }],
    ['of nothing', {}],
    ['with more than is asked', { ...watching, admin: true }],
  ])('%s is refused with a sentence', async (_, auth) => {
    const running = await serve();
    const failure = await event(socket(running, auth), 'connect_error');
    expect(failure).toBeInstanceOf(Error);
    expect(String(failure)).toMatch(/Reload the page/);
    await isAlive(running);
  });

  test('from a page of another site is refused', async () => {
    const running = await serve();
    const options = { extraHeaders: { origin: 'https://elsewhere.example' } };
    expect(await event(socket(running, watching, options), 'connect_error')).toBeInstanceOf(Error);
    const own = socket(running, watching, { extraHeaders: { origin: running.url } });
    await event(own, 'connect');
    expect(own.connected).toBe(true);
  });

  test('by polling is not offered', async () => {
    const running = await serve();
    const response = await fetch(`${running.url}/socket.io/?EIO=4&transport=polling`);
    expect(response.status).toBe(400);
  });
});

describe('a message', () => {
  test('is answered: a view for who watches, a reason for who may not', async () => {
    const running = await serve();
    const watcher = socket(running);
    await event(watcher, 'connect');
    const answer = await ask(watcher, 'watch', { federation });
    expect(answer.ok && v.is(FederationView, answer.view)).toBe(true);
    expect(await ask(watcher, 'check-in', { federation, examples: 5, backend: 'cpu' })).toMatchObject({
      ok: false,
      error: 'not-identified',
    });
    const device = await connected(running);
    expect(await ask(device, 'watch', { federation: 'nowhere' })).toMatchObject({
      ok: false,
      error: 'unknown-federation',
    });
    expect(await ask(device, 'check-out', { federation })).toMatchObject({
      ok: false,
      error: 'not-in-cohort',
    });
    const tally = countedTally([1, 0, 0, 0], 0);
    expect(await ask(device, 'evaluation', { federation, version: 7, tally, personal: null })).toMatchObject({
      ok: false,
      error: 'unknown-version',
    });
    // Counts that do not add up, and counts of other classes.
    for (const wrong of [
      { ...tally, count: 2 },
      { ...tally, confusion: [1] },
    ])
      expect(
        await ask(device, 'evaluation', { federation, version: 0, tally: wrong, personal: null }),
      ).toMatchObject({
        ok: false,
        error: 'malformed',
      });
    // An own model that was scored on other rows.
    expect(
      await ask(device, 'evaluation', {
        federation,
        version: 0,
        tally,
        personal: countedTally([2, 0, 0, 0]),
      }),
    ).toMatchObject({
      ok: false,
      error: 'malformed',
      message: expect.stringContaining('on 2 rows and the version on 1'),
    });
    // Finer than a step, and a prediction of years.
    for (const latency of [2.5, 80])
      expect(
        await ask(device, 'evaluation', { federation, version: 0, tally, personal: null, latency }),
      ).toMatchObject({ ok: false, error: 'malformed', message: expect.stringContaining('latency') });
    expect(await ask(device, 'evaluation', { federation, version: 0, tally, personal: null })).toEqual({
      ok: true,
      view: null,
    });
  });

  test('that nobody knows, or of the wrong shape, is answered, and the fifth closes the connection', async () => {
    const running = await serve();
    const device = await connected(running);
    const gone = event(device, 'disconnect');
    expect(await ask(device, 'become-coordinator', { federation })).toMatchObject({
      ok: false,
      error: 'unknown-event',
    });
    expect(await ask(device, '__proto__', { federation })).toMatchObject({
      ok: false,
      error: 'unknown-event',
    });
    expect(await ask(device, 'check-in', { federation, examples: 0, backend: 'cpu' })).toMatchObject({
      ok: false,
      error: 'malformed',
    });
    expect(await ask(device, 'watch', null)).toMatchObject({ ok: false, error: 'malformed' });
    expect(device.connected).toBe(true);
    device.emit('watch', { federation });
    await gone;
    await isAlive(running);
  });

  test('larger than 64 kB costs its sender the connection', async () => {
    const running = await serve();
    const device = await connected(running);
    const gone = event(device, 'disconnect');
    device.emit('watch', { federation, filler: 'x'.repeat(MAXIMUM_MESSAGE_BYTES) }, () => {});
    await gone;
    await isAlive(running);
  });

  test('comes no faster than the rate, and those within it are dealt with', async () => {
    const running = await serve();
    const device = await connected(running);
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => ask(device, 'watch', { federation })),
    );
    const refused = answers.filter((answer) => !answer.ok);
    expect(refused.length).toBeGreaterThan(100);
    expect(new Set(refused.map((answer) => !answer.ok && answer.error))).toEqual(new Set(['too-many']));
    expect(answers.filter((answer) => answer.ok).length).toBeGreaterThanOrEqual(60);
    expect(device.connected).toBe(true);
  });

  test('of any content whatever leaves the server alive', async () => {
    const running = await serve();
    const names = fc.constantFrom(
      'watch',
      'check-in',
      'check-out',
      'progress',
      'evaluation',
      'withdraw',
      'connect',
      'x',
      'constructor',
    );
    const anything = fc.anything({
      withDate: true,
      withTypedArray: true,
      withNullPrototype: true,
      maxDepth: 4,
    });
    let closed = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(names, fc.array(anything, { maxLength: 3 }), fc.boolean()), { maxLength: 8 }),
        async (messages) => {
          const device = await connected(running);
          for (const [name, values, hasAcknowledge] of messages) {
            try {
              device.emit(name, ...values, ...(hasAcknowledge ? [() => {}] : []));
            } catch {
              // Reserved names and values that cannot be sent never leave the client.
            }
          }
          await Promise.race([
            event(device, 'disconnect'),
            device
              .timeout(2_000)
              .emitWithAck('watch', { federation })
              .catch(() => undefined),
          ]);
          if (!device.connected) closed += 1;
          device.close();
        },
      ),
      { seed: 11, numRuns: 60 },
    );
    expect(closed).toBeGreaterThan(3);
    await isAlive(running);
  });

  test('of raw bytes on the WebSocket, well-framed or not, leaves the server alive', async () => {
    const running = await serve();
    const frames = [
      '4',
      '40{"protocol":',
      '42["watch"',
      '42[]',
      '42{"a":1}',
      '421["watch",{}]',
      '451-["watch",{"_placeholder":true,"num":0}]',
      '4511-["watch"]',
      '45999999999-["watch"]',
      '450-["watch"]',
      '9999',
      'x'.repeat(1000),
      '',
      '42["watch",' + '['.repeat(20_000) + ']',
    ];
    for (const frame of frames) {
      const raw = await rawSocket(running.port);
      raw.text(`40${JSON.stringify(watching)}`);
      raw.text(frame);
      raw.close();
      await raw.closed;
    }
    // An unmasked frame, a reserved opcode, a length of 2⁶³, a continuation of nothing: each ends its own connection.
    for (const bytes of [
      [0x81, 1, 65],
      [0x8b, 0x80, 0, 0, 0, 0],
      [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0],
      [0x80, 0x80, 0, 0, 0, 0],
    ]) {
      const raw = await rawSocket(running.port);
      raw.bytes(Uint8Array.from(bytes));
      await raw.closed;
    }
    await isAlive(running);
  });
});

test('a message that the disk has no room for is not answered, and its connection goes on', async () => {
  const world = await World.open(1, exampleSpec(), 0);
  const server = createServer();
  const gateway = openGateway(server, {
    coordinator: {
      ...world.coordinator,
      async receive(connection, sent) {
        if (sent.name === 'evaluation') throw new RecordsFull('There is no room for more records.');
        return world.coordinator.receive(connection, sent);
      },
    },
    site: { trustProxy: false, tls: false, publicUrl: undefined, allowedOrigins: [] },
    tokens: createTokens(systemClock),
    reputation: new Reputation(systemClock),
    clock: systemClock,
    log: silentLog,
    mostConnections: 10,
    mostConnectionsByAddress: 10,
  });
  const url = await listening(server);
  undo.push(async () => {
    await gateway.close();
    server.close();
    server.closeAllConnections();
  });
  const device: Socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    auth: proving(identity, url, () => device),
  });
  undo.push(() => void device.close());
  await event(device, 'connect');
  const answered: unknown[] = [];
  const tally = countedTally([1, 0, 0, 0], 0);
  device.emit('evaluation', { federation, version: 0, tally, personal: null }, (answer: unknown) =>
    answered.push(answer),
  );
  // Answers come in the order of what they answer.
  expect(await ask(device, 'watch', { federation })).toMatchObject({ ok: true });
  expect(answered).toEqual([]);
  expect(device.connected).toBe(true);
});

describe('connections that say nothing', () => {
  test('are bounded for one address, and give their places back when they go', async () => {
    const running = await serve({ mostConnectionsByAddress: 50 });
    const silent = await Promise.all(Array.from({ length: 1_000 }, () => rawSocket(running.port)));
    const open = silent.filter((one) => one.refused === undefined);
    expect(open.length).toBeGreaterThanOrEqual(50);
    // Some may have been let in while others were still shaking hands, but not many.
    expect(open.length).toBeLessThan(200);
    expect((await fetch(`${running.url}/api/federations`)).status).toBe(200);
    for (const one of open) one.close();
    await Promise.all(open.map((one) => one.closed));
    await isAlive(running);
  });

  test.each([
    ['by address', {}, 503],
    ['not by address behind a proxy, from whose address all come', { trustProxy: true }, 200],
  ])('and open no WebSocket are bounded %s', async (_, options, status) => {
    const running = await serve({ mostConnectionsByAddress: 3, ...options });
    const idle = await connected(running);
    for (let index = 0; index < 3; index += 1) {
      const agent = new Agent();
      undo.push(() => agent.destroy());
      const request = httpRequest(`${running.url}/api/session`, {
        agent,
        method: 'POST',
        // Its body is asked for once the server has begun with it.
        headers: { expect: '100-continue', 'content-length': '1000' },
      });
      request.on('error', () => {});
      const begun = once(request, 'continue');
      request.flushHeaders();
      await begun;
    }
    expect((await fetch(`${running.url}/api/federations`)).status).toBe(status);
    // Those that became WebSockets have a count of their own.
    expect(idle.connected).toBe(true);
  });

  // Long before the 25 s after which its missing pongs would close it.
  test(
    'read nothing and ask on and on are closed, and what waited for them is given up',
    { timeout: 12_000 },
    async () => {
      const running = await serve();
      const spec = exampleSpec();
      if (spec.contract.kind !== 'table' || spec.contract.target.type !== 'classes')
        throw new Error('not the example');
      // A contract of half a megabyte, so that a few views fill the buffers of both ends.
      const values = Array.from({ length: 6_000 }, (_, index) => String(index).padStart(80, '-'));
      const [first, ...rest] = spec.contract.target.classes;
      const target = { ...spec.contract.target, classes: [{ ...first!, values }, ...rest] };
      const wide = v.parse(FederationId, 'wide');
      const created = await running.coordinator.create(wide, {
        ...spec,
        contract: { ...spec.contract, target },
      });
      expect(created.ok).toBe(true);
      // Whoever only watches is not counted.
      const onlooker = socket(running);
      await event(onlooker, 'connect');
      const present = (count: number): Promise<void> =>
        new Promise((resolve) =>
          onlooker.on('federation', (view: unknown) => {
            if (v.parse(FederationView, view).connected === count) resolve();
          }),
        );
      await ask(onlooker, 'watch', { federation: wide });
      const deaf = await rawSocket(running.port);
      undo.push(() => deaf.close());
      const came = present(1);
      const shaken = await provenHandshake(await identity, running.url, await deaf.number);
      deaf.text(`40${JSON.stringify(shaken)}`);
      deaf.text('421["watch",{"federation":"wide"}]');
      await came;
      deaf.stopReading();
      const went = present(0);
      // Within the rate: each is answered by a view.
      for (let id = 2; id < 50; id += 1) deaf.text(`42${id}["watch",{"federation":"wide"}]`);
      await went;
      await isAlive(running);
    },
  );

  test('and requests that never end do not keep others from being served', async () => {
    const running = await serve();
    const sockets = Array.from({ length: 100 }, () => {
      const one = connectTcp(running.port, '127.0.0.1');
      one.on('error', () => {});
      one.write('POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"to');
      undo.push(() => void one.destroy());
      return one;
    });
    await Promise.all(
      sockets.map(
        (one) =>
          new Promise<void>((resolve) => (one.connecting ? one.once('connect', () => resolve()) : resolve())),
      ),
    );
    expect((await fetch(`${running.url}/api/federations`)).status).toBe(200);
    const garbage = connectTcp(running.port, '127.0.0.1');
    garbage.on('error', () => {});
    const ended = new Promise<void>((resolve) => garbage.once('close', () => resolve()));
    garbage.resume();
    garbage.write('NONSENSE\r\n\r\n');
    await ended;
    await isAlive(running);
  });
});
