// Blobs in memory: for simulations and tests.
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { Digest } from '#lib/core/ids.ts';
import { BlobMissing, BlobSpaceFull, type Blobs } from '../ports/blobs.ts';

export interface MemoryBlobs extends Blobs {
  /** What a restart of the process leaves: the bytes, with no holders. */
  reopened(): MemoryBlobs;
  digests(): readonly Digest[];
  /** One bit of it is another: what a failing disk does. */
  damage(digest: Digest): void;
  /** A disk without room: nothing more is taken while it is. */
  isFull: boolean;
}

export function memoryBlobs(kept = new Map<Digest, Uint8Array>()): MemoryBlobs {
  const holders = new Map<Digest, number>();
  const retain = (digest: Digest): void => void holders.set(digest, (holders.get(digest) ?? 0) + 1);
  const bytesAt = (digest: Digest): Uint8Array => {
    const bytes = kept.get(digest);
    if (bytes === undefined) throw new BlobMissing(digest);
    return bytes;
  };
  const needRoom = (): void => {
    if (blobs.isFull) throw new BlobSpaceFull('There is no room for more bytes.');
  };
  const put = (bytes: Uint8Array): Digest => {
    needRoom();
    const digest = digestOf(bytes);
    kept.set(digest, bytes);
    retain(digest);
    return digest;
  };

  const blobs: MemoryBlobs = {
    isFull: false,
    async draft() {
      needRoom();
      let bytes = new Uint8Array(0);
      return {
        get length() {
          return bytes.length;
        },
        async append(more) {
          needRoom();
          const joined = new Uint8Array(bytes.length + more.length);
          joined.set(bytes);
          joined.set(more, bytes.length);
          bytes = joined;
        },
        digest: () => digestOf(bytes),
        read: async (scratch, onChunk) => readThrough(bytes, scratch, onChunk),
        async readAt(position, into) {
          if (position + into.length > bytes.length) throw new RangeError('Beyond the end of the draft.');
          into.set(bytes.subarray(position, position + into.length));
        },
        keep: async () => put(bytes),
        async discard() {
          bytes = new Uint8Array(0);
        },
      };
    },
    put: async (bytes) => put(bytes.slice()),
    size: async (digest) => kept.get(digest)?.length,
    read: async (digest, scratch, onChunk) => readThrough(bytesAt(digest), scratch, onChunk),
    async stream(digest, start, end) {
      const bytes = bytesAt(digest).slice(start, end);
      return (async function* () {
        yield bytes;
      })();
    },
    retain,
    async release(digest) {
      const count = (holders.get(digest) ?? 0) - 1;
      if (count > 0) holders.set(digest, count);
      else {
        holders.delete(digest);
        kept.delete(digest);
      }
    },
    async sweep() {
      const loose = [...kept.keys()].filter((digest) => !holders.has(digest));
      for (const digest of loose) kept.delete(digest);
      return loose.length;
    },
    reopened: () => memoryBlobs(new Map(kept)),
    digests: () => [...kept.keys()],
    damage(digest) {
      const bytes = bytesAt(digest).slice();
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      kept.set(digest, bytes);
    },
  };
  return blobs;
}

/** By the platform's SHA-256: a simulation names hundreds of megabytes a round, at many times the speed of plain JavaScript. */
const digestOf = (bytes: Uint8Array): Digest =>
  v.parse(Digest, createHash('sha256').update(bytes).digest('hex'));

function readThrough(
  bytes: Uint8Array,
  scratch: ArrayBuffer,
  onChunk: (chunk: Uint8Array, offset: number) => void,
): void {
  const window = new Uint8Array(scratch);
  for (let offset = 0; offset < bytes.length; offset += window.length) {
    const part = bytes.subarray(offset, offset + window.length);
    window.set(part);
    onChunk(window.subarray(0, part.length), offset);
  }
}
