// Waiting for the way to the coordinator: until it is there, until nobody holds it up, and a little longer after each failure.
import { LinkLost, type CoordinatorLink } from '../ports/coordinator-link.ts';
import type { Clock } from '../ports/clock.ts';
import { backOff } from './back-off.ts';

/** Stops transfers while the person has paused; open otherwise. */
export interface Gate {
  readonly open: boolean;
  /** Aborted at the next closing. */
  readonly signal: AbortSignal;
  shut(): void;
  reopen(): void;
  opened(signal: AbortSignal): Promise<void>;
}

export function createGate(): Gate {
  let closing = new AbortController();
  let open = true;
  const waiting = new Set<() => void>();
  return {
    get open() {
      return open;
    },
    get signal() {
      return closing.signal;
    },
    shut() {
      open = false;
      closing.abort();
    },
    reopen() {
      if (open) return;
      open = true;
      closing = new AbortController();
      for (const wake of waiting) wake();
    },
    opened: (signal) =>
      until(
        () => open,
        (wake) => (waiting.add(wake), () => waiting.delete(wake)),
        signal,
      ),
  };
}

/** Resolves when `holds`; looks again whenever `listen` calls. Rejects with the signal's reason. */
function until(
  holds: () => boolean,
  listen: (look: () => void) => () => unknown,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    if (holds()) return resolve();
    const look = (): void => {
      if (!signal.aborted && !holds()) return;
      undo();
      signal.removeEventListener('abort', look);
      signal.aborted ? reject(signal.reason) : resolve();
    };
    const undo = listen(look);
    signal.addEventListener('abort', look);
  });
}

export const connected = (link: CoordinatorLink, signal: AbortSignal): Promise<void> =>
  until(
    () => link.state === 'connected',
    (look) => link.onState(look),
    signal,
  );

export function waited(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  let over = false;
  return until(
    () => over,
    (look) =>
      clock.after(ms, () => {
        over = true;
        look();
      }),
    signal,
  );
}

/**
 * Runs a transfer until it ends: waits for the connection, begins again after a loss (full jitter) and after a pause.
 * Rejects with the reason of `signal`, and with whatever is neither a loss nor a pause.
 */
export async function transfer<T>(
  {
    link,
    clock,
    gate,
    uniform,
  }: {
    readonly link: CoordinatorLink;
    readonly clock: Clock;
    readonly gate: Gate;
    readonly uniform: () => number;
  },
  signal: AbortSignal,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    await gate.opened(signal);
    await connected(link, signal);
    const closing = gate.signal;
    try {
      return await attempt(AbortSignal.any([signal, closing]));
    } catch (failure) {
      signal.throwIfAborted();
      if (closing.aborted) failures = -1;
      else if (failure instanceof LinkLost) await waited(clock, backOff(failures, uniform()), signal);
      else throw failure;
    }
  }
}
