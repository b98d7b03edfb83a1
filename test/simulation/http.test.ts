// The data plane and the coordinator's API over real HTTP on loopback, with stores in memory and a clock moved by hand.
import { once } from 'node:events';
import { createServer, request as httpRequest, type ClientRequest } from 'node:http';
import { unzipSync } from 'fflate';
import * as v from 'valibot';
import { afterEach, describe, expect, test } from 'vitest';
import { bytesOf, digestOf, participantIdOf } from '#lib/core/digest.ts';
import { readSafetensors } from '#lib/core/model/safetensors.ts';
import { ApiError, UpdateReply, UploadState, type UpdateOffer } from '#lib/protocol/http.ts';
import { UPLOAD_PIECE_BYTES } from '#lib/protocol/limits.ts';
import { FederationView, RoundView, VersionView } from '#lib/protocol/views.ts';
import { memoryRecords } from '../../server/adapters/memory-records.ts';
import type { Coordinator } from '../../server/coordinator/coordinator.ts';
import { openActs } from '../../server/acts.ts';
import { createTokens, type Tokens } from '../../server/gateway/tokens.ts';
import { createApi } from '../../server/http/api.ts';
import { bearersOf } from '../../server/http/bearers.ts';
import { readRange } from '../../server/http/parameters.ts';
import { Sessions } from '../../server/http/sessions.ts';
import type { Site } from '../../server/http/site.ts';
import { Uploads, type UploadLimits } from '../../server/http/uploads.ts';
import { silentLog } from '../../server/ports/log.ts';
import type { Records } from '../../server/ports/records.ts';
import { listening } from '../support/listening.ts';
import { exampleSpec } from './example-spec.ts';
import { federation, publicKeyOf, World } from './world.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

interface Running {
  readonly world: World;
  readonly url: string;
  readonly sessions: Sessions;
  readonly uploads: Uploads;
  readonly tokens: Tokens;
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

const bearer = ({ tokens, url }: Running, index: number) => ({
  authorization: `Bearer ${tokens.issue(participantIdOf(publicKeyOf(index)), url)}`,
});

/** 3 silent devices in the cohort of round 1; `units` hidden units make the model larger. */
async function serve(
  options: {
    units?: number;
    limits?: UploadLimits;
    site?: Partial<Site>;
    started?: boolean;
    kept?: Records;
    /** What becomes of the world before it is served. */
    before?: (world: World) => Promise<void>;
    mostExports?: number;
    /** Awaited before bytes are streamed. */
    beforeStream?: () => Promise<void>;
    /** Awaited before the coordinator is asked whether it wants an update. */
    beforeOffer?: () => Promise<void>;
  } = {},
): Promise<Running> {
  const spec = exampleSpec({
    rules: { goal: 3, minimum: 1, overSelection: 1, reportingDeadlineMs: 45_000 },
    ...(options.units === undefined ? {} : { units: options.units }),
  });
  const world = await World.open(1, spec, 3, options.kept);
  for (const device of world.devices) device.conduct = () => 'silent';
  if (options.started !== false) await world.start();
  await options.before?.(world);
  const site: Site = {
    trustProxy: false,
    tls: false,
    publicUrl: undefined,
    allowedOrigins: [],
    ...options.site,
  };
  const acts = await openActs(world.kept, world.clock);
  const sessions = await Sessions.open(world.kept, world.clock, () => {}, acts);
  const asked: Coordinator = {
    ...world.coordinator,
    async offer(...given) {
      await options.beforeOffer?.();
      return world.coordinator.offer(...given);
    },
  };
  const tokens = createTokens(world.clock);
  const uploads = new Uploads(
    asked,
    world.blobs,
    world.clock,
    silentLog,
    bearersOf(tokens, site),
    options.limits,
  );
  const api = createApi({
    coordinator: world.coordinator,
    blobs: {
      ...world.blobs,
      async stream(...given) {
        await options.beforeStream?.();
        return world.blobs.stream(...given);
      },
    },
    ...(options.mostExports === undefined ? {} : { mostExports: options.mostExports }),
    sessions,
    uploads,
    site,
    clock: world.clock,
    log: silentLog,
    acts,
    records: world.kept,
  });
  const server = createServer((request, response) => {
    if (!api(request, response)) response.writeHead(404).end();
  });
  const url = await listening(server);
  undo.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { world, url, sessions, uploads, tokens, fetch: (path, init) => fetch(url + path, init) };
}

async function signIn(running: Running): Promise<string> {
  const response = await running.fetch('/api/session', {
    method: 'POST',
    body: JSON.stringify({ token: running.sessions.token }),
  });
  expect(response.status).toBe(200);
  return response.headers.getSetCookie()[0]!;
}

function update(
  running: Running,
  index: number,
  value = 0.5,
): { readonly offer: UpdateOffer; readonly bytes: Uint8Array<ArrayBuffer> } {
  const { head, round } = running.world.coordinator.view(federation)!;
  const bytes = bytesOf(new Float32Array(head.bytes / 4).fill(value)).slice();
  const { examples } = running.world.devices[index]!;
  return {
    offer: {
      round: round!.round,
      base: head.digest,
      codec: 'f32',
      steps: 1,
      baseLoss: null,
      bytes: bytes.length,
      digest: digestOf(bytes),
      examples,
    },
    bytes,
  };
}

const offerIt = (running: Running, index: number, offer: unknown): Promise<Response> =>
  running.fetch(`/api/federations/${federation}/updates`, {
    method: 'POST',
    headers: bearer(running, index),
    body: JSON.stringify(offer),
  });

async function begin(running: Running, index: number, offer: UpdateOffer): Promise<string> {
  const response = await offerIt(running, index, offer);
  return v.parse(UploadState, await response.json()).upload;
}

const piece = (
  running: Running,
  index: number,
  upload: string,
  offset: number,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Response> =>
  running.fetch(`/api/uploads/${upload}`, {
    method: 'PATCH',
    headers: { ...bearer(running, index), 'upload-offset': String(offset) },
    body: bytes,
  });

async function decided(response: Response) {
  return { status: response.status, reply: v.parse(UpdateReply, await response.json()) };
}

/** Sends the head of a request and some bytes of its body, and no more. */
function half(
  running: Running,
  index: number,
  upload: string,
  length: number,
  bytes: Uint8Array,
): Promise<ClientRequest> {
  const request = httpRequest(`${running.url}/api/uploads/${upload}`, {
    method: 'PATCH',
    headers: { ...bearer(running, index), 'upload-offset': '0', 'content-length': String(length) },
  });
  request.on('error', () => {});
  undo.push(() => void request.destroy());
  return new Promise((resolve) => request.write(bytes, () => resolve(request)));
}

/** Until the server holds `offset` bytes of the upload. */
async function held(running: Running, index: number, upload: string, offset: number): Promise<void> {
  for (;;) {
    const response = await running.fetch(`/api/uploads/${upload}`, {
      method: 'HEAD',
      headers: bearer(running, index),
    });
    if (response.headers.get('upload-offset') === String(offset)) return;
  }
}

describe('the parameters of a version', () => {
  test('are immutable, tagged by their digest, and answered 304 to whoever has them', async () => {
    const running = await serve();
    const { digest, bytes } = running.world.coordinator.view(federation)!.head;
    const response = await running.fetch(`/api/parameters/${digest}`);
    expect(digestOf(new Uint8Array(await response.arrayBuffer()))).toBe(digest);
    expect(response.headers.get('content-length')).toBe(String(bytes));
    expect(response.headers.get('cache-control')).toContain('immutable');
    const again = await running.fetch(`/api/parameters/${digest}`, {
      headers: { 'if-none-match': response.headers.get('etag')! },
    });
    expect(again.status).toBe(304);
    const head = await running.fetch(`/api/parameters/${digest}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes)]);
  });

  test('resume by Range', async () => {
    const running = await serve();
    const { digest, bytes } = running.world.coordinator.view(federation)!.head;
    const all = new Uint8Array(await (await running.fetch(`/api/parameters/${digest}`)).arrayBuffer());
    for (const [range, from, to] of [
      ['bytes=10-', 10, bytes],
      ['bytes=0-3', 0, 4],
      ['bytes=-5', bytes - 5, bytes],
    ] as const) {
      const part = await running.fetch(`/api/parameters/${digest}`, { headers: { range } });
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${bytes}`);
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(all.slice(from, to));
    }
    expect(
      (await running.fetch(`/api/parameters/${digest}`, { headers: { range: `bytes=${bytes}-` } })).status,
    ).toBe(416);
  });

  test('ranges are read as RFC 9110 has them', () => {
    expect(readRange(undefined, 10)).toBe('whole');
    expect(readRange('bytes=2-4', 10)).toEqual({ start: 2, end: 5 });
    expect(readRange('bytes=2-400', 10)).toEqual({ start: 2, end: 10 });
    expect(readRange('bytes=-400', 10)).toEqual({ start: 0, end: 10 });
    expect(readRange('bytes=-0', 10)).toBe('unsatisfiable');
    expect(readRange('bytes=4-2', 10)).toBe('whole');
    expect(readRange('bytes=1-2,4-5', 10)).toBe('whole');
    expect(readRange('lines=1-2', 10)).toBe('whole');
  });

  test('that the disk has damaged are gone for good, and are not exported either', async () => {
    const running = await serve({
      started: false,
      async before(world) {
        world.blobs.damage(world.coordinator.view(federation)!.head.digest);
        await world.restart();
      },
    });
    const { digest } = running.world.coordinator.view(federation)!.head;
    for (const path of [`/api/parameters/${digest}`, `/api/federations/${federation}/versions/0/export`]) {
      const response = await running.fetch(path);
      expect(response.status).toBe(410);
      expect(v.parse(ApiError, await response.json()).message).toMatch(/damaged on the server’s disk/);
    }
  });

  test('are served, but never the update of a device', async () => {
    const running = await serve();
    const { offer, bytes } = update(running, 0);
    const upload = await begin(running, 0, offer);
    expect((await decided(await piece(running, 0, upload, 0, bytes))).reply.type).toBe('accepted');
    expect(await running.world.blobs.size(offer.digest)).toBe(bytes.length);
    expect((await running.fetch(`/api/parameters/${offer.digest}`)).status).toBe(404);
    expect((await running.fetch('/api/parameters/nonsense')).status).toBe(404);
  });
});

describe('an upload', () => {
  test('goes in pieces, is accepted once it is whole, and is known by its key from then on', async () => {
    const running = await serve();
    const { offer, bytes } = update(running, 0);
    const first = await offerIt(running, 0, offer);
    expect(first.status).toBe(201);
    const { upload } = v.parse(UploadState, await first.json());
    expect(await (await piece(running, 0, upload, 0, bytes.slice(0, 10))).json()).toEqual({
      type: 'upload',
      upload,
      offset: 10,
    });
    // Offered again, it goes on where it is.
    expect(await (await offerIt(running, 0, offer)).json()).toEqual({ type: 'upload', upload, offset: 10 });
    const done = await decided(await piece(running, 0, upload, 10, bytes.slice(10)));
    expect(done).toMatchObject({
      status: 200,
      reply: {
        type: 'accepted',
        receipt: { update: offer.digest, participant: participantIdOf(publicKeyOf(0)) },
      },
    });
    expect(await decided(await offerIt(running, 0, offer))).toEqual(done);
    expect((await piece(running, 0, upload, 10, bytes.slice(10))).status).toBe(404);
  });

  test('is told the true offset when it sends from another', async () => {
    const running = await serve();
    const { offer, bytes } = update(running, 0);
    const upload = await begin(running, 0, offer);
    await piece(running, 0, upload, 0, bytes.slice(0, 7));
    for (const wrong of [0, 6, 8]) {
      const response = await piece(running, 0, upload, wrong, bytes.slice(7));
      expect([response.status, response.headers.get('upload-offset')]).toEqual([409, '7']);
    }
  });

  test('goes on after its connection was cut in the middle of a piece', async () => {
    const running = await serve({ units: 5_000 });
    const { offer, bytes } = update(running, 0);
    const upload = await begin(running, 0, offer);
    const request = await half(running, 0, upload, bytes.length, bytes.slice(0, 50_000));
    await held(running, 0, upload, 50_000);
    request.destroy();
    expect((await decided(await piece(running, 0, upload, 50_000, bytes.slice(50_000)))).reply.type).toBe(
      'accepted',
    );
  });

  test('is taken over from a connection that died unnoticed', async () => {
    const running = await serve({ units: 5_000 });
    const { offer, bytes } = update(running, 0);
    const upload = await begin(running, 0, offer);
    const dead = await half(running, 0, upload, bytes.length, bytes.slice(0, 50_000));
    const ended = new Promise<void>((resolve) => dead.once('close', () => resolve()));
    await held(running, 0, upload, 50_000);
    expect((await piece(running, 0, upload, 50_000, bytes.slice(50_000, 60_000))).status).toBe(200);
    // What the dead one may still hold back does not come in between.
    await ended;
    expect((await decided(await piece(running, 0, upload, 60_000, bytes.slice(60_000)))).reply.type).toBe(
      'accepted',
    );
  });

  /** Holds back whoever asks the coordinator until `count` have asked. */
  function together(count: number): () => Promise<void> {
    let waiting: (() => void)[] = [];
    let left = count;
    return () =>
      new Promise((resolve) => {
        if (left === 0) return resolve();
        waiting.push(resolve);
        left -= 1;
        if (left > 0) return;
        for (const one of waiting) one();
        waiting = [];
      });
  }

  test('whose piece comes twice at the same time is not mixed with itself', async () => {
    let beforeOffer = async (): Promise<void> => {};
    const running = await serve({ units: 5_000, beforeOffer: () => beforeOffer() });
    const { offer, bytes } = update(running, 0);
    const upload = await begin(running, 0, offer);
    beforeOffer = together(2);
    const twice = await Promise.allSettled([1, 2].map(() => piece(running, 0, upload, 0, bytes.slice())));
    // The one that was taken over may have lost its connection; the other is answered, and nothing is refused for its bytes.
    const statuses = twice.flatMap((one) => (one.status === 'fulfilled' ? [one.value.status] : []));
    expect(statuses.length).toBeGreaterThan(0);
    for (const status of statuses) expect([200, 404, 409]).toContain(status);
    const again = await offerIt(running, 0, offer);
    const body: unknown = await again.json();
    const open = v.safeParse(UploadState, body);
    const reply = open.success
      ? (
          await decided(
            await piece(running, 0, open.output.upload, open.output.offset, bytes.slice(open.output.offset)),
          )
        ).reply
      : v.parse(UpdateReply, body);
    expect(reply.type).toBe('accepted');
    expect(running.uploads.count).toBe(0);
  });

  test('that is offered many times at once is one upload', async () => {
    const running = await serve({ beforeOffer: together(20) });
    const { offer } = update(running, 0);
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const answer: unknown = await (await offerIt(running, 0, offer)).json();
        return v.parse(UploadState, answer).upload;
      }),
    );
    expect(new Set(answers).size).toBe(1);
    expect(running.uploads.count).toBe(1);
  });

  test.each([
    [
      'other bytes than were announced',
      (bytes: Uint8Array<ArrayBuffer>) => bytes.fill(1, 0, 1),
      'wrong-digest',
    ],
  ] as const)('(%s) is refused, and the device may send the right ones', async (_, spoil, kind) => {
    const running = await serve();
    const { offer, bytes } = update(running, 0);
    const wrong = await decided(
      await piece(running, 0, await begin(running, 0, offer), 0, spoil(bytes.slice())),
    );
    expect(wrong).toMatchObject({ status: 422, reply: { refusal: { kind } } });
    expect(
      (await decided(await piece(running, 0, await begin(running, 0, offer), 0, bytes))).reply.type,
    ).toBe('accepted');
  });

  test.each([
    [NaN, 'not-finite'],
    [Infinity, 'not-finite'],
    [64.5, 'too-large-coordinate'],
  ])('of values that are %s is refused for good, by name', async (value, kind) => {
    const running = await serve();
    const { offer, bytes } = update(running, 0, value);
    const refused = await decided(await piece(running, 0, await begin(running, 0, offer), 0, bytes));
    expect(refused).toMatchObject({ status: 422, reply: { type: 'refused', refusal: { kind } } });
    expect(await decided(await offerIt(running, 0, offer))).toEqual(refused);
    expect(
      running.world.coordinator
        .view(federation)
        ?.round?.cohort.find((one) => one.participant === participantIdOf(publicKeyOf(0)))?.stage,
    ).toBe('refused');
  });

  test('is refused before it starts when it cannot count', async () => {
    const running = await serve();
    const { offer } = update(running, 0);
    const cases: readonly (readonly [number, Partial<Record<keyof UpdateOffer, unknown>>, number, string])[] =
      [
        [0, { bytes: 28 }, 422, 'wrong-length'],
        [0, { base: offer.digest }, 409, 'stale-base'],
        [0, { round: 2 }, 422, 'invalid'],
        [0, { examples: 10_000 }, 422, 'invalid'],
        [9, {}, 403, 'not-in-cohort'],
        [1, { codec: 'f16' }, 422, 'wrong-codec'],
        [1, { steps: 1_000_000 }, 422, 'invalid'],
      ];
    for (const [index, change, status, kind] of cases)
      expect(await decided(await offerIt(running, index, { ...offer, ...change })), kind).toMatchObject({
        status,
        reply: { refusal: { kind } },
      });
    // Schema faults are no decision on an update.
    for (const change of [
      { examples: 0 },
      { examples: -1 },
      { examples: 1.5 },
      { examples: 1e12 },
      { steps: 0 },
      { baseLoss: -1 },
      { codec: '' },
      { more: 1 },
    ]) {
      const response = await offerIt(running, 0, { ...offer, ...change });
      expect(response.status).toBe(422);
      expect(v.parse(ApiError, await response.json()).issues?.[0]?.path).toBe(Object.keys(change)[0]);
    }
    expect(running.uploads.count).toBe(0);
  });

  test('of the same round with another digest is refused while the first is on its way, and after', async () => {
    const running = await serve();
    const first = update(running, 0, 0.5);
    const second = update(running, 0, 0.25);
    const upload = await begin(running, 0, first.offer);
    expect(await decided(await offerIt(running, 0, second.offer))).toMatchObject({
      status: 409,
      reply: { refusal: { kind: 'duplicate' } },
    });
    await piece(running, 0, upload, 0, first.bytes);
    expect(await decided(await offerIt(running, 0, second.offer))).toMatchObject({
      status: 409,
      reply: { refusal: { kind: 'duplicate' } },
    });
  });

  test('that arrives when its round is over is told so, with what is open now', async () => {
    const running = await serve();
    const late = update(running, 0);
    const upload = await begin(running, 0, late.offer);
    for (const index of [1, 2]) {
      const { offer, bytes } = update(running, index);
      await piece(running, index, await begin(running, index, offer), 0, bytes);
    }
    await running.world.clock.advance(46_000);
    expect(running.world.head).toBe(1);
    for (const response of [
      await piece(running, 0, upload, 0, late.bytes),
      await offerIt(running, 0, late.offer),
    ])
      expect(await decided(response)).toMatchObject({
        status: 410,
        reply: { refusal: { kind: 'round-closed', round: 1 } },
      });
    const [, made] = running.world.coordinator.versions(federation)!;
    expect(made?.participants).toBe(2);
  });

  test('may not carry more than was announced, nor a piece beyond the limit', async () => {
    const running = await serve({ units: 60_000 });
    const { offer, bytes } = update(running, 0);
    expect(bytes.length).toBeGreaterThan(UPLOAD_PIECE_BYTES);
    const upload = await begin(running, 0, offer);
    expect((await piece(running, 0, upload, 0, bytes.slice(0, UPLOAD_PIECE_BYTES + 1))).status).toBe(413);
    expect((await piece(running, 0, upload, 0, bytes.slice(0, UPLOAD_PIECE_BYTES))).status).toBe(200);
    const rest = new Uint8Array(bytes.length - UPLOAD_PIECE_BYTES + 1);
    const beyond = rest.length > UPLOAD_PIECE_BYTES ? UPLOAD_PIECE_BYTES + 1 : rest.length;
    expect((await piece(running, 0, upload, UPLOAD_PIECE_BYTES, rest.slice(0, beyond))).status).toBe(413);
  });

  test('needs the token of its own participant', async () => {
    const running = await serve();
    const { offer, bytes } = update(running, 0);
    const upload = await begin(running, 0, offer);
    const nobody = await running.fetch(`/api/federations/${federation}/updates`, {
      method: 'POST',
      body: JSON.stringify(offer),
    });
    expect(nobody.status).toBe(401);
    expect((await piece(running, 1, upload, 0, bytes)).status).toBe(404);
    expect(
      (await running.fetch(`/api/uploads/${upload}`, { method: 'HEAD', headers: bearer(running, 1) })).status,
    ).toBe(404);
    expect((await offerIt(running, 0, offer)).status).toBe(200);
  });

  test('that starves is dropped, and one that only is slow is not', async () => {
    const running = await serve({ units: 50_000 });
    const { offer, bytes } = update(running, 0);
    const slow = update(running, 1);
    const starving = await begin(running, 0, offer);
    const steady = await begin(running, 1, slow.offer);
    await half(running, 0, starving, bytes.length, bytes.slice(0, 60));
    await held(running, 0, starving, 60);
    await piece(running, 1, steady, 0, slow.bytes.slice(0, 20_000));
    await running.world.clock.advance(61_000);
    expect(running.uploads.count).toBe(1);
    expect(
      (await running.fetch(`/api/uploads/${starving}`, { method: 'HEAD', headers: bearer(running, 0) }))
        .status,
    ).toBe(404);
    expect(
      (
        await running.fetch(`/api/uploads/${steady}`, { method: 'HEAD', headers: bearer(running, 1) })
      ).headers.get('upload-offset'),
    ).toBe('20000');
  });

  test('that finds no room on the disk is answered 507, whichever step needs it, and is taken later', async () => {
    const kept = memoryRecords();
    const running = await serve({ kept });
    const { blobs } = running.world;
    const { offer, bytes } = update(running, 0);
    const isTurnedAway = async (response: Response): Promise<void> => {
      expect([response.status, response.headers.get('retry-after')]).toEqual([507, '60']);
      expect(v.parse(ApiError, await response.json())).toEqual({
        error: 'disk-full',
        message:
          'The server’s disk is full: it cannot take the update now. Its coordinator has to make room.',
      });
      expect(running.uploads.count).toBe(0);
    };
    blobs.isFull = true;
    await isTurnedAway(await offerIt(running, 0, offer));
    blobs.isFull = false;
    const written = await begin(running, 0, offer);
    blobs.isFull = true;
    await isTurnedAway(await piece(running, 0, written, 0, bytes));
    blobs.isFull = false;
    const recorded = await begin(running, 0, offer);
    kept.isFull = true;
    await isTurnedAway(await piece(running, 0, recorded, 0, bytes));
    expect(blobs.digests()).toHaveLength(1);
    kept.isFull = false;
    expect(
      (await decided(await piece(running, 0, await begin(running, 0, offer), 0, bytes))).reply.type,
    ).toBe('accepted');
    expect(running.world.fatal).toBeUndefined();
  });

  test('waits when the server receives all that it can hold', async () => {
    const running = await serve({ limits: { inFlightBytes: 60, perParticipant: 4, leastBytes: 1 } });
    await begin(running, 0, update(running, 0).offer);
    await begin(running, 1, update(running, 1).offer);
    const full = await offerIt(running, 2, update(running, 2).offer);
    expect([full.status, full.headers.get('retry-after')]).toEqual([503, '5']);
    // Those that send nothing make room.
    await running.world.clock.advance(61_000);
    expect(running.uploads.count).toBe(0);
    expect((await offerIt(running, 2, update(running, 2).offer)).status).toBe(201);
  });
});

describe('the coordinator’s API', () => {
  test('lets in by the printed token, once, with a cookie that scripts and other sites cannot use', async () => {
    const running = await serve();
    const { token } = running.sessions;
    const cookie = await signIn(running);
    expect(cookie).toMatch(
      /^tributary_session=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
    );
    const again = await running.fetch('/api/session', { method: 'POST', body: JSON.stringify({ token }) });
    expect(again.status).toBe(401);
    const act = (headers: Record<string, string>) =>
      running.fetch(`/api/federations/${federation}/actions`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ action: 'pause' }),
      });
    expect((await act({})).status).toBe(401);
    expect((await act({ cookie: 'tributary_session=forged' })).status).toBe(401);
    expect((await act({ cookie: cookie.split(';')[0]! })).status).toBe(200);
    await running.fetch('/api/session', { method: 'DELETE', headers: { cookie: cookie.split(';')[0]! } });
    expect((await act({ cookie: cookie.split(';')[0]! })).status).toBe(401);
  });

  test('says that the disk is full where it is: the action is not done, and the sign-in link stays good', async () => {
    const kept = memoryRecords();
    const running = await serve({ kept });
    kept.isFull = true;
    const { token } = running.sessions;
    const refused = await running.fetch('/api/session', { method: 'POST', body: JSON.stringify({ token }) });
    expect(refused.status).toBe(507);
    expect(v.parse(ApiError, await refused.json()).message).toMatch(/disk is full: .* is not done/);
    expect(running.sessions.token).toBe(token);
    kept.isFull = false;
    const cookie = (await signIn(running)).split(';')[0]!;
    kept.isFull = true;
    const ask = (method: string, path: string, body?: unknown): Promise<Response> =>
      running.fetch(`/api/federations${path}`, {
        method,
        headers: { cookie },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const own = `/${federation}`;
    for (const response of [
      await ask('POST', `${own}/actions`, { action: 'pause' }),
      await ask('POST', `${own}/actions`, { action: 'finish' }),
      await ask('PUT', `${own}/aliases/live`, { version: 0 }),
      await ask('POST', '', { id: null, spec: exampleSpec({ seed: 2 }) }),
    ])
      expect([response.status, response.headers.get('retry-after')]).toEqual([507, '60']);
    expect(running.world.coordinator.view(federation)?.state).toBe('running');
    expect(running.world.blobs.digests()).toHaveLength(1);
    expect((await ask('GET', '')).status).toBe(200);
    kept.isFull = false;
    expect((await ask('POST', `${own}/actions`, { action: 'finish' })).status).toBe(200);
    expect(running.world.fatal).toBeUndefined();
  });

  test('keeps sessions no longer than they last', async () => {
    const running = await serve({ started: false });
    await signIn(running);
    const [first] = await running.world.kept.sessions();
    await running.world.clock.advance(31 * 24 * 3600 * 1000);
    await signIn(running);
    const kept = await running.world.kept.sessions();
    expect(kept).toHaveLength(1);
    expect(kept[0]?.digest).not.toBe(first?.digest);
  });

  test('marks the cookie Secure behind a proxy that speaks TLS, when it may believe it', async () => {
    for (const [trustProxy, secure] of [
      [true, true],
      [false, false],
    ] as const) {
      const running = await serve({ site: { trustProxy } });
      const response = await running.fetch('/api/session', {
        method: 'POST',
        headers: {
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'fl.example',
          ...(trustProxy ? { origin: 'https://fl.example' } : {}),
        },
        body: JSON.stringify({ token: running.sessions.token }),
      });
      expect(response.headers.getSetCookie()[0]?.includes('Secure')).toBe(secure);
    }
  });

  test('does nothing for a page of another site', async () => {
    const running = await serve();
    const cookie = (await signIn(running)).split(';')[0]!;
    const body = JSON.stringify({ action: 'finish' });
    const from = (origin: string) =>
      running.fetch(`/api/federations/${federation}/actions`, {
        method: 'POST',
        headers: { cookie, origin },
        body,
      });
    expect((await from('https://elsewhere.example')).status).toBe(403);
    expect((await from('null')).status).toBe(403);
    expect(running.world.coordinator.view(federation)?.state).toBe('running');
    expect((await from(running.url)).status).toBe(200);
    expect(running.world.coordinator.view(federation)?.state).toBe('finished');
  });

  test('names the form fields that are not right', async () => {
    const running = await serve({ started: false });
    const cookie = (await signIn(running)).split(';')[0]!;
    const spec = exampleSpec();
    const post = async (body: unknown) => {
      const response = await running.fetch('/api/federations', {
        method: 'POST',
        headers: { cookie },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return {
        status: response.status,
        body: response.status < 300 ? undefined : v.parse(ApiError, await response.json()),
      };
    };
    expect((await post('{')).status).toBe(400);
    expect((await post(JSON.stringify({ filler: 'x'.repeat(1_100_000) }))).status).toBe(413);
    expect((await post('['.repeat(100_000))).status).toBe(400);
    const paths = async (body: unknown): Promise<string[]> =>
      (await post(body)).body?.issues?.map((issue) => issue.path) ?? [];
    expect(await paths({ id: 'Not An Id', spec })).toEqual(['id']);
    expect(await paths({ id: null, spec: { ...spec, brief: { ...spec.brief, title: ' ' } } })).toEqual([
      'spec.brief.title',
    ]);
    expect(await paths({ id: null, spec: { ...spec, rules: { ...spec.rules, minimum: 4 } } })).toEqual([
      'spec.rules.minimum',
    ]);
    expect(
      await paths({ id: null, spec: { ...spec, network: { ...spec.network, inputShape: [3] } } }),
    ).toEqual(['spec.network.inputShape']);
    expect(await paths({ id: null, spec: { ...spec, metric: { name: 'rmse', target: null } } })).toEqual([
      'spec.metric.name',
    ]);
    const augmentation = { flip: true, shift: 0, turn: 0, light: 0, cutout: 0 };
    expect(await post({ id: null, spec: { ...spec, plan: { ...spec.plan, augmentation } } })).toMatchObject({
      status: 422,
      body: { issues: [{ path: 'spec.plan.augmentation', message: expect.stringContaining('rows cannot') }] },
    });
    expect(await paths({ id: federation, spec })).toEqual(['id']);
    expect((await post({ id: null, spec, __proto__: { polluted: true } })).status).toBe(201);
    expect((await post({ id: null, spec })).status).toBe(201);
    expect(running.world.coordinator.summaries().map((one) => one.id)).toEqual([
      'two-moons',
      'two-moons-2',
      'two-moons-3',
    ]);
  });

  test('takes a federation from draft to its end, and changes it only when nothing runs', async () => {
    const running = await serve({ started: false });
    const cookie = (await signIn(running)).split(';')[0]!;
    const ask = async (method: string, path: string, body?: unknown) => {
      const response = await running.fetch(`/api/federations/${federation}${path}`, {
        method,
        headers: { cookie },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, value: await response.json() };
    };
    const before = v.parse(FederationView, (await ask('GET', '')).value);
    const reseeded = v.parse(
      FederationView,
      (await ask('PUT', '', { spec: exampleSpec({ seed: 5 }) })).value,
    );
    expect(reseeded.head.digest).not.toBe(before.head.digest);
    expect(running.world.blobs.digests()).toEqual([reseeded.head.digest]);
    expect((await ask('POST', '/actions', { action: 'resume' })).status).toBe(409);
    expect((await ask('POST', '/actions', { action: 'start' })).value).toMatchObject({
      state: 'running',
      run: 1,
    });
    expect((await ask('PUT', '', { spec: exampleSpec() })).status).toBe(409);
    expect((await ask('DELETE', '')).status).toBe(409);
    expect((await ask('PUT', '/aliases/live', { version: 3 })).status).toBe(404);
    const { brief } = exampleSpec();
    const slice = { column: 'x', part: null };
    const gates = [
      { kind: 'quality', metric: 'accuracy', threshold: 0.9 },
      { kind: 'quality', metric: 'auc', slice, threshold: 0.9 },
    ];
    expect(await ask('PUT', '/question', { brief: { ...brief, unit: 'A point' }, gates })).toMatchObject({
      status: 200,
      value: { state: 'running', spec: { brief: { version: 2 } } },
    });
    expect(await ask('PUT', '/aliases/live', { version: 0 })).toMatchObject({
      status: 409,
      value: {
        error: 'gate-failed',
        issues: [
          { path: 'gates.0' },
          {
            path: 'gates.1',
            message: expect.stringMatching(
              /^AUC in the part of “x” where it is worst is not measured yet \(at least 10 held-out rows/,
            ) as unknown,
          },
        ],
      },
    });
    const card = await running.fetch(`/api/federations/${federation}/versions/0/card.md`);
    expect([card.status, card.headers.get('content-type')]).toEqual([200, 'text/markdown; charset=utf-8']);
    expect(await card.text()).toMatch(
      /brief, version 1[^]*changed its brief since \(version 2\)[^]*not measured/,
    );
    expect((await running.fetch(`/api/federations/${federation}/versions/7/card.md`)).status).toBe(404);
    const curves = `/api/federations/${federation}/versions/0/curves`;
    expect((await running.fetch(curves)).status).toBe(401);
    expect(await ask('GET', '/versions/0/curves')).toMatchObject({ status: 200, value: null });
    expect((await ask('GET', '/versions/7/curves')).status).toBe(404);
    expect((await ask('GET', '/briefs')).value).toMatchObject([
      { version: 1, runs: [1] },
      { version: 2, runs: [], brief: { unit: 'A point' } },
    ]);
    expect((await ask('PUT', '/roots', { participant: 'somebody', trusted: true })).status).toBe(422);
    const { participant } = running.world.devices[0]!;
    expect(await ask('PUT', '/roots', { participant, trusted: true })).toMatchObject({
      status: 409,
      value: { error: 'not-now', message: expect.stringContaining('FLTrust') as unknown },
    });
    expect((await ask('POST', '/actions', { action: 'finish' })).value).toMatchObject({
      state: 'finished',
      status: 'The coordinator ended the run.',
    });
    expect((await ask('PUT', '', { spec: exampleSpec({ units: 3 }) })).value).toMatchObject({
      issues: [{ path: 'spec.network' }],
    });
    expect((await ask('PUT', '', { spec: exampleSpec({ rules: { goal: 5 } }) })).status).toBe(200);
    expect((await ask('POST', '/actions', { action: 'start' })).value).toMatchObject({
      state: 'running',
      run: 2,
      roundsCommitted: 0,
    });
    await ask('POST', '/actions', { action: 'finish' });
    expect((await ask('DELETE', '')).status).toBe(200);
    expect((await ask('GET', '')).status).toBe(404);
    expect(running.world.blobs.digests()).toEqual([]);
  });

  test('lists versions and rounds as their schemas have them', async () => {
    const running = await serve();
    for (const index of [0, 1, 2]) {
      const { offer, bytes } = update(running, index);
      await piece(running, index, await begin(running, index, offer), 0, bytes);
    }
    await running.world.coordinator.idle();
    const get = async (path: string): Promise<unknown> =>
      (await running.fetch(`/api/federations/${federation}${path}`)).json();
    expect(v.parse(v.array(VersionView), await get('/versions')).map((one) => one.version)).toEqual([0, 1]);
    const rounds = v.parse(v.array(RoundView), await get('/rounds?before=2&limit=1'));
    expect(rounds).toMatchObject([{ round: 1, phase: 'committed', version: 1 }]);
    expect(rounds[0]?.cohort[0]?.history.map((one) => one.stage)).toEqual(['waiting', 'accepted']);
    expect(await get('/rounds?before=1')).toEqual([]);
    expect((await running.fetch('/api/federations/nowhere/versions')).status).toBe(404);
    expect((await running.fetch('/api/nothing')).status).toBe(404);
    const method = await running.fetch('/api/session');
    expect([method.status, method.headers.get('allow')]).toEqual([405, 'POST, DELETE']);
  });

  test.each(['tfjs', 'safetensors'])(
    'exports no more versions at one time than it may (%s), and takes the next when one has ended',
    async (format) => {
      let go = (): void => {};
      const gate = new Promise<void>((resolve) => (go = resolve));
      let reading = 0;
      let bothRead = (): void => {};
      const both = new Promise<void>((resolve) => (bothRead = resolve));
      const running = await serve({
        mostExports: 2,
        async beforeStream() {
          reading += 1;
          if (reading === 2) bothRead();
          await gate;
        },
      });
      const path = `/api/federations/${federation}/versions/0/export?format=${format}`;
      const whole = async (): Promise<number> => {
        const response = await running.fetch(path);
        await response.arrayBuffer();
        return response.status;
      };
      const first = whole();
      const goesAway = httpRequest(running.url + path);
      goesAway.on('error', () => {});
      goesAway.end();
      await both;
      const refused = await running.fetch(path);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
      goesAway.destroy();
      go();
      expect(await first).toBe(200);
      // Both places come back, of the one that was read and of the one that went away.
      for (;;) {
        const statuses = await Promise.all([whole(), whole()]);
        if (statuses.every((status) => status === 200)) break;
        for (const status of statuses) expect([200, 503]).toContain(status);
      }
    },
  );

  test.each(['tfjs', 'safetensors'])('cuts off an export (%s) whose bytes are damaged', async (format) => {
    const running = await serve({ units: 50_000, started: false });
    running.world.blobs.damage(running.world.coordinator.view(federation)!.head.digest);
    const cut = running
      .fetch(`/api/federations/${federation}/versions/0/export?format=${format}`)
      .then((response) => response.arrayBuffer());
    await expect(cut).rejects.toThrow();
  });

  test('exports a version for TF.js and as safetensors', async () => {
    const running = await serve();
    const get = (query: string) => running.fetch(`/api/federations/${federation}/versions/0/export${query}`);
    const parameters = new Float32Array(
      await (
        await running.fetch(`/api/parameters/${running.world.coordinator.view(federation)!.head.digest}`)
      ).arrayBuffer(),
    );
    const zip = await get('?format=tfjs');
    expect(zip.headers.get('content-disposition')).toBe('attachment; filename="two-moons-v0-tfjs.zip"');
    const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
    expect(Object.keys(files)).toContain('model.json');
    expect(files['weights.bin']).toEqual(bytesOf(parameters));
    const tensors = readSafetensors(new Uint8Array(await (await get('?format=safetensors')).arrayBuffer()));
    expect(tensors.ok && tensors.value.tensors.map((one) => [...one.values])).toEqual([
      [...parameters.slice(0, 4)],
      [...parameters.slice(4)],
    ]);
    expect((await get('?format=onnx')).status).toBe(400);
    expect((await running.fetch(`/api/federations/${federation}/versions/9/export`)).status).toBe(404);
  });
});
