// What a connection may do before it is closed: a bounded rate of messages, and few that cannot be read.

export const MOST_MALFORMED = 5;

export interface MessageRate {
  /** Messages that may come at once, and how many a second after that. */
  readonly burst: number;
  readonly perSecond: number;
}
export const messageRate: MessageRate = { burst: 60, perSecond: 20 };

/** A token bucket (the leaky bucket as a meter, ITU-T I.371): `take` says whether one more message is within the rate. */
export function rateLimiter(rate: MessageRate, monotonic: () => number): { take(): boolean } {
  let tokens = rate.burst;
  let at = monotonic();
  return {
    take() {
      const now = monotonic();
      tokens = Math.min(rate.burst, tokens + ((now - at) / 1000) * rate.perSecond);
      at = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

/** Addresses whose attempts are remembered: whoever comes with more pushes the longest silent out. */
const MOST_REMEMBERED = 10_000;

/** A token bucket for each key. */
export function rateLimits(rate: MessageRate, monotonic: () => number): { take(key: string): boolean } {
  const buckets = new Map<string, ReturnType<typeof rateLimiter>>();
  return {
    take(key) {
      const bucket = buckets.get(key) ?? rateLimiter(rate, monotonic);
      buckets.delete(key);
      buckets.set(key, bucket);
      for (const oldest of buckets.keys()) {
        if (buckets.size <= MOST_REMEMBERED) break;
        buckets.delete(oldest);
      }
      return bucket.take();
    },
  };
}

/** Counts connections by address, so that one address cannot take them all. */
export function connectionCounter(most: number, mostByAddress: number) {
  const byAddress = new Map<string, number>();
  let all = 0;
  return {
    mayConnect: (address: string): boolean => all < most && (byAddress.get(address) ?? 0) < mostByAddress,
    /** Returns its undoing. */
    connected(address: string): () => void {
      all += 1;
      byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
      let isCounted = true;
      return () => {
        if (!isCounted) return;
        isCounted = false;
        all -= 1;
        const left = (byAddress.get(address) ?? 1) - 1;
        if (left === 0) byAddress.delete(address);
        else byAddress.set(address, left);
      };
    },
    countOf: (address: string): number => byAddress.get(address) ?? 0,
    get count(): number {
      return all;
    },
  };
}

/** Bytes that may wait for a connection that does not read them. */
export const MOST_UNSENT_BYTES = 2 * 2 ** 20;

/**
 * What was made for a connection and has not left yet. A client may answer pings and ask for views without ever reading
 * one: they would fill the memory of the server.
 */
export function unsentBytes(most: number) {
  let waiting = 0;
  return {
    /** False: more waits than may. */
    made(bytes: number): boolean {
      waiting += bytes;
      return waiting <= most;
    },
    left(): void {
      waiting = 0;
    },
  };
}
