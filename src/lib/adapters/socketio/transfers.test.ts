// Downloads and uploads against a server that is played by a function: cut off, restarted, forgetful, lying.
import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import { bytesOf, digestOf, digestOfText } from '../../core/digest.ts';
import { FederationId, RoundNumber } from '../../core/ids.ts';
import { LinkLost, WrongBytes } from '../../ports/coordinator-link.ts';
import type { UpdateOffer, UpdateReply } from '../../protocol/http.ts';
import { UPLOAD_PIECE_BYTES } from '../../protocol/limits.ts';
import { REQUEST_HEADER_BYTES, RESPONSE_HEADER_BYTES, utf8Length } from './byte-counter.ts';
import { downloadParameters } from './download.ts';
import { createRequests, type Requests } from './requests.ts';
import { uploadUpdate } from './upload.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Requests to a played server; waits are noted, not waited. */
function played(answer: (asked: Asked) => Response | Promise<Response>): {
  readonly requests: Requests;
  readonly asked: Asked[];
  readonly waits: number[];
} {
  const asked: Asked[] = [];
  const waits: number[] = [];
  const fetchPlayed: typeof fetch = async (input, init) => {
    const url = new URL(String(input));
    const body = init?.body;
    const bytes =
      typeof body === 'string'
        ? new TextEncoder().encode(body)
        : ArrayBuffer.isView(body)
          ? bytesOf(body).slice()
          : new Uint8Array(0);
    const one = {
      method: init?.method ?? 'GET',
      path: url.pathname,
      headers: new Headers(init?.headers),
      body: bytes,
    };
    asked.push(one);
    return answer(one);
  };
  const requests = createRequests('https://server.test:3000/f/x', { fetch: fetchPlayed, uniform: () => 0.5 });
  return {
    requests: {
      ...requests,
      wait: async (ms, signal) => {
        signal?.throwIfAborted();
        waits.push(ms);
      },
    },
    asked,
    waits,
  };
}

const parameters = Float32Array.from({ length: 1000 }, (_, i) => i / 7);
const digest = digestOf(bytesOf(parameters));
const whole = bytesOf(parameters);

/** A body that gives `length` bytes and then breaks. */
const breaking = (bytes: Uint8Array, length: number): ReadableStream<Uint8Array> => {
  let given = false;
  return new ReadableStream(
    {
      pull(controller) {
        if (given) return controller.error(new TypeError('network error'));
        given = true;
        controller.enqueue(bytes.slice(0, length));
      },
    },
    // An error throws away what is queued: nothing may be.
    { highWaterMark: 0 },
  );
};

test('a download that is cut goes on where it stopped, and each byte is counted once', async () => {
  const { requests, asked } = played(({ headers }) => {
    const from = Number(/bytes=(\d+)-/.exec(headers.get('Range') ?? '')?.[1] ?? 0);
    const status = from === 0 ? 200 : 206;
    return new Response(breaking(whole.subarray(from), Math.min(1500, whole.length - from)), { status });
  });
  const progress: number[] = [];
  expect(
    await downloadParameters(requests, digest, 4000, { onProgress: (fraction) => progress.push(fraction) }),
  ).toEqual(parameters);
  expect(asked.map(({ headers }) => headers.get('Range'))).toEqual([null, 'bytes=1500-', 'bytes=3000-']);
  expect(progress).toEqual([0.375, 0.75, 1]);
  expect(requests.counter.bytes).toEqual({
    modelDown: 4000 + 3 * RESPONSE_HEADER_BYTES,
    updateUp: 0,
    controlUp: 3 * REQUEST_HEADER_BYTES,
    controlDown: 0,
  });
});

test('a server that ignores Range is read from the start', async () => {
  let calls = 0;
  const { requests } = played(() => new Response(++calls === 1 ? breaking(whole, 1500) : whole.slice()));
  expect(await downloadParameters(requests, digest, 4000)).toEqual(parameters);
});

test('a body is read to its end, and one that is held open beyond its last byte is not waited for', async () => {
  let cancelled = 0;
  const body = (ends: boolean): ReadableStream<Uint8Array> => {
    let given = false;
    return new ReadableStream(
      {
        pull(controller) {
          if (!given) controller.enqueue(whole.slice());
          else if (ends) controller.close();
          given = true;
        },
        cancel: () => void (cancelled += 1),
      },
      { highWaterMark: 0 },
    );
  };
  const ending = played(() => new Response(body(true)));
  expect(await downloadParameters(ending.requests, digest, 4000)).toEqual(parameters);
  expect(cancelled).toBe(0);
  vi.useFakeTimers();
  try {
    const held = played(() => new Response(body(false)));
    const download = downloadParameters(held.requests, digest, 4000);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await download).toEqual(parameters);
    expect(cancelled).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

test('wrong bytes are asked for once more, and never handed on', async () => {
  let calls = 0;
  const lying = whole.slice();
  lying[5]! ^= 1;
  const once = played(() => new Response(++calls === 1 ? lying.slice() : whole.slice()));
  expect(await downloadParameters(once.requests, digest, 4000)).toEqual(parameters);
  const always = played(() => new Response(lying.slice()));
  await expect(downloadParameters(always.requests, digest, 4000)).rejects.toThrow(WrongBytes);
  expect(always.asked).toHaveLength(2);
  const long = played(() => new Response(new Uint8Array(5000)));
  await expect(downloadParameters(long.requests, digest, 4000)).rejects.toThrow(WrongBytes);
  const absent = played(() => new Response('', { status: 404 }));
  await expect(downloadParameters(absent.requests, digest, 4000)).rejects.toThrow(WrongBytes);
});

test('a server that is not there is tried again with growing pauses, then counts as lost', async () => {
  const { requests, waits } = played(() => Promise.reject(new TypeError('fetch failed')));
  await expect(downloadParameters(requests, digest, 4000)).rejects.toThrow(LinkLost);
  expect(waits).toEqual([125, 250, 500, 1000, 2000]);
});

test('an aborted download rejects with its reason', async () => {
  const stop = new AbortController();
  const { requests } = played(() => {
    stop.abort(new Error('paused'));
    throw new DOMException('aborted', 'AbortError');
  });
  await expect(downloadParameters(requests, digest, 4000, { signal: stop.signal })).rejects.toThrow('paused');
});

const federation = v.parse(FederationId, 'digits');
const token = 'a'.repeat(65);
const update = new Uint8Array(UPLOAD_PIECE_BYTES * 2 + 500).map((_, i) => i % 251);
const offer: UpdateOffer = {
  round: v.parse(RoundNumber, 3),
  base: digestOfText('base'),
  codec: 'f32',
  steps: 1,
  baseLoss: null,
  bytes: update.length,
  digest: digestOf(update),
  examples: 12,
};
const accepted = {
  type: 'accepted',
  receipt: {
    federation,
    run: 1,
    round: 3,
    participant: 'b'.repeat(32),
    base: offer.base,
    update: offer.digest,
    bytes: update.length,
    examples: 12,
    receivedAt: 5,
  },
  signed: { key: '1'.repeat(64), signature: '2'.repeat(128) },
};
const json = (body: unknown, init?: ResponseInit): Response => new Response(JSON.stringify(body), init);

/** A server that keeps what arrives, and breaks as it is told: by call number, before or after it has kept a piece. */
function keeping(
  trouble: (call: number, asked: Asked) => 'before' | 'after' | 'half' | Response | undefined = () =>
    undefined,
) {
  const kept = new Uint8Array(update.length);
  let offset = 0;
  let call = 0;
  let decided = 0;
  const server = played((asked) => {
    call += 1;
    const wrong = trouble(call, asked);
    if (wrong instanceof Response) return wrong;
    if (wrong === 'before') throw new TypeError('fetch failed');
    expect(asked.headers.get('Authorization')).toBe(`Bearer ${token}`);
    if (asked.method === 'POST')
      return json(offset === update.length ? accepted : { type: 'upload', upload: 'u1', offset });
    if (asked.method === 'HEAD') return new Response(null, { headers: { 'Upload-Offset': String(offset) } });
    if (Number(asked.headers.get('Upload-Offset')) !== offset)
      return json(
        { error: 'offset', message: 'Wrong offset.' },
        { status: 409, headers: { 'Upload-Offset': String(offset) } },
      );
    const piece = wrong === 'half' ? asked.body.subarray(0, asked.body.length >> 1) : asked.body;
    kept.set(piece, offset);
    offset += piece.length;
    if (wrong !== undefined) throw new TypeError('network error');
    if (offset < update.length) return json({ type: 'upload', upload: 'u1', offset });
    decided += 1;
    return json(accepted);
  });
  return { ...server, kept, decided: () => decided, forget: () => (offset = 0) };
}
const send = ({ requests }: { readonly requests: Requests }): Promise<UpdateReply> =>
  uploadUpdate(requests, { token: async () => token, drop: () => {} }, federation, offer, update);

test('an update goes in pieces of 1 MiB, and its bytes are counted exactly', async () => {
  const server = keeping();
  expect(await send(server)).toEqual(accepted);
  expect(digestOf(server.kept)).toBe(offer.digest);
  expect(server.asked.map(({ method, headers }) => [method, headers.get('Upload-Offset')])).toEqual([
    ['POST', null],
    ['PATCH', '0'],
    ['PATCH', String(UPLOAD_PIECE_BYTES)],
    ['PATCH', String(UPLOAD_PIECE_BYTES * 2)],
  ]);
  expect(server.requests.counter.bytes.updateUp).toBe(update.length + 3 * REQUEST_HEADER_BYTES);
});

for (const how of ['before', 'half', 'after'] as const)
  test(`an upload that is cut ${how === 'half' ? 'in mid-piece' : `${how} the server kept a piece`} goes on from what the server has, whichever piece it was`, async () => {
    for (const at of [2, 3, 4]) {
      const server = keeping((call) => (call === at ? how : undefined));
      expect(await send(server)).toEqual(accepted);
      expect(digestOf(server.kept)).toBe(offer.digest);
    }
  });

test('the decision was lost on its way: the offer is made again, and the same decision comes', async () => {
  const server = keeping((call) =>
    call === 4 ? 'after' : call === 5 ? new Response(null, { status: 404 }) : undefined,
  );
  expect(await send(server)).toEqual(accepted);
  expect(server.asked.map(({ method }) => method)).toEqual([
    'POST',
    'PATCH',
    'PATCH',
    'PATCH',
    'HEAD',
    'POST',
  ]);
});

test('a server that lost a piece sets the offset right, and one that still reads it is asked in a while', async () => {
  const server = keeping((call) => {
    if (call === 3) server.forget();
    if (call !== 2) return undefined;
    return json(
      { error: 'offset', message: 'Being read.' },
      { status: 409, headers: { 'Upload-Offset': '0' } },
    );
  });
  expect(await send(server)).toEqual(accepted);
  expect(digestOf(server.kept)).toBe(offer.digest);
});

test('a forgotten upload is offered again, a server that forgets for ever is given up', async () => {
  let forgotten = 0;
  const server = keeping((_, { method }) =>
    method === 'PATCH' && (forgotten += 1) <= 2 ? new Response('', { status: 410 }) : undefined,
  );
  expect(await send(server)).toEqual(accepted);
  const never = keeping((_, { method }) =>
    method === 'PATCH' ? new Response('', { status: 404 }) : undefined,
  );
  expect(await send(never)).toMatchObject({ type: 'refused', refusal: { kind: 'invalid' } });
});

test('a busy server is waited for as long as it says', async () => {
  const server = keeping((call) =>
    call === 1 ? new Response('', { status: 503, headers: { 'Retry-After': '7' } }) : undefined,
  );
  expect(await send(server)).toEqual(accepted);
  expect(server.waits).toEqual([7000]);
});

test('a refusal is the decision, with whatever status it comes', async () => {
  const refused = {
    type: 'refused',
    refusal: { kind: 'round-closed', round: 3, current: 4 },
    message: 'Too late.',
  };
  for (const status of [200, 409, 410, 422])
    expect(await send(keeping((call) => (call === 2 ? json(refused, { status }) : undefined)))).toEqual(
      refused,
    );
  expect(
    await send(
      keeping(() => json({ error: 'forbidden', message: 'Nobody may send here.' }, { status: 403 })),
    ),
  ).toMatchObject({
    type: 'refused',
    message: 'The update was not taken: Nobody may send here.',
  });
});

test('a token that the server does not take is dropped, and the update goes on with the next one', async () => {
  const dropped: string[] = [];
  const bearer = { token: async () => token, drop: (one: string) => void dropped.push(one) };
  // It ends in the middle: the third request is the second piece.
  const server = keeping((call) => (call === 3 ? json({}, { status: 401 }) : undefined));
  const attempt = () => uploadUpdate(server.requests, bearer, federation, offer, update);
  await expect(attempt()).rejects.toThrow(LinkLost);
  expect(dropped).toEqual([token]);
  expect(await attempt()).toEqual(accepted);
  expect(digestOf(server.kept)).toBe(offer.digest);
});

test('a server that is gone for long is lost; progress starts the count of attempts anew', async () => {
  await expect(send(keeping(() => 'before'))).rejects.toThrow(LinkLost);
  // Every piece fails four times and then half of it arrives: more failures than attempts, and never six in a row.
  let patches = 0;
  const slow = keeping((_, { method }) => {
    if (method !== 'PATCH') return undefined;
    patches += 1;
    return patches % 5 === 0 && patches < 30 ? 'half' : patches < 30 ? 'before' : undefined;
  });
  expect(await send(slow)).toEqual(accepted);
  expect(digestOf(slow.kept)).toBe(offer.digest);
});

test('the length in UTF-8 is that of the encoder', () => {
  for (const text of ['', 'abc', 'Größe', '“quoted”', '🙂 é 漢'])
    expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
});
