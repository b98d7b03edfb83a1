// The worker that fetches a file from an address. Its script's content security policy (server/pages.ts) lets it ask other servers,
// which neither a page nor any other worker may: so it has no store, and is told nothing of what is kept here.
import { fetchAddress } from './fetch-address.ts';
import type { FetchReply, FetchWorkerRequest } from './fetch-messages.ts';

/** Progress goes out at most this often. */
const PROGRESS_EVERY_MS = 100;

const running = new Map<number, AbortController>();
const reply = (message: FetchReply): void => self.postMessage(message);

self.onmessage = async ({ data }: MessageEvent<FetchWorkerRequest>): Promise<void> => {
  if (data.name === 'cancel') {
    running.get(data.request)?.abort();
    return;
  }
  const { id, address } = data;
  const stop = new AbortController();
  running.set(id, stop);
  let last = -Infinity;
  try {
    const fetched = await fetchAddress(address, {
      fetch: (url, options) => fetch(url, options),
      isOnline: () => navigator.onLine,
      signal: stop.signal,
      onBytes(bytes, total) {
        const now = performance.now();
        if (now - last < PROGRESS_EVERY_MS) return;
        last = now;
        reply({ type: 'progress', id, bytes, total });
      },
    });
    if (fetched.ok) reply({ type: 'fetched', id, file: fetched.value });
    else reply({ type: 'failure', id, message: fetched.error });
  } catch (error) {
    if (stop.signal.aborted) reply({ type: 'cancelled', id });
    else reply({ type: 'failure', id, message: `The file could not be fetched: ${String(error)}` });
  } finally {
    running.delete(id);
  }
};
