// Port: large immutable bytes under the SHA-256 of their content: parameters of versions, and updates until their round ends.
// Guarantees, repeated by test/contract/stores.test.ts: a digest that `put` or `keep` has returned is durable and whole; its
// bytes never change; bytes that nobody retains any more may go.
import type { Digest } from '#lib/core/ids.ts';

/** Bytes on their way in: written in order, invisible until kept. */
export interface BlobDraft {
  /** Bytes written so far. */
  readonly length: number;
  /** Throws BlobSpaceFull. */
  append(bytes: Uint8Array): Promise<void>;
  /** SHA-256 of what was written so far. */
  digest(): Digest;
  /** Reads what was written, as `Blobs.read` does. */
  read(scratch: ArrayBuffer, onChunk: (chunk: Uint8Array, offset: number) => void): Promise<void>;
  /** Fills `into` with the bytes from `position` of what was written; there must be as many. */
  readAt(position: number, into: Uint8Array): Promise<void>;
  /** Makes it durable under its digest, retained once. The draft is spent. Throws BlobSpaceFull: then it is to be discarded. */
  keep(): Promise<Digest>;
  /** Safe to call at any time, also twice. */
  discard(): Promise<void>;
}

export class BlobMissing extends Error {
  override readonly name = 'BlobMissing';
  constructor(readonly digest: Digest) {
    super(`The bytes ${digest} are not in the store.`);
  }
}

/** The disk has no room: the caller's bytes are not kept, everything else is as before. */
export class BlobSpaceFull extends Error {
  override readonly name = 'BlobSpaceFull';
}

export interface Blobs {
  /** Throws BlobSpaceFull. */
  draft(): Promise<BlobDraft>;
  /** Keeps bytes at once, retained once. Throws BlobSpaceFull. */
  put(bytes: Uint8Array): Promise<Digest>;
  /** Length in bytes, or undefined where there is no such blob. */
  size(digest: Digest): Promise<number | undefined>;
  /**
   * Reads a blob through `scratch`, in order: `chunk` is a view on it from its start, valid during the call only, and every
   * chunk but the last fills it. Throws BlobMissing.
   */
  read(
    digest: Digest,
    scratch: ArrayBuffer,
    onChunk: (chunk: Uint8Array, offset: number) => void,
  ): Promise<void>;
  /** The bytes [start, end), for sending. Throws BlobMissing. */
  stream(digest: Digest, start: number, end: number): Promise<AsyncIterable<Uint8Array>>;
  /** One more holder of these bytes, in this process's memory. */
  retain(digest: Digest): void;
  /** One holder less; at none the bytes are deleted. */
  release(digest: Digest): Promise<void>;
  /** Deletes what nobody retains and what was never kept: called once, after the records' digests have been retained. */
  sweep(): Promise<number>;
}
