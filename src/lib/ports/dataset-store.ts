// Port: datasets kept on this device. What a store guarantees is repeated by test/contract/dataset-store.ts:
// a dataset is either whole (listed) or an import in progress (listed as resumable), never broken.
import type { Canonical } from '../core/canonical.ts';
import type { DataContract } from '../core/data/contract.ts';
import type { Examples } from '../core/data/examples.ts';
import type { JournalEntry } from '../core/labelling/journal.ts';
import type { RowChange } from '../core/data/row-change.ts';
import type { DatasetVersion, FederationId } from '../core/ids.ts';
import type { BrokenRule } from '../modalities/import-report.ts';
import type { TableReading } from '../modalities/table/table-reading.ts';

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
  /** Of those, what was here already when it was read, as rows of other datasets: they lie here once. Absent where nothing was. */
  readonly sharedBytes?: number;
  readonly version: DatasetVersion;
  readonly importedAt: number;
  /** Where it came from: file names, "drawn here", "camera", "sample". */
  readonly source: string;
  /** What a person said of how its files are read; absent where nobody said anything. */
  readonly reading?: TableReading;
  /** What its import refused; absent where nothing was checked (drawings, older datasets). */
  readonly check?: DatasetCheck;
}

/** The validation report of an import, with fewer places than it listed. */
export interface DatasetCheck {
  readonly refused: number;
  readonly broken: readonly BrokenRule[];
}

/** One state of a dataset, kept for good: the import, or what a change made of the state before it. */
export interface DatasetCommit {
  /** 0: as it was imported. */
  readonly number: number;
  /** The state that was changed; null for the import. Two states of one parent are branches. */
  readonly parent: number | null;
  /** Of a merge, the other state that it is made of; absent in any other. Rows are told against `parent`. */
  readonly merged?: number;
  readonly message: string;
  readonly at: number;
  readonly version: DatasetVersion;
  readonly count: number;
  readonly classCounts: readonly number[];
  /** Rows against the parent. */
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
}

export interface DatasetHistory {
  /** The state that is used. */
  readonly head: number;
  /** In the order in which they were made. */
  readonly commits: readonly DatasetCommit[];
  /** Names that a person gave to states, in the order in which they were given; a name is that of one state. */
  readonly tags: readonly StateTag[];
}

export interface StateTag {
  readonly name: string;
  readonly state: number;
}

/** What a commit that merges two states is made of. */
export interface MergedStates {
  /** The head: another one, be it of the same rows, makes the commit reject with DatasetMoved. */
  readonly onto: number;
  readonly from: number;
}

/** The dataset was changed since the state that a change was meant for. */
export class DatasetMoved extends Error {
  override readonly name = 'DatasetMoved';
  constructor(id: string) {
    super(`The dataset ${id} was changed in the meantime. Look at it again, and change it then.`);
  }
}

/** An import that was cut off: committed chunks stay, and the same files continue after `count` examples. */
export interface ResumableImport {
  readonly id: string;
  readonly federation: FederationId | null;
  readonly name: string;
  readonly source: string;
  readonly contract: DataContract;
  /** As of a dataset: the files are read on so. */
  readonly reading?: TableReading;
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
  readonly reading?: TableReading;
}

/** Writes one dataset: chunks, each durable when its promise resolves, then `finish`, which makes it visible. */
export interface DatasetWriter {
  /** What an earlier attempt made durable: `hashes` is [count, 2]. Undefined for a new dataset. */
  readonly resumed:
    { readonly count: number; readonly position: number; readonly hashes: Uint32Array } | undefined;
  /** Takes ownership of the examples' buffers. */
  append(examples: Examples, position: number): Promise<void>;
  finish(check?: DatasetCheck): Promise<DatasetRecord>;
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
  /**
   * Adds examples to a finished dataset (drawing, camera); duplicates by hash are left out; gives it a new version. Until the first
   * commit they belong to the import; then they are a commit.
   */
  add(id: string, examples: Examples): Promise<DatasetRecord>;
  record(id: string): Promise<DatasetRecord | undefined>;
  /** All examples of the head, or of another state, in order; undefined where there is no such dataset or state. */
  read(id: string, state?: number): Promise<Examples | undefined>;
  history(id: string): Promise<DatasetHistory | undefined>;
  /** Of each row of a state who it is (core/data/row-identities.ts), ascending; undefined where there is no such dataset or state. */
  identities(id: string, state: number): Promise<Uint32Array | undefined>;
  /** Makes a state of the head, which must still be of this version, and the head of it. Rejects with DatasetMoved. */
  commit(
    id: string,
    base: DatasetVersion,
    change: RowChange,
    message: string,
    merge?: MergedStates,
  ): Promise<DatasetRecord>;
  /** Makes another state the head; nothing is lost. Rejects where there is no such state. */
  checkout(id: string, state: number): Promise<DatasetRecord>;
  /** Names a state; the same name of another state goes to this one. `state` null takes the name away. Rejects where there is no such state. */
  tag(id: string, name: string, state: number | null): Promise<void>;
  /** Columns that its federation may not read; none where nothing was withheld, or there is no such dataset. */
  withheld(id: string): Promise<readonly string[]>;
  /** Replaces that. Rejects where there is no such dataset. */
  withhold(id: string, columns: readonly string[]): Promise<void>;
  /** How its rows are prepared for a model, as it was kept last; undefined where nothing was, or there is no such dataset. */
  recipe(id: string): Promise<Canonical | undefined>;
  /** Keeps that beside the dataset, for all its states, until it is deleted. Rejects where there is no such dataset. */
  keepRecipe(id: string, recipe: Canonical): Promise<void>;
  /** The rules of thumb that label its rows (core/labelling/weak-rules.ts), kept as a recipe is: they name columns and cells. */
  weakRules(id: string): Promise<Canonical | undefined>;
  keepWeakRules(id: string, rules: Canonical): Promise<void>;
  /** How its rows are split, once a run has learnt from them (participant/workbench/kept-split.ts), kept as a recipe is. */
  splits(id: string): Promise<Canonical | undefined>;
  /** `change` may be asked more than once, where another tab keeps some meanwhile. Rejects with what it throws. */
  keepSplits(id: string, change: (splits: Canonical | undefined) => Canonical): Promise<void>;
  /** Adds judgements to the dataset's journal, all or none, durable when it resolves; the labels of its examples are left as they are. */
  judge(id: string, ...entries: readonly JournalEntry[]): Promise<void>;
  /** Everything that was judged of its examples, in the order in which it was added; none where there is no such dataset. */
  journal(id: string): Promise<readonly JournalEntry[]>;
  /** What the recording of this name was made of (featuresName), 16 bits at its contract's rate; undefined where none is kept. */
  sound(id: string, name: string): Promise<Int16Array<ArrayBuffer> | undefined>;
  /**
   * Deletes a dataset with its journal and sounds, or an import in progress; nothing happens where there is none. Rows that other datasets
   * have, too, stay theirs. Cut off, it is not listed any more, and the next `list` ends it.
   */
  delete(id: string): Promise<void>;
}
