// Port: datasets kept on this device. What a store guarantees is repeated by test/contract/dataset-store.ts:
// a dataset is either whole (listed) or an import in progress (listed as resumable), never broken.
import type { DataContract } from '../core/data/contract.ts';
import type { Examples } from '../core/data/examples.ts';
import type { DatasetVersion, FederationId } from '../core/ids.ts';

export interface DatasetRecord {
  readonly id: string;
  /** The federation it was read for; null for a local run. */
  readonly federation: FederationId | null;
  readonly name: string;
  readonly contract: DataContract;
  readonly count: number;
  /** Examples a class, in contract order; empty for a number target. */
  readonly classCounts: readonly number[];
  /** Bytes held in this browser. */
  readonly bytes: number;
  readonly version: DatasetVersion;
  readonly importedAt: number;
  /** Where it came from: file names, "drawn here", "camera", "sample". */
  readonly source: string;
}

/** An import that was cut off: committed chunks stay, and the same files continue after `count` examples. */
export interface ResumableImport {
  readonly id: string;
  readonly federation: FederationId | null;
  readonly name: string;
  readonly source: string;
  /** Examples already durable, and the position in the source (bytes or entries, the importer's own measure). */
  readonly count: number;
  readonly position: number;
  readonly startedAt: number;
}

export interface DatasetDraft {
  readonly id: string;
  readonly federation: FederationId | null;
  readonly name: string;
  readonly contract: DataContract;
  readonly source: string;
}

/** Writes one dataset: chunks, each durable when its promise resolves, then `finish`, which makes it visible. */
export interface DatasetWriter {
  /** What an earlier attempt made durable: `hashes` is [count, 2]. Undefined for a new dataset. */
  readonly resumed:
    { readonly count: number; readonly position: number; readonly hashes: Uint32Array } | undefined;
  /** Takes ownership of the examples' buffers. */
  append(examples: Examples, position: number): Promise<void>;
  finish(): Promise<DatasetRecord>;
  /** Deletes what was written. */
  discard(): Promise<void>;
}

/** `write` refuses with this when the resumable import of that id was begun with another source or contract. */
export class ImportMismatch extends Error {
  override readonly name = 'ImportMismatch';
  constructor(
    readonly expected: string,
    readonly got: string,
  ) {
    super(
      `This import was begun with ${expected}, not with ${got}. Choose the same files, or delete it and start again.`,
    );
  }
}

/** The store refuses with this when the device has no room. */
export class StorageFull extends Error {
  override readonly name = 'StorageFull';
  constructor(
    readonly neededBytes: number | undefined,
    readonly freeBytes: number | undefined,
    options?: ErrorOptions,
  ) {
    super('There is not enough room in this browser for the dataset.', options);
  }
}

/** A store refuses with this while what it keeps is locked with a passphrase, and none was given. */
export class DataLocked extends Error {
  override readonly name = 'DataLocked';
  readonly kind = 'locked';
  constructor() {
    super('What this browser keeps is locked. Unlock it with your passphrase.');
  }
}

export interface DatasetStore {
  /** Newest first. */
  list(): Promise<readonly DatasetRecord[]>;
  resumable(): Promise<readonly ResumableImport[]>;
  /** Starts a dataset, or continues the resumable import of the same id. */
  write(draft: DatasetDraft): Promise<DatasetWriter>;
  /** Adds examples to a finished dataset (drawing, camera); duplicates by hash are left out; gives it a new version. */
  add(id: string, examples: Examples): Promise<DatasetRecord>;
  record(id: string): Promise<DatasetRecord | undefined>;
  /** All examples, in import order; undefined where there is no such dataset. */
  read(id: string): Promise<Examples | undefined>;
  /** Deletes a dataset or an import in progress; nothing happens where there is none. */
  delete(id: string): Promise<void>;
}
