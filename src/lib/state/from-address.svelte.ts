// A file from an address, for whoever brings data of their own: what is asked for, how far it is, why there is none.
import type { FetchedFile } from '../workers/fetch-address.ts';
import type { ChosenFile } from './chosen-files.ts';
import type { ImportProgress } from './datasets.svelte.ts';
import { bytes } from './format.ts';

/** The part of the fetching worker's client that screens use. */
export interface FetchPort {
  fetch(
    address: string,
    onBytes: (bytes: number, total: number | undefined) => void,
    signal: AbortSignal,
  ): Promise<FetchedFile>;
  close(): void;
}

/** Its worker is started for one file, and ended with it. */
export const browserFetch = async (): Promise<FetchPort> => {
  const { FetchClient } = await import('../workers/fetch-client.ts');
  return new FetchClient();
};

export class FromAddress {
  address = $state('');
  fetching = $state.raw<ImportProgress | null>(null);
  /** Why no file came. */
  problem = $state.raw<string | null>(null);
  /** On one that did. */
  note = $state.raw<string | null>(null);
  #stop: AbortController | undefined;

  constructor(private readonly connect: () => Promise<FetchPort> = browserFetch) {}

  /** undefined where none came: `problem` says why, unless it was cancelled. */
  async fetch(onProgress?: (progress: ImportProgress) => void): Promise<ChosenFile | undefined> {
    if (this.fetching !== null) return undefined;
    const stop = new AbortController();
    this.#stop = stop;
    this.problem = null;
    this.note = null;
    this.fetching = { fraction: null, examples: 0, message: 'Asking…' };
    let port: FetchPort | undefined;
    try {
      port = await this.connect();
      const fetched = await port.fetch(
        this.address,
        (done, total) => {
          const fraction = total === undefined || total === 0 ? null : Math.min(1, done / total);
          this.fetching = { fraction, examples: 0, message: `${bytes(done)} are here` };
          onProgress?.(this.fetching);
        },
        stop.signal,
      );
      // It came in the moment in which it was cancelled.
      if (stop.signal.aborted) return undefined;
      this.note = fetched.note ?? null;
      return {
        path: fetched.name,
        file: new File([fetched.blob], fetched.name),
        address: this.address.trim(),
      };
    } catch (error) {
      if (!stop.signal.aborted) this.problem = error instanceof Error ? error.message : String(error);
      return undefined;
    } finally {
      port?.close();
      this.fetching = null;
      this.#stop = undefined;
    }
  }

  cancel(): void {
    this.#stop?.abort();
  }
}
