// Downloads immutable parameters: a cut download goes on by Range, and nothing is handed on whose digest is another.
import { digestOf } from '../../core/digest.ts';
import type { Digest } from '../../core/ids.ts';
import { WrongBytes, type TransferOptions } from '../../ports/coordinator-link.ts';
import { REQUEST_HEADER_BYTES, RESPONSE_HEADER_BYTES } from './byte-counter.ts';
import { ask, isTemporary, persist, Retry, retryAfterMs, type Requests } from './requests.ts';

/** [bytes / 4] */
export async function downloadParameters(
  requests: Requests,
  digest: Digest,
  bytes: number,
  options: TransferOptions = {},
): Promise<Float32Array<ArrayBuffer>> {
  if (bytes % 4 !== 0) throw new WrongBytes(`Parameters of ${bytes} bytes are not whole 32-bit numbers.`);
  return new Float32Array((await downloadBlob(requests, digest, bytes, options)).buffer);
}

/** [bytes], from the start of a buffer of their own. */
export async function downloadBlob(
  requests: Requests,
  digest: Digest,
  bytes: number,
  options: TransferOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  // Once more from the start, should the bytes be wrong: a cache on the way may have been stale.
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const blob = new Uint8Array(bytes);
    await fill(requests, digest, blob, options);
    if (digestOf(blob) === digest) return blob;
  }
  throw new WrongBytes(`What the server sent is not the version ${digest.slice(0, 8)}… that it announced.`);
}

/** Milliseconds that a response whose bytes have all come may take to end. */
const END_MS = 2_000;
/**
 * Read to its end a response is whole to the browser too, which keeps it for the next who asks and lists it as finished; a server
 * that holds it open beyond its last byte is not waited for.
 */
async function orSoon<T>(next: Promise<T>): Promise<T | { readonly done: true; readonly value?: undefined }> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<{ readonly done: true }>((resolve) => {
    timer = setTimeout(resolve, END_MS, { done: true });
  });
  try {
    return await Promise.race([next, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function fill(
  requests: Requests,
  digest: Digest,
  into: Uint8Array,
  options: TransferOptions,
): Promise<void> {
  let offset = 0;
  let offsetBefore = 0;
  const attempt = async (): Promise<void> => {
    offsetBefore = offset;
    requests.counter.add('controlUp', REQUEST_HEADER_BYTES, 'model');
    const response = await ask(requests, `/api/parameters/${digest}`, {
      ...(offset === 0 ? {} : { headers: { Range: `bytes=${offset}-` } }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    requests.counter.add('modelDown', RESPONSE_HEADER_BYTES, 'model');
    if (isTemporary(response.status)) throw new Retry(retryAfterMs(response, Date.now()));
    if (!response.ok || response.body === null)
      throw new WrongBytes(`The server has no version ${digest.slice(0, 8)}… (status ${response.status}).`);
    // A server or proxy may ignore Range and send all.
    if (response.status !== 206) offset = 0;
    const reader = response.body.getReader();
    try {
      for (;;) {
        const next = reader.read();
        const { done, value } = await (offset < into.byteLength ? next : orSoon(next));
        if (done) break;
        requests.counter.add('modelDown', value.byteLength, 'model');
        if (offset + value.byteLength > into.byteLength)
          throw new WrongBytes(`The server sent more than the ${into.byteLength} bytes that it announced.`);
        into.set(value, offset);
        offset += value.byteLength;
        options.onProgress?.(offset / into.byteLength);
      }
    } catch (cause) {
      options.signal?.throwIfAborted();
      if (cause instanceof WrongBytes) throw cause;
      if (offset < into.byteLength) throw new Retry(undefined, { cause });
    } finally {
      // Ends a body that was not read to its end; a failed one has nothing left to end.
      await reader.cancel().catch(() => undefined);
    }
    if (offset < into.byteLength) throw new Retry(undefined);
  };
  await persist(requests, options.signal, attempt, () => offset > offsetBefore);
}
