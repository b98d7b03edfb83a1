// A worker's way to what this browser keeps: opened with the first request, and anew where another tab took the connection away.
import { openDatabase, type Database } from '../adapters/idb/database.ts';
import { createKeys, keyChannel } from '../adapters/idb/keys.ts';
import { createSeal, type Seal } from '../adapters/idb/seal.ts';

export interface Opened {
  readonly database: Database;
  readonly seal: Seal;
}

export function openedDatabase(): () => Promise<Opened> {
  let opened: Promise<Database> | undefined;
  const keys = createKeys(keyChannel());
  const forget = (): void => {
    opened = undefined;
  };
  return async () => {
    opened ??= openDatabase({ onReplaced: forget, onTerminated: forget });
    try {
      const database = await opened;
      return { database, seal: createSeal(database, keys) };
    } catch (error) {
      forget();
      throw error;
    }
  };
}
