// Where the file of a dataset is to be had again without being looked for: the handle of one on this device, where the browser gave it
// (File System API), or the address that one was fetched from; and how a person said that it is read. All of it names the file and lies
// here unencrypted: none is kept beside a lock, and a lock that is set takes it away.
import type { Canonical } from '../../core/canonical.ts';
import type { Database } from './database.ts';

export type FileOrigin = FileSystemFileHandle | string;

/** A dataset's, among the settings. */
export const originKey = (dataset: string): string => `file-origin:${dataset}`;
const readingKey = (dataset: string): string => `${originKey(dataset)}:reading`;
export const originKeys = (): IDBKeyRange => IDBKeyRange.bound('file-origin:', 'file-origin:\uffff');

export interface FileOrigins {
  /** Keeps it in place of the one before; does nothing where there is a lock, or no such dataset. */
  keep(dataset: string, origin: FileOrigin): Promise<void>;
  of(dataset: string): Promise<FileOrigin | undefined>;
  /** Likewise, of how it is read: plain values. */
  keepReading(dataset: string, reading: Canonical): Promise<void>;
  /** As it lies here. */
  readingOf(dataset: string): Promise<unknown>;
  /** Before the dataset is deleted. */
  drop(dataset: string): Promise<void>;
}

export const idbFileOrigins = (database: Database): FileOrigins => ({
  keep: (dataset, origin) => keep(database, dataset, origin, originKey(dataset)),
  async of(dataset) {
    const kept = await database.get('settings', originKey(dataset));
    return typeof kept === 'string' || isFileHandle(kept) ? kept : undefined;
  },
  keepReading: (dataset, reading) => keep(database, dataset, reading, readingKey(dataset)),
  readingOf: (dataset) => database.get('settings', readingKey(dataset)),
  async drop(dataset) {
    await database.delete('settings', originKey(dataset));
    await database.delete('settings', readingKey(dataset));
  },
});

async function keep(database: Database, dataset: string, value: unknown, key: string): Promise<void> {
  const transaction = database.transaction(['settings', 'lock', 'datasets'], 'readwrite');
  const [lock, known] = await Promise.all([
    transaction.objectStore('lock').getKey('lock'),
    transaction.objectStore('datasets').getKey(dataset),
  ]);
  if (lock === undefined && known !== undefined) await transaction.objectStore('settings').put(value, key);
  await transaction.done;
}

const isFileHandle = (value: unknown): value is FileSystemFileHandle =>
  typeof FileSystemFileHandle !== 'undefined' && value instanceof FileSystemFileHandle;
