// Who a connection and a request come from: a key that signs for this very connection and this very server, and a token that
// stands for it for a few minutes. What is expired, forged, replayed or meant for another server changes nothing.
import { createServer } from 'node:http';
import { io, type Socket } from 'socket.io-client';
import * as v from 'valibot';
import { afterEach, describe, expect, test } from 'vitest';
import { digestOfText, participantIdOf } from '#lib/core/digest.ts';
import type { Identity } from '#lib/ports/identity.ts';
import { AccessToken, proofOf, TOKEN_EVENT } from '#lib/protocol/handshake.ts';
import { openActs } from '../../server/acts.ts';
import { Reputation } from '../../server/coordinator/reputation.ts';
import { openGateway } from '../../server/gateway/gateway.ts';
import { createTokens, TOKEN_LIFETIME_MS, TOKEN_RENEWED_EVERY_MS } from '../../server/gateway/tokens.ts';
import { createApi } from '../../server/http/api.ts';
import { bearersOf } from '../../server/http/bearers.ts';
import { Sessions } from '../../server/http/sessions.ts';
import type { Site } from '../../server/http/site.ts';
import { Uploads } from '../../server/http/uploads.ts';
import { silentLog } from '../../server/ports/log.ts';
import { numberedIdentity, provenHandshake, proving, watching } from '../support/proven.ts';
import { exampleSpec } from './example-spec.ts';
import { listening } from '../support/listening.ts';
import { federation, World } from './world.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

/** Sockets and API of one federation, on a clock that is moved by hand. */
async function serve(given: Partial<Site> = {}) {
  const world = await World.open(1, exampleSpec(), 0);
  await world.start();
  const site: Site = { trustProxy: false, tls: false, publicUrl: undefined, allowedOrigins: [], ...given };
  const tokens = createTokens(world.clock);
  const uploads = new Uploads(
    world.coordinator,
    world.blobs,
    world.clock,
    silentLog,
    bearersOf(tokens, site),
  );
  const acts = await openActs(world.kept, world.clock);
  const sessions = await Sessions.open(world.kept, world.clock, () => {}, acts);
  const { coordinator, blobs } = world;
  const { clock } = world;
  const api = createApi({
    coordinator,
    blobs,
    sessions,
    uploads,
    site,
    clock,
    log: silentLog,
    acts,
    records: world.kept,
  });
  const server = createServer((request, response) => void api(request, response));
  const reputation = new Reputation(world.clock);
  const parts = { coordinator, tokens, reputation, site, clock: world.clock, log: silentLog };
  const gateway = openGateway(server, { ...parts, mostConnections: 20, mostConnectionsByAddress: 20 });
  const url = await listening(server);
  undo.push(async () => {
    await gateway.close();
    server.close();
    server.closeAllConnections();
  });
  return { world, uploads, url };
}

function open(url: string, auth: object | ((give: (handshake: object) => void) => void)): Socket {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth });
  undo.push(() => void socket.close());
  return socket;
}
const heard = (socket: Socket, event: string): Promise<unknown> =>
  new Promise((resolve) => socket.once(event, resolve));
const token = async (socket: Socket): Promise<string> =>
  v.parse(AccessToken, await heard(socket, TOKEN_EVENT)).token;

const ada = numberedIdentity(1);
const offer = {
  round: 1,
  base: digestOfText('none'),
  codec: 'f32',
  steps: 1,
  baseLoss: null,
  bytes: 4,
  digest: digestOfText('update'),
  examples: 2,
};

describe('a connection', () => {
  test('that signs its own number for this server is its participant', async () => {
    const { world, url } = await serve();
    const socket: Socket = open(
      url,
      proving(ada, url, () => socket),
    );
    expect((await token(socket)).split('.')[0]).toBe(participantIdOf((await ada).publicKey));
    expect(await socket.emitWithAck('check-in', { federation, examples: 5, backend: 'cpu' })).toMatchObject({
      ok: true,
    });
    expect(world.coordinator.view(federation)?.connected).toBe(1);
  });

  const refused: [string, (identity: Identity, url: string, number: string) => Promise<object>, RegExp][] = [
    ['a signature for another connection', (one, url) => provenHandshake(one, url, 'other'), /prove/],
    [
      'a signature that was made for another server',
      (one, _, number) => provenHandshake(one, 'https://elsewhere.example', number),
      /meant to speak to https:\/\/elsewhere\.example, and this is http:\/\/127/,
    ],
    [
      'the key of another with a signature of its own',
      async (one, url, number) => {
        const proof = await proofOf(one, url, number);
        const other = await proofOf(await numberedIdentity(2), url, number);
        return { ...watching, proof: { ...proof, publicKey: other.publicKey } };
      },
      /prove/,
    ],
    [
      'a signature of which a bit is turned',
      async (one, url, number) => {
        const proof = await proofOf(one, url, number);
        const last = (parseInt(proof.signature.slice(-1), 16) ^ 1).toString(16);
        return { ...watching, proof: { ...proof, signature: proof.signature.slice(0, -1) + last } };
      },
      /prove/,
    ],
  ];
  test.each(refused)('with %s is refused with a sentence', async (_, made, sentence) => {
    const { url } = await serve();
    const socket: Socket = open(
      url,
      (give) => void ada.then((one) => made(one, url, socket.io.engine.id)).then(give),
    );
    expect(String(await heard(socket, 'connect_error'))).toMatch(sentence);
  });

  test('of a server with a public address is meant for that, whatever its sender calls it', async () => {
    const { url } = await serve({ publicUrl: 'https://tributary.example' });
    const named = { extraHeaders: { host: 'elsewhere.example' } };
    const relayed: Socket = io(url, {
      ...named,
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: proving(ada, 'http://elsewhere.example', () => relayed),
    });
    undo.push(() => void relayed.close());
    expect(String(await heard(relayed, 'connect_error'))).toMatch(/this is https:\/\/tributary\.example/);
    const straight: Socket = open(
      url,
      proving(ada, 'https://tributary.example', () => straight),
    );
    await heard(straight, 'connect');
  });
});

describe('a token', () => {
  const post = (url: string, token: string): Promise<Response> =>
    fetch(`${url}/api/federations/${federation}/updates`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(offer),
    });

  test('comes with the connection, is renewed before it ends, and is good for requests until then', async () => {
    const { world, url } = await serve();
    const socket: Socket = open(
      url,
      proving(ada, url, () => socket),
    );
    const first = await token(socket);
    const next = token(socket);
    expect((await post(url, first)).status).not.toBe(401);
    await world.clock.advance(TOKEN_RENEWED_EVERY_MS + 1);
    const second = await next;
    expect(second).not.toBe(first);
    await world.clock.advance(TOKEN_LIFETIME_MS - TOKEN_RENEWED_EVERY_MS);
    expect((await post(url, first)).status).toBe(401);
    expect((await post(url, second)).status).not.toBe(401);
  });

  test('is given to nobody who only watches', async () => {
    const { url } = await serve();
    const socket = open(url, watching);
    const events: string[] = [];
    socket.onAny((name: string) => events.push(name));
    await heard(socket, 'connect');
    await socket.emitWithAck('watch', { federation });
    expect(events).toEqual([]);
  });

  test('that has ended, was forged, or is another server’s is answered 401, and nothing changes', async () => {
    const { world, uploads, url } = await serve();
    const other = await serve();
    const participant = participantIdOf((await ada).publicKey);
    const elsewhere: Socket = open(
      other.url,
      proving(ada, other.url, () => elsewhere),
    );
    const foreign = await token(elsewhere);
    const own: Socket = open(
      url,
      proving(ada, url, () => own),
    );
    const ended = await token(own);
    own.close();
    const [, end = '', mac = ''] = ended.split('.');
    const bob = participantIdOf((await numberedIdentity(2)).publicKey);
    await world.coordinator.idle();
    const before = structuredClone(world.coordinator.view(federation));
    const written = JSON.stringify(await world.kept.journal(federation));
    const bad = [
      foreign,
      `${bob}.${end}.${mac}`,
      `${participant}.${'z'.repeat(8)}.${mac}`,
      `${participant}.${end}.${'A'.repeat(22)}`,
      'ab'.repeat(32),
    ];
    await world.clock.advance(TOKEN_LIFETIME_MS);
    for (const one of [...bad, ended]) {
      const response = await post(url, one);
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await response.json()).toMatchObject({ error: 'not-identified' });
      for (const method of ['HEAD', 'PATCH'])
        expect(
          (await fetch(`${url}/api/uploads/x`, { method, headers: { authorization: `Bearer ${one}` } }))
            .status,
        ).toBe(401);
    }
    await world.coordinator.idle();
    expect(world.coordinator.view(federation)?.round?.cohort).toEqual(before?.round?.cohort);
    expect(JSON.stringify(await world.kept.journal(federation))).toBe(written);
    expect(uploads.count).toBe(0);
  });
});
