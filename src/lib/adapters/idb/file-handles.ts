// The handles of files that datasets were read from, where the browser gave one (File System API): what lets the same file be read
// again without being looked for. A handle names its file and cannot be encrypted: none is kept beside a lock, and a lock that is set
// takes them away.
import type { Database } from './database.ts';

/** A dataset's, among the settings. */
export const handleKey = (dataset: string): string => `file-handle:${dataset}`;
export const handleKeys = (): IDBKeyRange => IDBKeyRange.bound('file-handle:', 'file-handle:\uffff');

export interface FileHandles {
  /** Keeps it in place of the one before; does nothing where there is a lock, or no such dataset. */
  keep(dataset: string, handle: FileSystemFileHandle): Promise<void>;
  of(dataset: string): Promise<FileSystemFileHandle | undefined>;
  /** Before the dataset is deleted. */
  drop(dataset: string): Promise<void>;
}

export const idbFileHandles = (database: Database): FileHandles => ({
  async keep(dataset, handle) {
    const transaction = database.transaction(['settings', 'lock', 'datasets'], 'readwrite');
    const [lock, known] = await Promise.all([
      transaction.objectStore('lock').getKey('lock'),
      transaction.objectStore('datasets').getKey(dataset),
    ]);
    if (lock === undefined && known !== undefined)
      await transaction.objectStore('settings').put(handle, handleKey(dataset));
    await transaction.done;
  },
  async of(dataset) {
    const kept = await database.get('settings', handleKey(dataset));
    return isFileHandle(kept) ? kept : undefined;
  },
  drop: (dataset) => database.delete('settings', handleKey(dataset)),
});

const isFileHandle = (value: unknown): value is FileSystemFileHandle =>
  typeof FileSystemFileHandle !== 'undefined' && value instanceof FileSystemFileHandle;
