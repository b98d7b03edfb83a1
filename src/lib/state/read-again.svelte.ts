// A dataset's file read again: by the handle that the browser gave of it, where there is one and the person lets it be read; from the
// address that it was fetched from; else by the file that the person shows. What differs becomes a state of the dataset.
import type { FileOrigins } from '../adapters/idb/file-origins.ts';
import { isOfOneFile, type DatasetAnswer } from '../workers/ingest-messages.ts';
import type { ChosenFile } from './chosen-files.ts';
import type { DatasetPage } from './dataset-page.svelte.ts';
import { storageTrouble, type ImportProgress, type IngestPort } from './datasets.svelte.ts';
import { count, counted } from './format.ts';
import { browserFetch, FromAddress, type FetchPort } from './from-address.svelte.ts';

export interface ReadAgainPorts {
  ingest(): Promise<Pick<IngestPort, 'ask'>>;
  origins(): Promise<Pick<FileOrigins, 'keep' | 'of'>>;
  fetching(): Promise<FetchPort>;
}

type Outcome = Extract<DatasetAnswer, { type: 'read-again' }>;
type Question = Extract<DatasetAnswer, { type: 'rows-would-go' }>;

export class ReadAgain {
  reading = $state.raw<ImportProgress | null>(null);
  /** What the last reading came to. */
  outcome = $state.raw<Outcome | null>(null);
  problem = $state.raw<string | null>(null);
  /** The person is to say whether rows that are not in these files go. */
  question = $state.raw<(Question & { readonly files: readonly ChosenFile[] }) | null>(null);
  /** The person is to show the file. */
  isAsking = $state(false);
  #stop: AbortController | undefined;

  constructor(
    private readonly page: Pick<DatasetPage, 'id' | 'record' | 'load'>,
    private readonly ports: ReadAgainPorts,
  ) {}

  /** Within a click: a browser asks the person for leave only then. */
  start(): Promise<void> {
    return this.#reads(async (signal) => {
      const found = await this.#fileOfOrigin(signal);
      if (signal.aborted) return;
      if (found === undefined) this.isAsking = true;
      else await this.#ask([found], 0, signal);
    });
  }

  /** The file, or all files, that the dataset was read from. Nothing is changed where more rows than `mayRemove` would go. */
  read(files: readonly ChosenFile[], mayRemove = 0): Promise<void> {
    return this.#reads((signal) => this.#ask(files, mayRemove, signal));
  }

  /** One thing at a time, which can be cancelled from its first moment on. */
  async #reads(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.reading !== null) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.problem = null;
    this.outcome = null;
    this.question = null;
    this.reading = { fraction: null, examples: 0, message: 'Opening…' };
    try {
      await work(stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) this.problem = storageTrouble(error).message;
    } finally {
      this.reading = null;
      this.#stop = undefined;
    }
  }

  async #fileOfOrigin(signal: AbortSignal): Promise<ChosenFile | undefined> {
    const origin = await this.ports
      .origins()
      .then((origins) => origins.of(this.page.id))
      // Without storage nothing was kept, and the page says so by itself.
      .catch(() => undefined);
    if (origin === undefined) return undefined;
    return typeof origin === 'string' ? this.#fileOfAddress(origin, signal) : this.#fileOfHandle(origin);
  }

  async #fileOfAddress(address: string, signal: AbortSignal): Promise<ChosenFile | undefined> {
    const from = new FromAddress(() => this.ports.fetching());
    from.address = address;
    const stop = (): void => from.cancel();
    signal.addEventListener('abort', stop);
    const file = await from.fetch((progress) => (this.reading = progress));
    signal.removeEventListener('abort', stop);
    this.problem = from.problem;
    return file;
  }

  async #fileOfHandle(handle: FileSystemFileHandle): Promise<ChosenFile | undefined> {
    try {
      // Not in every browser that has handles: one without asks by itself.
      const leave = (await handle.queryPermission?.({ mode: 'read' })) ?? 'granted';
      if (leave !== 'granted' && (await handle.requestPermission?.({ mode: 'read' })) !== 'granted') {
        this.problem = `The browser was not allowed to read ${handle.name}. Allow it, or choose the file below.`;
        return undefined;
      }
      return { path: handle.name, file: await handle.getFile(), handle };
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.problem = `${handle.name} is not where it was, or cannot be read. Choose it below.`;
      return undefined;
    }
  }

  async #ask(files: readonly ChosenFile[], mayRemove: number, signal: AbortSignal): Promise<void> {
    const { record } = this.page;
    if (record === null || record === undefined) return;
    const ingest = await this.ports.ingest();
    const answer = await ingest.ask(
      {
        type: 'read-again',
        dataset: record.id,
        base: record.version,
        files: files.map(({ path, file }) => ({ path, file })),
        mayRemove,
      },
      { signal, onProgress: (progress) => (this.reading = progress) },
    );
    if (answer.type === 'rows-would-go') this.question = { ...answer, files };
    if (answer.type !== 'read-again') return;
    this.outcome = answer;
    this.isAsking = false;
    if (isOfOneFile(record.source)) await keepOrigin(this.ports, record.id, files);
    if (answer.change !== null) await this.page.load();
  }

  /** What the person says to the question. */
  async answer(mayGo: boolean): Promise<void> {
    const { question } = this;
    this.question = null;
    if (mayGo && question !== null) await this.read(question.files, question.removed);
  }

  /** Also where its page is left: nothing is committed for nobody. */
  cancel(): void {
    this.#stop?.abort();
  }
}

/** "2 rows changed and 1 row came: a new state." */
export function spokenOutcome({ change, refused, reason }: Outcome, thing: string): string {
  const refusals = spokenRefusals({ refused, reason }, thing);
  if (change === null) return `Nothing changed: the file holds what is here.${refusals}`;
  const parts = [
    ...(change.changed === 0 ? [] : [`${counted(change.changed, thing)} changed`]),
    ...(change.added === 0 ? [] : [`${counted(change.added, thing)} came`]),
    ...(change.removed === 0 ? [] : [`${counted(change.removed, thing)} went`]),
  ];
  return `${parts.join(', ')}: a new state.${refusals}`;
}

const spokenRefusals = ({ refused, reason }: Pick<Outcome, 'refused' | 'reason'>, thing: string): string =>
  refused === 0
    ? ''
    : ` ${counted(refused, thing)} of the file ${refused === 1 ? 'was' : 'were'} refused, the first because: ${reason ?? ''}`;

/** "2 rows of 240 are not in the file." */
export const spokenQuestion = ({ removed, of, ...refusals }: Question, thing: string): string =>
  `${counted(removed, thing)} of ${count(of)} ${removed === 1 ? 'is' : 'are'} not in the file, and would go. The states before keep them.${spokenRefusals(refusals, thing)}`;

/** Where a single file came with one. The dataset is there without it: what cannot be kept is asked for again. */
export async function keepOrigin(
  ports: Pick<ReadAgainPorts, 'origins'>,
  dataset: string,
  files: readonly ChosenFile[],
): Promise<void> {
  const [one] = files;
  const origin = files.length === 1 ? (one?.handle ?? one?.address) : undefined;
  if (origin === undefined) return;
  await ports
    .origins()
    .then((origins) => origins.keep(dataset, origin))
    .catch(() => undefined);
}

export const browserReadAgain: ReadAgainPorts = {
  ingest: async () => (await import('./datasets.svelte.ts')).browserDatasets.ingest(),
  origins: async () => (await import('./device-connection.ts')).fileOrigins(),
  fetching: browserFetch,
};
