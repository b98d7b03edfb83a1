// Blobs as files named by the SHA-256 of their content: <directory>/blobs/ab/<digest>. Written to incoming/ first, then
// fsync(file) → rename → fsync(directory): a name stands only for bytes that are durable and whole.
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { Digest } from '#lib/core/ids.ts';
import { BlobMissing, BlobSpaceFull, type BlobDraft, type Blobs } from '../ports/blobs.ts';

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** No room, or none left of what this user may have. Every other failure of the disk stays what it is. */
const spaceFullOr = (error: unknown): unknown =>
  codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT'
    ? new BlobSpaceFull('The disk of the server is full.', { cause: error })
    : error;

/** What writes, so that a test may stand in for a disk that does not. */
export interface Disk {
  readonly open: (path: string, flags: string) => Promise<FileHandle>;
  readonly mkdir: (path: string, options: { readonly recursive: true }) => Promise<string | undefined>;
  readonly rename: (from: string, to: string) => Promise<void>;
}
const thisDisk: Disk = { open, mkdir, rename };

async function readThrough(
  handle: FileHandle,
  scratch: ArrayBuffer,
  onChunk: (chunk: Uint8Array, offset: number) => void,
): Promise<void> {
  const window = new Uint8Array(scratch);
  for (let offset = 0; ;) {
    let filled = 0;
    while (filled < window.length) {
      const { bytesRead } = await handle.read(window, filled, window.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    if (filled === 0) return;
    onChunk(window.subarray(0, filled), offset);
    if (filled < window.length) return;
    offset += filled;
  }
}

export async function fileBlobs(directory: string, disk: Disk = thisDisk): Promise<Blobs> {
  const home = join(directory, 'blobs');
  const incoming = join(directory, 'incoming');
  await mkdir(home, { recursive: true });
  // Drafts of an earlier process: nothing of them was acknowledged as whole.
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true });
  const holders = new Map<Digest, number>();
  let drafts = 0;
  // Renaming onto a name and deleting it never overlap, or bytes kept again could go with their last holder.
  let naming: Promise<void> = Promise.resolve();
  const exclusively = (work: () => Promise<void>): Promise<void> => {
    const done = naming.then(work);
    naming = done.catch(() => undefined);
    return done;
  };

  async function syncDirectory(path: string): Promise<void> {
    const handle = await disk.open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** The shelf of a digest, its own name durable. */
  async function madeShelf(digest: Digest): Promise<string> {
    const path = shelf(digest);
    if ((await disk.mkdir(path, { recursive: true })) === undefined) return path;
    try {
      await syncDirectory(home);
    } catch (error) {
      // Made and not durable: the next one must make it again.
      await rmdir(path).catch(() => undefined);
      throw error;
    }
    return path;
  }

  const shelf = (digest: Digest): string => join(home, digest.slice(0, 2));
  const pathOf = (digest: Digest): string => join(shelf(digest), digest);
  const retain = (digest: Digest): void => void holders.set(digest, (holders.get(digest) ?? 0) + 1);
  const opened = async (digest: Digest): Promise<FileHandle> => {
    try {
      return await open(pathOf(digest), 'r');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw new BlobMissing(digest);
      throw error;
    }
  };

  async function release(digest: Digest): Promise<void> {
    const count = (holders.get(digest) ?? 0) - 1;
    if (count > 0) {
      holders.set(digest, count);
      return;
    }
    holders.delete(digest);
    await exclusively(async () => {
      if (!holders.has(digest)) await rm(pathOf(digest), { force: true });
    });
  }

  async function draft(): Promise<BlobDraft> {
    drafts += 1;
    const path = join(incoming, `${process.pid}-${drafts}`);
    const handle = await disk.open(path, 'wx+').catch((error: unknown) => {
      throw spaceFullOr(error);
    });
    const hash = createHash('sha256');
    let length = 0;
    let isOpen = true;
    const close = async (): Promise<void> => {
      if (!isOpen) return;
      isOpen = false;
      await handle.close();
    };
    const digest = (): Digest => v.parse(Digest, hash.copy().digest('hex'));
    return {
      get length() {
        return length;
      },
      async append(bytes) {
        try {
          for (let done = 0; done < bytes.length;)
            done += (await handle.write(bytes, done, bytes.length - done, length + done)).bytesWritten;
        } catch (error) {
          throw spaceFullOr(error);
        }
        hash.update(bytes);
        length += bytes.length;
      },
      digest,
      read: (scratch, onChunk) => readThrough(handle, scratch, onChunk),
      async readAt(position, into) {
        for (let done = 0; done < into.length;) {
          const { bytesRead } = await handle.read(into, done, into.length - done, position + done);
          if (bytesRead === 0) throw new RangeError('Beyond the end of the draft.');
          done += bytesRead;
        }
      },
      async keep() {
        const name = digest();
        // Retained before the first await: whoever releases the same bytes meanwhile must not delete them.
        retain(name);
        try {
          await handle.sync();
          await close();
          await exclusively(async () => {
            const made = await madeShelf(name);
            await disk.rename(path, pathOf(name));
            await syncDirectory(made);
          });
        } catch (error) {
          // Whether its name is there is not known, and need not be: nobody was told of it.
          await release(name).catch(() => undefined);
          throw spaceFullOr(error);
        }
        return name;
      },
      async discard() {
        await close();
        await rm(path, { force: true });
      },
    };
  }

  return {
    draft,
    async put(bytes) {
      const one = await draft();
      try {
        await one.append(bytes);
        return await one.keep();
      } catch (error) {
        await one.discard();
        throw error;
      }
    },
    async size(digest) {
      try {
        return (await stat(pathOf(digest))).size;
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw error;
      }
    },
    async read(digest, scratch, onChunk) {
      const handle = await opened(digest);
      try {
        await readThrough(handle, scratch, onChunk);
      } finally {
        await handle.close();
      }
    },
    async stream(digest, start, end) {
      const handle = await opened(digest);
      // `end` of a read stream is inclusive; an empty range has no such end.
      if (end <= start) {
        await handle.close();
        return (async function* () {})();
      }
      return handle.createReadStream({ start, end: end - 1, highWaterMark: 256 * 1024 });
    },
    retain,
    release,
    async sweep() {
      let swept = 0;
      for (const name of await readdir(home)) {
        for (const file of await readdir(join(home, name))) {
          const parsed = v.safeParse(Digest, file);
          if (parsed.success && holders.has(parsed.output)) continue;
          await rm(join(home, name, file), { force: true });
          swept += 1;
        }
      }
      return swept;
    },
  };
}
