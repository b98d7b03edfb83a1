// The codec under the stores: while this device is locked with a passphrase (lock.ts), what lies in the stores named here is
// AES-256-GCM over the packed value, under the data key, with the store and the key of the record as additional data, so that no
// record can be put in another's place. Without a lock it does nothing.
//
// No transaction outlives an await of the cipher: a writer seals first, and its transaction looks first whether the lock is still
// the one that it sealed for. What is read may be of either kind: a lock that is being set or taken away passes over the records
// one by one.
import { DataLocked } from '../../ports/dataset-store.ts';
import { joined } from '../../core/secure-sum/bytes.ts';
import type { Database, LockRow, Sealed, TributaryDatabase } from './database.ts';
import type { Keys } from './keys.ts';
import { pack, unpack } from './packing.ts';

/**
 * The stores whose records are sealed, and what of a record stays readable because IndexedDB finds it by that. Not sealed: the device's
 * key pair, which no script can read and which must be there for a tab to say who it is; settings (joined federations, the last head of
 * a log, byte counts), which are needed before anybody has typed a passphrase.
 */
const readable = {
  datasets: ['id'],
  imports: ['id'],
  chunks: [],
  hashes: [],
  sharing: [],
  states: [],
  judgements: [],
  sounds: [],
  outbox: ['federation', 'round'],
  checkpoints: ['key'],
  receipts: ['receipt.federation', 'receipt.round'],
  refusals: ['federation'],
  parameters: ['usedAt'],
  vectors: [],
  models: ['id'],
  runs: ['id'],
  runLabels: ['id'],
  runModels: ['id'],
} as const;
export type SealedStore = keyof typeof readable;
export const sealedStoreNames = Object.keys(readable) as SealedStore[];
type Key<Name extends SealedStore> = TributaryDatabase[Name]['key'];
/** As it lies there: sealed, or as it is. */
type Stored<Name extends SealedStore> = TributaryDatabase[Name]['value'];
export type Plain<Name extends SealedStore> = Exclude<Stored<Name>, Sealed>;

/** Of AES-GCM; it stands before the ciphertext. */
export const IV_BYTES = 12;

export interface Writing {
  /** The value as it is to be stored. Rejects with DataLocked. */
  seal<Name extends SealedStore>(store: Name, key: Key<Name>, value: Plain<Name>): Promise<Stored<Name>>;
  /** First of all in a transaction that writes what was sealed; the transaction must be over the store `lock` too. */
  confirm(transaction: Confirmable): Promise<void>;
}
/** The part of a transaction that is needed to look at the lock in it. */
export interface Confirmable {
  objectStore(name: 'lock'): { get(key: 'lock'): Promise<LockRow | undefined> };
  abort(): void;
  readonly done: Promise<void>;
}

export interface Seal {
  /** Calls `write`, and again where the lock was set or taken away in the middle. */
  writing<T>(write: (as: Writing) => Promise<T>): Promise<T>;
  /** Rejects with DataLocked. */
  open<Name extends SealedStore>(store: Name, key: Key<Name>, stored: Stored<Name>): Promise<Plain<Name>>;
}

class LockMoved extends Error {
  override readonly name = 'LockMoved';
}

export const isSealed = (stored: unknown): stored is Sealed =>
  typeof stored === 'object' && stored !== null && 'sealed' in stored && stored.sealed instanceof Uint8Array;

/** The lock that records are to be sealed for; null: they are to lie as they are. */
const sealedFor = (row: LockRow | undefined): string | null =>
  row === undefined || row.state === 'removing' ? null : row.id;

export function createSeal(database: Database, keys: Keys): Seal {
  async function heldKey(id: string | undefined): Promise<CryptoKey> {
    const held = await keys.held();
    if (held === undefined || held.id !== id) throw new DataLocked();
    keys.used();
    return held.key;
  }
  return {
    async writing(write) {
      for (;;) {
        const id = sealedFor(await database.get('lock', 'lock'));
        try {
          return await write({
            seal: async (store, key, value) =>
              id === null ? value : sealWith(await heldKey(id), store, key, value),
            async confirm(transaction) {
              if (sealedFor(await transaction.objectStore('lock').get('lock')) === id) return;
              transaction.done.catch(() => {});
              transaction.abort();
              throw new LockMoved();
            },
          });
        } catch (failure) {
          if (!(failure instanceof LockMoved)) throw failure;
        }
      }
    },
    async open(store, key, stored) {
      if (!isSealed(stored)) return stored as Plain<typeof store>;
      return openWith(await heldKey((await database.get('lock', 'lock'))?.id), store, key, stored);
    },
  };
}

/** Whether there is a lock whose key nobody holds. */
export async function isLocked(database: Database, keys: Keys): Promise<boolean> {
  const row = await database.get('lock', 'lock');
  return row !== undefined && (await keys.held())?.id !== row.id;
}

const boundTo = (store: SealedStore, key: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify([store, key]));

export async function sealWith<Name extends SealedStore>(
  dataKey: CryptoKey,
  store: Name,
  key: Key<Name>,
  value: Plain<Name>,
): Promise<Stored<Name>> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const parameters = { name: 'AES-GCM', iv, additionalData: boundTo(store, key) };
  const cipher = new Uint8Array(await crypto.subtle.encrypt(parameters, dataKey, pack(value)));
  return { ...readableOf(store, value), sealed: joined(iv, cipher) } as Stored<Name>;
}

/** The paths of `readable`, at most two names deep. */
function readableOf(store: SealedStore, value: object): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const path of readable[store]) {
    const [name = path, inner] = path.split('.');
    const part: unknown = Reflect.get(value, name);
    kept[name] =
      inner === undefined || typeof part !== 'object' || part === null
        ? part
        : { ...(kept[name] as object | undefined), [inner]: Reflect.get(part, inner) };
  }
  return kept;
}

/** Rejects with an OperationError where the bytes were changed, or put in another record's place. */
export async function openWith<Name extends SealedStore>(
  dataKey: CryptoKey,
  store: Name,
  key: Key<Name>,
  { sealed }: Sealed,
): Promise<Plain<Name>> {
  const parameters = {
    name: 'AES-GCM',
    iv: sealed.slice(0, IV_BYTES),
    additionalData: boundTo(store, key),
  };
  const packed = await crypto.subtle.decrypt(parameters, dataKey, sealed.slice(IV_BYTES));
  return unpack(packed) as Plain<Name>;
}
