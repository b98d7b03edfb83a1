// An answer as a value, and how it is sent. Route handlers return one and never touch the response.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ApiError } from '#lib/protocol/http.ts';
import type { Act } from '../acts.ts';
import { BlobSpaceFull } from '../ports/blobs.ts';
import { RecordsFull } from '../ports/records.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array> | null;
  /** What a coordinator did by it: written down before it is sent. */
  readonly act?: Act;
  /** Called with the bytes of the body once they are sent. */
  readonly sent?: () => void;
  /** Called once nothing more is sent, whether all was or not. */
  readonly closed?: () => void;
}

export const json = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  body: JSON.stringify(value),
});

/** With what was done, where it was. */
export const having = (
  reply: Reply,
  act: string,
  federation: string | null,
  detail: Act['detail'] = {},
): Reply => (reply.status < 300 ? { ...reply, act: { act, federation, detail } } : reply);

export const empty = (status: number, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { 'cache-control': 'no-store', ...headers },
  body: null,
});

/** A refusal, with the sentence that the person reads. */
export const refusal = (
  status: number,
  error: string,
  message: string,
  more: { readonly issues?: ApiError['issues']; readonly headers?: Readonly<Record<string, string>> } = {},
): Reply =>
  json(
    status,
    { error, message, ...(more.issues === undefined ? {} : { issues: more.issues }) } satisfies ApiError,
    more.headers,
  );

/** Nothing can be kept now: the sentence says for whom, and what to do. */
export const diskFull = (message: string): Reply =>
  refusal(507, 'disk-full', message, { headers: { 'retry-after': '60' } });

export const isDiskFull = (error: unknown): boolean =>
  error instanceof RecordsFull || error instanceof BlobSpaceFull;

export const missingBytes = (): Reply =>
  refusal(
    500,
    'missing',
    'The bytes of this version are missing on the server’s disk. Tell its coordinator.',
  );

export const busy = (message: string): Reply =>
  refusal(503, 'busy', `${message} Try again shortly.`, { headers: { 'retry-after': '5' } });

/** For good: the bytes are gone, and a newer version has taken their place. */
export const damagedVersion = (): Reply =>
  refusal(
    410,
    'damaged',
    'This version is damaged on the server’s disk and cannot be had any more. Take a newer one.',
  );

export const unknownPath = (): Reply => refusal(404, 'not-found', 'There is nothing at this address.');

const security = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** A body that is sent as it is read ends where nobody has read of it for this long. */
const UNREAD_MS = 60_000;

export async function send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  try {
    await sendAll(request, response, reply);
  } finally {
    reply.closed?.();
  }
}

async function sendAll(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const { body } = reply;
  const length =
    typeof body === 'string' ? Buffer.byteLength(body) : body instanceof Uint8Array ? body.length : undefined;
  const headers: Record<string, string> = { ...security, ...reply.headers };
  if (length !== undefined) headers['content-length'] = String(length);
  else if (
    body === null &&
    reply.status !== 304 &&
    reply.status !== 204 &&
    headers['content-length'] === undefined
  )
    headers['content-length'] = '0';
  // A body that was not read to its end would be taken for the next request: such a connection is closed.
  if (!request.readableEnded && !request.complete && hasBody(request)) headers['connection'] = 'close';
  response.writeHead(reply.status, headers);
  if (body === null || request.method === 'HEAD') response.end();
  else if (typeof body === 'string' || body instanceof Uint8Array) response.end(body);
  else {
    response.setTimeout(UNREAD_MS, () => response.destroy());
    try {
      await pipeline(Readable.from(body), response);
    } catch (error) {
      // The other end went away in the middle: it asks for the rest when it is back.
      if (response.destroyed || response.errored !== null) return;
      throw error;
    }
  }
  reply.sent?.();
}

const hasBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
