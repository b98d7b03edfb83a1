// Who holds the data key. It lives in memory alone, as a CryptoKey whose bytes no script can read; the tabs and workers of this origin
// hand it to each other over a channel, so that what is unlocked in one is unlocked in all, and locked in all.

export interface Held {
  /** Of the lock that the key belongs to. */
  readonly id: string;
  readonly key: CryptoKey;
}

export interface Keys {
  /** Asks the others where nobody has told it here yet; undefined: locked. */
  held(): Promise<Held | undefined>;
  /** From now on here and in every other tab and worker. */
  take(held: Held): void;
  /** Forgotten here and everywhere. */
  drop(): void;
  /** Somebody works here: told to the others, a few times a minute at most. */
  used(): void;
  /** `dropped` and `used` as they come from others and from here. Returns its own undoing. */
  on(handler: (event: 'dropped' | 'used') => void): () => void;
  close(): void;
}

type Message =
  | { readonly type: 'ask' }
  | { readonly type: 'key'; readonly held: Held }
  | { readonly type: 'drop' }
  | { readonly type: 'used' };

/** The part of a BroadcastChannel that is needed. */
export interface KeyChannel {
  postMessage(message: Message): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Message>) => void): void;
  close(): void;
}

/** Another tab that holds the key answers within this; one that is busy longer is heard when it answers. */
const ANSWER_MS = 300;
const USED_EVERY_MS = 5_000;

export const keyChannel = (name = 'tributary-keys'): KeyChannel => new BroadcastChannel(name);

export function createKeys(channel: KeyChannel): Keys {
  const handlers = new Set<(event: 'dropped' | 'used') => void>();
  let here: Held | undefined;
  let asking: Promise<void> | undefined;
  let answered: () => void = () => {};
  let usedAt = -Infinity;
  const tell = (event: 'dropped' | 'used'): void => {
    for (const handler of handlers) handler(event);
  };

  channel.addEventListener('message', ({ data }) => {
    switch (data.type) {
      case 'ask':
        if (here !== undefined) channel.postMessage({ type: 'key', held: here });
        return;
      case 'key':
        here = data.held;
        return answered();
      case 'drop':
        here = undefined;
        return tell('dropped');
      case 'used':
        return tell('used');
      default:
        return data satisfies never;
    }
  });

  return {
    async held() {
      if (here === undefined) {
        asking ??= new Promise((resolve) => {
          answered = resolve;
          setTimeout(resolve, ANSWER_MS);
          channel.postMessage({ type: 'ask' });
        });
        await asking;
      }
      return here;
    },
    take(held) {
      here = held;
      channel.postMessage({ type: 'key', held });
    },
    drop() {
      here = undefined;
      channel.postMessage({ type: 'drop' });
      tell('dropped');
    },
    used() {
      const now = performance.now();
      if (now - usedAt < USED_EVERY_MS) return;
      usedAt = now;
      channel.postMessage({ type: 'used' });
      tell('used');
    },
    on(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    close: () => channel.close(),
  };
}

/** Nobody to ask: for a store that is never locked, and tests. */
export const silentChannel: KeyChannel = {
  postMessage: () => {},
  addEventListener: () => {},
  close: () => {},
};
