// Where the file of a dataset is to be had again without being looked for: the handle of one on this device, where the browser gave it
// (File System API), or the address that one was fetched from. Both name the file and lie here unencrypted: none is kept beside a lock,
// and a lock that is set takes it away.
import type { Database } from './database.ts';

export type FileOrigin = FileSystemFileHandle | string;

/** A dataset's, among the settings. */
export const originKey = (dataset: string): string => `file-origin:${dataset}`;
export const originKeys = (): IDBKeyRange => IDBKeyRange.bound('file-origin:', 'file-origin:\uffff');

export interface FileOrigins {
  /** Keeps it in place of the one before; does nothing where there is a lock, or no such dataset. */
  keep(dataset: string, origin: FileOrigin): Promise<void>;
  of(dataset: string): Promise<FileOrigin | undefined>;
  /** Before the dataset is deleted. */
  drop(dataset: string): Promise<void>;
}

export const idbFileOrigins = (database: Database): FileOrigins => ({
  async keep(dataset, origin) {
    const transaction = database.transaction(['settings', 'lock', 'datasets'], 'readwrite');
    const [lock, known] = await Promise.all([
      transaction.objectStore('lock').getKey('lock'),
      transaction.objectStore('datasets').getKey(dataset),
    ]);
    if (lock === undefined && known !== undefined)
      await transaction.objectStore('settings').put(origin, originKey(dataset));
    await transaction.done;
  },
  async of(dataset) {
    const kept = await database.get('settings', originKey(dataset));
    return typeof kept === 'string' || isFileHandle(kept) ? kept : undefined;
  },
  drop: (dataset) => database.delete('settings', originKey(dataset)),
});

const isFileHandle = (value: unknown): value is FileSystemFileHandle =>
  typeof FileSystemFileHandle !== 'undefined' && value instanceof FileSystemFileHandle;
