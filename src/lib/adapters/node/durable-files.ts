// A directory of small files, each whole or not there: written beside its place, then fsync(file) → rename → fsync(directory), so
// that a process killed at any moment, or a power cut, leaves the old bytes or the new ones.
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createQueue } from '../../participant/engine.ts';
import { StorageFull } from '../../ports/dataset-store.ts';

export interface DurableFiles {
  /** Resolves once the bytes are durable under this name (`folder/name`). Rejects with StorageFull. */
  write(name: string, ...parts: readonly Uint8Array[]): Promise<void>;
  /** A copy of its own; undefined: there is no such file. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  remove(name: string): Promise<void>;
  /** `folder/name` of every file in a folder, in no order; none where there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /** Runs when all earlier writes have ended: for what is read, changed and written. */
  change<T>(work: (write: DurableFiles['write']) => Promise<T>): Promise<T>;
  pathOf(name: string): string;
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Only the account that runs it may read what is in here: a participant's key is. */
const OWNER_ALONE = { directory: 0o700, file: 0o600 } as const;

/** Makes the directory where needed. One process at a time may have it. */
export async function openDurableFiles(directory: string): Promise<DurableFiles> {
  const incoming = join(directory, 'incoming');
  // What an earlier process did not finish was never promised to anyone.
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true, mode: OWNER_ALONE.directory });
  const inTurn = createQueue();
  const pathOf = (name: string): string => join(directory, name);
  let drafts = 0;

  async function write(name: string, ...parts: readonly Uint8Array[]): Promise<void> {
    drafts += 1;
    const draft = join(incoming, String(drafts));
    const folder = dirname(pathOf(name));
    try {
      const handle = await open(draft, 'wx', OWNER_ALONE.file);
      try {
        for (const part of parts) await handle.writeFile(part);
        await handle.sync();
      } finally {
        await handle.close();
      }
      const made = await mkdir(folder, { recursive: true, mode: OWNER_ALONE.directory });
      await rename(draft, pathOf(name));
      await syncDirectory(folder);
      if (made !== undefined) await syncDirectory(directory);
    } catch (cause) {
      await rm(draft, { force: true });
      if (codeOf(cause) === 'ENOSPC' || codeOf(cause) === 'EDQUOT')
        throw new StorageFull(
          parts.reduce((sum, part) => sum + part.byteLength, 0),
          undefined,
          { cause },
        );
      throw cause;
    }
  }
  return {
    write: (name, ...parts) => inTurn(() => write(name, ...parts)),
    async read(name) {
      const bytes = await orNothing(readFile(pathOf(name)));
      return bytes === undefined ? undefined : new Uint8Array(bytes);
    },
    remove: (name) =>
      inTurn(async () => {
        if ((await orNothing(rm(pathOf(name), { recursive: true }).then(() => true))) === true)
          await syncDirectory(dirname(pathOf(name)));
      }),
    async list(folder) {
      return ((await orNothing(readdir(pathOf(folder)))) ?? []).map((name) => `${folder}/${name}`);
    },
    change: (work) => inTurn(() => work(write)),
    pathOf,
  };
}
