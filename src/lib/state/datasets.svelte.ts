// The datasets on this device, and the import that is running: what a person chose, how far it is, what was refused and why.
// Files are read in a worker; here is only what the screen knows of it.
import type { DataContract } from '../core/data/contract.ts';
import type { SampleName } from '../core/federation.ts';
import type { FederationId } from '../core/ids.ts';
import type { FilesFound } from '../modalities/look-at-files.ts';
import type { TableReading } from '../modalities/table/table-reading.ts';
import type { ImportPreview, ImportReport } from '../modalities/import-report.ts';
import {
  StorageFull,
  type DatasetRecord,
  type DatasetStore,
  type ResumableImport,
} from '../ports/dataset-store.ts';
import type {
  DatasetAnswer,
  DatasetQuestion,
  EncodeRequest,
  ImportSource,
} from '../workers/ingest-messages.ts';
import type { ChosenFile } from './chosen-files.ts';
import { troubleOf, type DeviceTrouble } from './device-state.svelte.ts';
import type { EraseReceipt } from './erase-receipt.ts';
import type { RowsHeld } from './rows-held.ts';
import { bytes } from './format.ts';
import { visit } from './visit.svelte.ts';

export interface ImportProgress {
  /** 0–1 of the source; null where it has no measure. */
  readonly fraction: number | null;
  readonly examples: number;
  readonly message: string;
}

export type ImportOutcome =
  | {
      readonly type: 'imported';
      readonly record: DatasetRecord;
      readonly report: ImportReport;
      readonly preview: ImportPreview;
    }
  | { readonly type: 'refused'; readonly report: ImportReport }
  | { readonly type: 'cancelled' };

/** What is imported, under which contract, as what. `dataset` adds to a dataset or continues a cut-off import. */
export interface ImportTask {
  readonly source: ImportSource;
  readonly contract: DataContract;
  readonly federation: FederationId | null;
  readonly datasetName: string;
  readonly dataset: string | null;
  /** What names no class is kept without a label; else it is refused. */
  readonly keepsUnlabelled?: boolean;
}

/** The part of the ingest client that screens use. */
export interface IngestPort {
  /** Rejects when something broke; what lies in the files never makes it reject. */
  import(
    task: ImportTask,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: ImportProgress) => void },
  ): Promise<ImportOutcome>;
  /** What lies in files without a contract. Rejects with a sentence where nothing can be made of them. */
  look(
    files: readonly ChosenFile[],
    options: {
      readonly signal: AbortSignal;
      readonly onProgress: (progress: ImportProgress) => void;
      readonly reading?: TableReading | undefined;
    },
  ): Promise<FilesFound>;
  /** The features of one example, as training sees them. */
  encode(contract: DataContract, input: EncodeRequest['input']): Promise<Uint8Array | Float32Array>;
  /** Asks about a dataset that is kept here. */
  ask(
    question: DatasetQuestion,
    options?: { readonly signal: AbortSignal; readonly onProgress: (progress: ImportProgress) => void },
  ): Promise<DatasetAnswer>;
}

export interface DatasetPorts {
  store(): Promise<DatasetStore>;
  ingest(): Promise<IngestPort>;
  /** What else holds rows of a dataset; absent: nothing does. */
  holding?(record: DatasetRecord): Promise<RowsHeld>;
  /** Fewer of its columns may be read: what is left here of earlier updates goes. */
  narrowed?(record: DatasetRecord): Promise<void>;
}

export interface RunningImport {
  readonly name: string;
  readonly progress: ImportProgress;
}

export class DatasetsState {
  /** undefined: not read yet. */
  datasets = $state.raw<readonly DatasetRecord[] | undefined>();
  resumable = $state.raw<readonly ResumableImport[]>([]);
  running = $state.raw<RunningImport | null>(null);
  outcome = $state.raw<ImportOutcome | null>(null);
  trouble = $state.raw<DeviceTrouble | null>(null);
  /** The dataset that was erased last in this visit. */
  erased = $state.raw<EraseReceipt | null>(null);

  #stop: AbortController | undefined;
  /** What `outcome` is of. */
  task: ImportTask | undefined;

  constructor(private readonly ports: DatasetPorts) {}

  /** Those that were read for this federation, newest first. */
  of(federation: FederationId | null): readonly DatasetRecord[] {
    return (this.datasets ?? [])
      .filter((record) => record.federation === federation)
      .toSorted((a, b) => b.importedAt - a.importedAt);
  }

  resumableOf(federation: FederationId | null): readonly ResumableImport[] {
    return this.resumable.filter((one) => one.federation === federation);
  }

  async load(): Promise<void> {
    try {
      const store = await this.ports.store();
      const [datasets, resumable] = await Promise.all([store.list(), store.resumable()]);
      this.datasets = datasets;
      this.resumable = resumable;
      this.trouble = null;
    } catch (error) {
      this.datasets ??= [];
      this.trouble = storageTrouble(error);
    }
  }

  /** Runs one import; one at a time. Resolves to what came of it, or undefined when it broke (then `trouble` says how). */
  async import(task: ImportTask): Promise<ImportOutcome | undefined> {
    if (this.running !== null) return undefined;
    const stop = new AbortController();
    this.#stop = stop;
    this.task = task;
    this.outcome = null;
    this.trouble = null;
    this.running = { name: task.datasetName, progress: { fraction: null, examples: 0, message: 'Opening…' } };
    try {
      const ingest = await this.ports.ingest();
      const outcome = await ingest.import(task, {
        signal: stop.signal,
        onProgress: (progress) => {
          this.running = { name: task.datasetName, progress };
        },
      });
      this.outcome = outcome;
      return outcome;
    } catch (error) {
      if (stop.signal.aborted) this.outcome = { type: 'cancelled' };
      else this.trouble = storageTrouble(error);
      return undefined;
    } finally {
      this.running = null;
      this.#stop = undefined;
      const kept = this.trouble;
      await this.load();
      this.trouble ??= kept;
    }
  }

  importFiles(
    files: readonly ChosenFile[],
    contract: DataContract,
    federation: FederationId | null,
    continues: string | null = null,
  ): Promise<ImportOutcome | undefined> {
    return this.import({
      source: { type: 'files', files },
      contract,
      federation,
      datasetName: nameOfFiles(files.map((one) => one.path)),
      dataset: continues,
    });
  }

  /** Every device gets a sample of its own: the seed is drawn here. */
  importSample(
    sample: SampleName,
    title: string,
    count: number,
    contract: DataContract,
    federation: FederationId | null,
  ): Promise<ImportOutcome | undefined> {
    const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
    return this.import({
      source: { type: 'sample', sample, seed, count },
      contract,
      federation,
      datasetName: title,
      dataset: null,
    });
  }

  cancel(): void {
    this.#stop?.abort();
  }

  /** What else of this browser holds rows of a dataset, and is deleted with it. Rejects with what the stores reject with. */
  async holding(record: DatasetRecord): Promise<RowsHeld> {
    return (await this.ports.holding?.(record)) ?? { held: [], busy: [] };
  }

  /** Deletes a dataset with all that holds its rows, or what a cut-off import left. */
  async remove(id: string): Promise<void> {
    try {
      const { eraseDataset } = await import('./erase-receipt.ts');
      const { holding } = this.ports;
      this.erased = (await eraseDataset(await this.ports.store(), id, holding)) ?? this.erased;
    } catch (error) {
      // It may be gone all the same, its rows not freed yet.
      await this.load();
      this.trouble = storageTrouble(error);
      return;
    }
    if (this.outcome?.type === 'imported' && this.outcome.record.id === id) this.outcome = null;
    await this.load();
  }

  encode(contract: DataContract, input: EncodeRequest['input']): Promise<Uint8Array | Float32Array> {
    return this.ports.ingest().then((ingest) => ingest.encode(contract, input));
  }
}

/** "digits.zip", or the folder, or "3 files". */
export function nameOfFiles(paths: readonly string[]): string {
  const [first] = paths;
  if (first === undefined) return 'Files';
  if (paths.length === 1) return first.split('/').at(-1) ?? first;
  const folder = first.includes('/') ? first.slice(0, first.indexOf('/') + 1) : undefined;
  return folder !== undefined && paths.every((path) => path.startsWith(folder))
    ? folder.slice(0, -1)
    : `${paths.length} files`;
}

/** Storage's own refusals in sentences that say what to do. */
export function storageTrouble(error: unknown): DeviceTrouble {
  if (error instanceof StorageFull) {
    const needs =
      error.neededBytes === undefined
        ? ''
        : ` It needs ${bytes(error.neededBytes)}${error.freeBytes === undefined ? '' : `, and ${bytes(error.freeBytes)} are free`}.`;
    return {
      kind: 'storage-full',
      message: `There is not enough room in this browser.${needs} Delete data under My device, or free space on the disk.`,
    };
  }
  if (error instanceof DOMException && (error.name === 'SecurityError' || error.name === 'InvalidStateError'))
    return {
      kind: 'storage-refused',
      message:
        'This browser gives the page no storage: a private window or a setting forbids it. Open the page in an ordinary window.',
    };
  return troubleOf(error);
}

/** Likewise; where what is here is locked, whoever made the page is told too, to ask for the passphrase in its place. */
export function troubleToldBy(onLocked: (trouble: DeviceTrouble) => void, error: unknown): DeviceTrouble {
  const trouble = storageTrouble(error);
  if (trouble.kind === 'locked') onLocked(trouble);
  return trouble;
}

/** The stores and the worker of this browser, the worker started once. */
let ingest: Promise<IngestPort> | undefined;
export const browserDatasets: DatasetPorts = {
  store: async () => (await import('./device-connection.ts')).datasetStore(),
  ingest: () => (ingest ??= import('./device-connection.ts').then((module) => module.connectIngest())),
  holding: async (record) => (await import('./rows-held.ts')).rowsHeldHere(record),
  narrowed: async (record) => (await import('./rows-held.ts')).forgetResidual(record),
};

/** The datasets of this visit; call it while a component is made. */
export function datasetsState(): DatasetsState {
  const here = visit();
  here.datasets ??= new DatasetsState(browserDatasets);
  return here.datasets;
}
