// A data directory has one owner: an exclusive lock that the operating system takes back when its process ends, however it
// ends. (Node has no flock; SQLite's own lock on a small file of its own is the same thing.)
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';

/** Another process owns the directory. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
}

export interface DataDirectory {
  readonly path: string;
  /** Gives the lock back. */
  close(): void;
}

/** Makes the directory where needed and takes the lock; throws DataDirectoryInUse, which names the `option` that chose it. */
export function ownDataDirectory(path: string, option: '--data' | '--state' = '--data'): DataDirectory {
  mkdirSync(path, { recursive: true });
  const note = join(path, 'owner.txt');
  const lock = new DatabaseSync(join(path, 'owner.lock'));
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!(error instanceof Error) || !/locked|busy/i.test(error.message)) throw error;
    throw new DataDirectoryInUse(
      `The ${option.slice(2)} directory ${path} is in use by another Tributary process${ownerSentence(note)}. Stop that one first, or choose another directory with ${option}.`,
      { cause: error },
    );
  }
  writeFileSync(note, `${process.pid}\n`);
  return {
    path,
    close: () => lock.close(),
  };
}

function ownerSentence(note: string): string {
  try {
    return ` (process ${readFileSync(note, 'utf8').trim()})`;
  } catch {
    // The note is for the sentence alone: its absence changes nothing.
    return '';
  }
}
