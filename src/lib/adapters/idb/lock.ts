// The lock with a passphrase: a random data key seals the records (seal.ts), and is kept wrapped by a key that PBKDF2-SHA-256 makes of
// the passphrase. Another passphrase wraps the same key anew, in one write. Setting the lock and taking it away pass over the records
// one by one, each replaced in a transaction of its own: cut off anywhere, all of them can be read, and the next unlocking goes on.
//
// It holds against whoever reads the disk of a device that is off, or locked. It does not hold against a program that runs as the
// person while it is unlocked, and browsers may keep remains of what lay in plain on the disk for a while.
import { bytesToHex } from '@noble/hashes/utils.js';
import { fail, ok, type Result } from '../../core/result.ts';
import { joined } from '../../core/secure-sum/bytes.ts';
import type { Database, LockRow } from './database.ts';
import { originKeys } from './file-origins.ts';
import type { Held, Keys } from './keys.ts';
import { IV_BYTES, isSealed, openWith, sealedStoreNames, sealWith } from './seal.ts';

/** OWASP Password Storage Cheat Sheet (2023) for PBKDF2-HMAC-SHA256. */
export const ITERATIONS = 600_000;
/** After so many wrong ones each further waits twice as long as the one before, up to five minutes. */
const FREE_ATTEMPTS = 3;
const LONGEST_WAIT_MS = 300_000;

export type LockStatus =
  | { readonly type: 'none' }
  | { readonly type: 'locked'; readonly waitMs: number }
  /** `unfinished`: what was cut off and goes on by `goOn`. */
  | {
      readonly type: 'open';
      readonly autoLockMs: number | null;
      readonly unfinished: 'locking' | 'removing' | null;
    };

export type PassphraseRefusal =
  | { readonly kind: 'wrong-passphrase'; readonly waitMs: number }
  /** It was not tried. */
  | { readonly kind: 'too-soon'; readonly waitMs: number };

/** 0 … 1 of the records. */
export type LockProgress = (fraction: number) => void;

export interface Lock {
  status(): Promise<LockStatus>;
  set(passphrase: string, autoLockMs: number | null, onProgress: LockProgress): Promise<void>;
  unlock(passphrase: string): Promise<Result<null, PassphraseRefusal>>;
  change(passphrase: string, next: string): Promise<Result<null, PassphraseRefusal>>;
  remove(passphrase: string, onProgress: LockProgress): Promise<Result<null, PassphraseRefusal>>;
  /** Ends what was cut off; only while it is open. */
  goOn(onProgress: LockProgress): Promise<void>;
  setAutoLock(autoLockMs: number | null): Promise<void>;
  lock(): void;
}

export function createLock(
  database: Database,
  keys: Keys,
  { now = Date.now, iterations = ITERATIONS }: { now?: () => number; iterations?: number } = {},
): Lock {
  const read = (): Promise<LockRow | undefined> => database.get('lock', 'lock');
  const existing = async (): Promise<LockRow> => {
    const row = await read();
    if (row === undefined) throw new Error('There is no lock.');
    return row;
  };
  /** In one transaction, so that two tabs do not take each other's change back. */
  async function update(change: (row: LockRow) => LockRow): Promise<LockRow> {
    const transaction = database.transaction('lock', 'readwrite', { durability: 'strict' });
    const row = await transaction.store.get('lock');
    if (row === undefined) throw new Error('There is no lock.');
    const next = change(row);
    await Promise.all([transaction.store.put(next, 'lock'), transaction.done]);
    return next;
  }
  const waitOf = ({ notBefore }: LockRow): number =>
    // A clock that was set back makes nobody wait for ever.
    Math.min(LONGEST_WAIT_MS, Math.max(0, notBefore - now()));

  /** The attempt is counted before it is made: closing the tab in between gains nothing. */
  async function unwrapped(
    passphrase: string,
    extractable: boolean,
  ): Promise<Result<{ row: LockRow; key: CryptoKey }, PassphraseRefusal>> {
    const before = await existing();
    const waitMs = waitOf(before);
    if (waitMs > 0) return fail({ kind: 'too-soon', waitMs });
    const row = await update((found) => {
      const failures = found.failures + 1;
      const wait =
        failures < FREE_ATTEMPTS ? 0 : Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (failures - FREE_ATTEMPTS));
      return { ...found, failures, notBefore: now() + wait };
    });
    const wrapping = await wrappingKey(passphrase, row);
    try {
      const key = await crypto.subtle.unwrapKey(
        'raw',
        row.wrapped.slice(IV_BYTES),
        wrapping,
        { name: 'AES-GCM', iv: row.wrapped.slice(0, IV_BYTES) },
        'AES-GCM',
        extractable,
        ['encrypt', 'decrypt'],
      );
      return ok({ row: await update((found) => ({ ...found, failures: 0, notBefore: 0 })), key });
    } catch (failure) {
      if (!(failure instanceof DOMException) || failure.name !== 'OperationError') throw failure;
      return fail({ kind: 'wrong-passphrase', waitMs: waitOf(row) });
    }
  }

  /** Each record to what the state of the lock says it should be; a writer in the meantime has done so already. */
  async function passOver({ key }: Held, to: 'sealed' | 'plain', onProgress: LockProgress): Promise<void> {
    const listed = await Promise.all(
      sealedStoreNames.map(async (name) =>
        (await database.getAllKeys(name)).map((at) => [name, at] as const),
      ),
    );
    const records = listed.flat();
    for (const [index, [name, at]] of records.entries()) {
      onProgress(index / records.length);
      const stored = await database.get(name, at as never);
      if (stored === undefined || isSealed(stored) === (to === 'sealed')) continue;
      const next = isSealed(stored)
        ? await openWith(key, name, at as never, stored)
        : await sealWith(key, name, at as never, stored as never);
      const transaction = database.transaction(name, 'readwrite');
      const present = await transaction.store.get(at as never);
      if (present !== undefined && isSealed(present) === isSealed(stored))
        // Where IndexedDB finds the key in the record itself, none may be given beside it.
        await transaction.store.put(
          next as never,
          transaction.store.keyPath === null ? (at as never) : undefined,
        );
      await transaction.done;
    }
    onProgress(1);
  }

  async function finish(held: Held, row: LockRow, onProgress: LockProgress): Promise<void> {
    switch (row.state) {
      case 'locking':
        await passOver(held, 'sealed', onProgress);
        await update((found) => ({ ...found, state: 'on' }));
        return;
      case 'removing': {
        await passOver(held, 'plain', onProgress);
        // From here on nothing can open what is sealed: nobody may have written it so since (seal.ts looks at the lock as it writes).
        const transaction = database.transaction('lock', 'readwrite', { durability: 'strict' });
        await Promise.all([transaction.store.delete('lock'), transaction.done]);
        return;
      }
      case 'on':
        return onProgress(1);
      default:
        return row.state satisfies never;
    }
  }

  return {
    async status() {
      const row = await read();
      if (row === undefined) return { type: 'none' };
      const held = await keys.held();
      if (held?.id !== row.id) return { type: 'locked', waitMs: waitOf(row) };
      return {
        type: 'open',
        autoLockMs: row.autoLockMs,
        unfinished: row.state === 'on' ? null : row.state,
      };
    },
    async set(passphrase, autoLockMs, onProgress) {
      const salt = crypto.getRandomValues(new Uint8Array(16));
      const id = bytesToHex(crypto.getRandomValues(new Uint8Array(16)));
      const fresh = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, [
        'encrypt',
        'decrypt',
      ]);
      const wrapped = await wrap(fresh, passphrase, { salt, iterations });
      const held = { id, key: await unextractable(fresh) };
      const row: LockRow = {
        id,
        salt,
        iterations,
        wrapped,
        state: 'locking',
        autoLockMs,
        failures: 0,
        notBefore: 0,
      };
      const transaction = database.transaction(['lock', 'settings'], 'readwrite', { durability: 'strict' });
      const locks = transaction.objectStore('lock');
      if ((await locks.getKey('lock')) !== undefined) {
        await transaction.done;
        throw new Error('There is a lock already.');
      }
      // The key is with all tabs before any of them finds a lock.
      keys.take(held);
      await Promise.all([
        locks.put(row, 'lock'),
        transaction.objectStore('settings').delete(originKeys()),
        transaction.done,
      ]);
      await finish(held, row, onProgress);
    },
    async unlock(passphrase) {
      const found = await unwrapped(passphrase, false);
      if (!found.ok) return found;
      keys.take({ id: found.value.row.id, key: found.value.key });
      return ok(null);
    },
    async change(passphrase, next) {
      const found = await unwrapped(passphrase, true);
      if (!found.ok) return found;
      const salt = crypto.getRandomValues(new Uint8Array(16));
      const wrapped = await wrap(found.value.key, next, { salt, iterations });
      await update((row) => ({ ...row, salt, iterations, wrapped }));
      return ok(null);
    },
    async remove(passphrase, onProgress) {
      const found = await unwrapped(passphrase, false);
      if (!found.ok) return found;
      const held = { id: found.value.row.id, key: found.value.key };
      keys.take(held);
      await finish(held, await update((row) => ({ ...row, state: 'removing' })), onProgress);
      return ok(null);
    },
    async goOn(onProgress) {
      const row = await existing();
      const held = await keys.held();
      if (held?.id !== row.id) throw new Error('What is locked cannot be gone on with.');
      await finish(held, row, onProgress);
    },
    async setAutoLock(autoLockMs) {
      await update((row) => ({ ...row, autoLockMs }));
    },
    lock: () => keys.drop(),
  };
}

async function wrappingKey(
  passphrase: string,
  { salt, iterations }: Pick<LockRow, 'salt' | 'iterations'>,
): Promise<CryptoKey> {
  // The same letters in another Unicode form are the same passphrase.
  const letters = new TextEncoder().encode(passphrase.normalize('NFKC'));
  const base = await crypto.subtle.importKey('raw', letters, 'PBKDF2', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    ['wrapKey', 'unwrapKey'],
  );
}

async function wrap(
  dataKey: CryptoKey,
  passphrase: string,
  by: Pick<LockRow, 'salt' | 'iterations'>,
): Promise<Uint8Array<ArrayBuffer>> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const wrapping = await wrappingKey(passphrase, by);
  const cipher = new Uint8Array(
    await crypto.subtle.wrapKey('raw', dataKey, wrapping, { name: 'AES-GCM', iv }),
  );
  return joined(iv, cipher);
}

const unextractable = async (key: CryptoKey): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', await crypto.subtle.exportKey('raw', key), 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ]);
