// The one IndexedDB database of this browser profile: its object stores, how it is opened, and what happens when another
// tab wants to upgrade or delete it. What lies in the stores belongs to datasets.ts and participant-store.ts.
import { deleteDB, openDB, type DBSchema, type IDBPDatabase, type StoreNames } from 'idb';
import type { Canonical } from '../../core/canonical.ts';
import type { DataContract } from '../../core/data/contract.ts';
import type { FederationId, RoundNumber } from '../../core/ids.ts';
import type { RowChange } from '../../core/data/row-change.ts';
import type { JournalEntry } from '../../core/labelling/journal.ts';
import type { TableReading } from '../../modalities/table/table-reading.ts';
import type { RunLabels, RunRecord } from '../../participant/workbench/run-record.ts';
import type { DatasetCommit, DatasetRecord, StateTag } from '../../ports/dataset-store.ts';
import type {
  Checkpoint,
  LocalModel,
  OutboxEntry,
  StoredReceipt,
  StoredRefusal,
} from '../../ports/participant-store.ts';

/** A finished dataset: the record that screens see, and how many chunks hold it (numbers 0 to chunks − 1). */
export interface DatasetRow {
  readonly id: string;
  readonly record: DatasetRecord;
  readonly chunks: number;
  /** The import as a state and the state in use, once there was a commit. */
  readonly states?: { readonly root: DatasetCommit; readonly head: number };
  /** How its rows are prepared for a model (core/recipe/history.ts), once somebody has changed that. */
  readonly recipe?: Canonical;
  /** The rules of thumb that label its rows, once somebody has written any. */
  readonly weakRules?: Canonical;
  /** How its rows are split, once a run has learnt from them. */
  readonly splits?: Canonical;
  readonly tags?: readonly StateTag[];
  /** Columns that its federation may not read. */
  readonly withheld?: readonly string[];
}

/** A state of a dataset that a change made; number 0, the import, is the chunks. */
export interface StateRow {
  readonly commit: DatasetCommit;
  readonly change: RowChange;
}

/** An import in progress; becomes a DatasetRow in the transaction of `finish`. */
export interface ImportRow {
  readonly id: string;
  readonly federation: FederationId | null;
  readonly name: string;
  readonly source: string;
  readonly contract: DataContract;
  readonly reading?: TableReading;
  readonly count: number;
  readonly position: number;
  readonly startedAt: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly sharedBytes?: number;
  readonly classCounts: readonly number[];
}

/** Some examples of a dataset, without those that it borrows; the arrays own their buffers. Layouts as in core/data/examples.ts; the hashes lie apart. */
export interface ChunkRow {
  readonly count: number;
  readonly features: Uint8Array | Float32Array;
  readonly targets: Int32Array | Float32Array;
  /** Absent where the contract has no column of texts. */
  readonly texts?: readonly (readonly string[])[];
}

/** A chunk by its key, where rows of it are rows of other chunks too. */
export type BlockKey = readonly [dataset: string, number: number];
/** Beside a chunk, for rows that several datasets have alike (core/data/shared-rows.ts). */
export type SharingRow =
  /** Rows of it lie in these blocks, and the chunk holds the others alone. */
  | { readonly type: 'borrows'; readonly blocks: readonly BlockKey[]; readonly runs: Uint32Array }
  /** Its dataset is erased, and these rows are all that is left of it, by the numbers that they had (`rangesOf`). */
  | { readonly type: 'lends'; readonly ranges: Uint32Array };

/** A record that is locked (seal.ts): 12 bytes of initialisation vector, then AES-GCM's ciphertext and tag. */
export interface Sealed {
  readonly sealed: Uint8Array<ArrayBuffer>;
}

/** The lock with a passphrase (lock.ts); none: what is here lies as it is. */
export interface LockRow {
  /** Of this lock, hex: another one has another data key. */
  readonly id: string;
  /** PBKDF2-SHA-256 makes the wrapping key of the passphrase. */
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iterations: number;
  /** The data key under the wrapping key: 12 bytes of initialisation vector, then AES-GCM's bytes. */
  readonly wrapped: Uint8Array<ArrayBuffer>;
  /** locking, removing: the records are passed over, and may be of either kind. */
  readonly state: 'locking' | 'on' | 'removing';
  /** Time without use after which it locks itself, ms; null: never by itself. */
  readonly autoLockMs: number | null;
  /** Wrong passphrases in a row, and when the next may be tried, Unix ms. */
  readonly failures: number;
  readonly notBefore: number;
}

/** A run of the workbench (runs.ts); what a person wrote on it; the file of its model. */
export interface RunRow {
  readonly id: string;
  readonly record: RunRecord;
}
export interface RunLabelsRow {
  readonly id: string;
  readonly labels: RunLabels;
}
export interface RunModelRow {
  readonly id: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Downloaded parameters; the store drops those unused for longest. */
export interface ParametersRow {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly usedAt: number;
}

type SealedReceipt = Sealed & { readonly receipt: Pick<StoredReceipt['receipt'], 'federation' | 'round'> };

export interface TributaryDatabase extends DBSchema {
  /** Key: dataset id (in line). */
  datasets: { key: string; value: DatasetRow | (Sealed & { readonly id: string }) };
  /** Key: [dataset id, chunk number], out of line. All of one dataset: IDBKeyRange.bound([id], [id, []]). */
  chunks: { key: [string, number]; value: ChunkRow | Sealed };
  /** Key: as the chunk's. Apart from it, so that looking for duplicates need not read the examples. */
  hashes: { key: [string, number]; value: Uint32Array | Sealed };
  /** Key: as the chunk's. None for a chunk that holds its rows itself. */
  sharing: { key: [string, number]; value: SharingRow | Sealed };
  /** Key: [dataset id, number of the state], out of line. */
  states: { key: [string, number]; value: StateRow | Sealed };
  /** Key: [dataset id, a number that rises with each that is added], out of line. */
  judgements: { key: [string, number]; value: JournalEntry | Sealed };
  /** Key: [dataset id, name of the recording (sounds.ts)], out of line. 16-bit samples. */
  sounds: { key: [string, string]; value: Int16Array<ArrayBuffer> | Sealed };
  /** Key: dataset id (in line). */
  imports: { key: string; value: ImportRow | (Sealed & { readonly id: string }) };
  /** Key: whose it is, out of line; one entry, 'participant': a key pair whose private key no script can read. */
  secrets: { key: string; value: CryptoKeyPair };
  /** Key: the setting's name, out of line. */
  settings: { key: string; value: unknown };
  /** Key: [federation, round] (in line). All of one federation: IDBKeyRange.bound([federation], [federation, []]). */
  outbox: {
    key: [FederationId, RoundNumber];
    value: OutboxEntry | (Sealed & Pick<OutboxEntry, 'federation' | 'round'>);
  };
  /** Key: checkpoint key (in line). */
  checkpoints: { key: string; value: Checkpoint | (Sealed & Pick<Checkpoint, 'key'>) };
  /** Key: [receipt.federation, receipt.round] (in line). */
  receipts: { key: [FederationId, RoundNumber]; value: StoredReceipt | SealedReceipt };
  /** Key: rises with time, out of line. */
  refusals: {
    key: number;
    value: StoredRefusal | (Sealed & Pick<StoredRefusal, 'federation'>);
    indexes: { federation: FederationId };
  };
  /** Key: digest, out of line. */
  parameters: {
    key: string;
    value: ParametersRow | (Sealed & Pick<ParametersRow, 'usedAt'>);
    indexes: { usedAt: number };
  };
  /** Key: `<kind>:<federation>`, out of line. */
  vectors: { key: string; value: Float32Array<ArrayBuffer> | Sealed };
  /** Key: model id (in line). */
  models: { key: string; value: LocalModel | (Sealed & Pick<LocalModel, 'id'>) };
  /** Key of all three: run id (in line). */
  runs: { key: string; value: RunRow | (Sealed & Pick<RunRow, 'id'>) };
  runLabels: { key: string; value: RunLabelsRow | (Sealed & Pick<RunLabelsRow, 'id'>) };
  runModels: { key: string; value: RunModelRow | (Sealed & Pick<RunModelRow, 'id'>) };
  /** One entry, 'lock', out of line. */
  lock: { key: 'lock'; value: LockRow };
}

export type Database = IDBPDatabase<TributaryDatabase>;

export const DATABASE_NAME = 'tributary';
/** Goes up by one with every change of the stores above; `upgrade` then takes each older version to the next. */
export const DATABASE_VERSION = 9;

export interface OpenOptions {
  /** Another name: tests, and several profiles in one browser. */
  readonly name?: string;
  /** An older copy of the app in another tab holds the database and has not let go: ask the person to close it. */
  readonly onBlocked?: () => void;
  /** A newer copy of the app (or "forget this device") took the database; this connection is closed. Reload the page. */
  readonly onReplaced?: () => void;
  /** The browser closed the database by itself (storage cleared, disk error). */
  readonly onTerminated?: () => void;
}

/** Opens, and creates where it is missing. Rejects with a DOMException when the browser has no storage to give. */
export async function openDatabase(options: OpenOptions = {}): Promise<Database> {
  const database = await openDB<TributaryDatabase>(options.name ?? DATABASE_NAME, DATABASE_VERSION, {
    async upgrade(upgrading, oldVersion, _, transaction) {
      if (oldVersion < 1) createStores(upgrading);
      if (oldVersion < 2) upgrading.createObjectStore('vectors');
      if (oldVersion < 3) upgrading.createObjectStore('lock');
      // Asked for by name: copies of the app between two releases made some of these under other numbers, and lack others.
      const isMissing = (name: StoreNames<TributaryDatabase>): boolean =>
        !upgrading.objectStoreNames.contains(name);
      for (const name of ['runs', 'runLabels', 'runModels'] as const)
        if (isMissing(name)) upgrading.createObjectStore(name, { keyPath: 'id' });
      for (const name of ['states', 'judgements', 'sounds', 'sharing'] as const)
        if (isMissing(name)) upgrading.createObjectStore(name);
      if (oldVersion === 3) {
        // More stores are sealed since: a lock that is set is gone on with once it is opened.
        const lock = transaction.objectStore('lock');
        const row = await lock.get('lock');
        if (row?.state === 'on') await lock.put({ ...row, state: 'locking' }, 'lock');
      }
    },
    blocked() {
      options.onBlocked?.();
    },
    // Not letting go would leave the other tab waiting for ever; what runs here ends with an InvalidStateError.
    blocking() {
      database.close();
      options.onReplaced?.();
    },
    terminated() {
      options.onTerminated?.();
    },
  });
  return database;
}

/**
 * Deletes the database itself: every other connection, in this tab or another, is closed first (`onReplaced`), so that no
 * work still running there can write anything back. Waits for the transactions that are under way.
 */
export const deleteDatabase = (name: string = DATABASE_NAME): Promise<void> => deleteDB(name);

function createStores(database: Database): void {
  database.createObjectStore('datasets', { keyPath: 'id' });
  database.createObjectStore('chunks');
  database.createObjectStore('hashes');
  database.createObjectStore('imports', { keyPath: 'id' });
  database.createObjectStore('secrets');
  database.createObjectStore('settings');
  database.createObjectStore('outbox', { keyPath: ['federation', 'round'] });
  database.createObjectStore('checkpoints', { keyPath: 'key' });
  database.createObjectStore('receipts', { keyPath: ['receipt.federation', 'receipt.round'] });
  database.createObjectStore('refusals', { autoIncrement: true }).createIndex('federation', 'federation');
  database.createObjectStore('parameters').createIndex('usedAt', 'usedAt');
  database.createObjectStore('models', { keyPath: 'id' });
}
