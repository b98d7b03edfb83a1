// HTTP requests that may be repeated: what a failure means, how long to wait, and when to give up for now.
import * as v from 'valibot';
import { LinkLost } from '../../ports/coordinator-link.ts';
import { ApiError } from '../../protocol/http.ts';
import { backOff } from '../../participant/back-off.ts';
import {
  createByteCounter,
  REQUEST_HEADER_BYTES,
  RESPONSE_HEADER_BYTES,
  type ByteCounter,
} from './byte-counter.ts';

export interface Requests {
  /** With a slash at neither end: "https://host:3000". */
  readonly origin: string;
  readonly fetch: typeof fetch;
  readonly counter: ByteCounter;
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
  /** Waits; rejects with the signal's reason when it is aborted. */
  readonly wait: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** `url` may carry a path; only its origin counts. */
export function createRequests(
  url: string,
  options: {
    readonly fetch?: typeof fetch;
    readonly counter?: ByteCounter;
    readonly uniform?: () => number;
  } = {},
): Requests {
  return {
    origin: new URL(url).origin,
    fetch: options.fetch ?? fetch.bind(globalThis),
    counter: options.counter ?? createByteCounter(),
    uniform: options.uniform ?? Math.random,
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(done, ms);
        function done(): void {
          signal?.removeEventListener('abort', done);
          clearTimeout(timer);
          if (signal?.aborted === true) reject(signal.reason);
          else resolve();
        }
        signal?.addEventListener('abort', done);
      }),
  };
}

/** Attempts without progress before the link counts as lost; the caller tries again when it is back. */
const ATTEMPTS = 6;

/** A request failed in a way that another attempt may mend. */
export class Retry extends Error {
  override readonly name = 'Retry';
  constructor(
    readonly afterMs: number | undefined,
    options?: ErrorOptions,
  ) {
    super('The request can be tried again.', options);
  }
}

/** Seconds or a date (RFC 9110, §10.2.3); undefined where there is none. */
export function retryAfterMs(response: Response, now: number): number | undefined {
  const value = response.headers.get('Retry-After');
  if (value === null) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Statuses after which the same request may succeed. */
export const isTemporary = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || status >= 500;

/** fetch rejects with a TypeError for everything that has to do with the network; an abort keeps its own reason. */
export async function ask(requests: Requests, path: string, init: RequestInit): Promise<Response> {
  try {
    return await requests.fetch(`${requests.origin}${path}`, {
      credentials: 'omit',
      cache: 'no-store',
      ...init,
    });
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw new Retry(undefined, { cause });
  }
}

/** Runs `attempt` until it answers. `progressed` is asked after a failure: progress starts the count of attempts anew. */
export async function persist<T>(
  requests: Requests,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
  progressed: () => boolean = () => false,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (failure) {
      if (!(failure instanceof Retry)) throw failure;
      if (progressed()) failures = 0;
      if (failures + 1 >= ATTEMPTS)
        throw new LinkLost('The server could not be reached.', { cause: failure });
      await requests.wait(failure.afterMs ?? backOff(failures, requests.uniform(), 250, 8_000), signal);
    }
  }
}

/** The body as JSON; undefined where it is none. */
export async function jsonOf(response: Response, requests: Requests, what: string): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (cause) {
    throw new Retry(undefined, { cause });
  }
  requests.counter.add('controlDown', text.length, what);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the server says is wrong, in a sentence. */
export function complaint(body: unknown, status: number): string {
  const read = v.safeParse(ApiError, body);
  return read.success ? read.output.message : `the server answered with status ${status}`;
}

/** What lies at `path`, read by its schema; undefined where there is nothing (404). Rejects with LinkLost. */
export function readView<T>(
  requests: Requests,
  path: string,
  schema: v.GenericSchema<unknown, T>,
  what = 'view',
): Promise<T | undefined> {
  return persist(requests, undefined, async () => {
    requests.counter.add('controlUp', REQUEST_HEADER_BYTES, what);
    const response = await ask(requests, path, {});
    requests.counter.add('controlDown', RESPONSE_HEADER_BYTES, what);
    if (response.status === 404) return undefined;
    if (isTemporary(response.status)) throw new Retry(retryAfterMs(response, Date.now()));
    const body = await jsonOf(response, requests, what);
    if (!response.ok) throw new LinkLost(`The server refused: ${complaint(body, response.status)}`);
    return v.parse(schema, body);
  });
}
