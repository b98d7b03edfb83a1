// The token that the server sends over the connection, for the requests beside it.
import { LinkLost } from '../../ports/coordinator-link.ts';

export interface Bearer {
  /** A new one came, in place of the last. */
  take(token: string): void;
  /** The connection went: whoever waits for a token waits in vain. The last one may be good for a while still. */
  lost(): void;
  /** This device is somebody else from now on. */
  forget(): void;
  /** The server refuses it: the next must come over a new connection. */
  drop(token: string): void;
  /** The present token, or the first that comes. Rejects with LinkLost. */
  token(): Promise<string>;
}

export function createBearer(isConnected: () => boolean, onDropped: () => void): Bearer {
  let present: string | undefined;
  const waiting = new Set<{ readonly resolve: (token: string) => void; readonly reject: () => void }>();
  return {
    take(token) {
      present = token;
      for (const { resolve } of waiting) resolve(token);
      waiting.clear();
    },
    lost() {
      for (const { reject } of waiting) reject();
      waiting.clear();
    },
    forget() {
      present = undefined;
    },
    drop(token) {
      // Another request may have been refused with the same one, and a new one be here already.
      if (present !== token) return;
      present = undefined;
      onDropped();
    },
    async token() {
      if (present !== undefined) return present;
      const noToken = (): LinkLost =>
        new LinkLost('The server has not said yet by what token it knows this device.');
      if (!isConnected()) throw noToken();
      return new Promise((resolve, reject) => waiting.add({ resolve, reject: () => reject(noToken()) }));
    },
  };
}
