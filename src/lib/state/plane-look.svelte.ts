// A dataset in a plane, as a person looks at it: asked for, stopped, and the rows that a hand or a key stands on read as they are wanted.
import type { Alike, Projection } from '../modalities/project-dataset.ts';
import type { Method } from '../core/projection/projection.ts';
import type { DatasetRows } from '../modalities/explore-dataset.ts';
import type { BenchClient } from '../workers/bench-client.ts';
import type { NetworkSource, PlaneByNetwork } from '../workers/bench-messages.ts';
import type { IngestPort } from './datasets.svelte.ts';

/** Rows of what was chosen that are listed. */
export const MOST_LISTED = 50;

/** A network by its name, and which of its layers gave how many numbers of each example. */
export interface Seen extends Omit<PlaneByNetwork, 'projection'> {
  readonly name: string;
}

export class PlaneLook {
  made = $state.raw<Projection | undefined>();
  /** Of what was made by what a network sees: by which. */
  seen = $state.raw<Seen | undefined>();
  /** 0–1 while it is worked out. */
  progress = $state<number | undefined>();
  /** Why there is none. */
  trouble = $state<string | undefined>();
  /** The row that is looked at, as it was read last, and its number. */
  active = $state.raw<{ readonly row: number; readonly rows: DatasetRows } | undefined>();
  /** What was chosen, the first of it, with the numbers of those rows. */
  listed = $state.raw<{ readonly numbers: readonly number[]; readonly rows: DatasetRows } | undefined>();

  #stop: AbortController | undefined;
  /** The row wanted last; others were passed over on the way. */
  #wanted: number | undefined;
  #isReading = false;
  #lists = 0;

  constructor(
    private readonly dataset: string,
    private readonly ingest: () => Promise<Pick<IngestPort, 'ask'>>,
    /** What asks a network; a plane by none has no use for it. */
    private readonly bench: () => Promise<Pick<BenchClient, 'plane'>> = () =>
      Promise.reject(new Error('No network can be asked here.')),
  ) {}

  show(alike: Alike, method: Method): Promise<void> {
    return this.#work(async (signal, tell) => {
      const answer = await (
        await this.ingest()
      ).ask(
        { type: 'project', dataset: this.dataset, alike, method },
        { signal, onProgress: ({ fraction }) => tell(fraction ?? 0) },
      );
      if (answer.type !== 'projected') throw new Error('Something else was answered.');
      return { projection: answer.projection, seen: undefined };
    });
  }

  /** By what a network sees, which `name` names in a sentence. */
  showBy(by: NetworkSource, name: string, method: Method): Promise<void> {
    return this.#work(async (signal, tell) => {
      const answer = await (await this.bench()).plane({ dataset: this.dataset, method, by }, tell, signal);
      if ('type' in answer) throw new Error(answer.message);
      const { projection, ...layer } = answer;
      return { projection, seen: { name, ...layer } };
    });
  }

  async #work(
    make: (
      signal: AbortSignal,
      tell: (share: number) => void,
    ) => Promise<{ readonly projection: Projection; readonly seen: Seen | undefined }>,
  ): Promise<void> {
    this.stop();
    const stop = (this.#stop = new AbortController());
    this.progress = 0;
    this.trouble = undefined;
    try {
      const { projection, seen } = await make(stop.signal, (share) => {
        if (this.#stop === stop) this.progress = share;
      });
      if (this.#stop !== stop) return;
      this.made = projection;
      this.seen = seen;
      this.active = this.listed = this.#wanted = undefined;
    } catch (error) {
      if (this.#stop === stop) this.trouble = error instanceof Error ? error.message : String(error);
    }
    if (this.#stop !== stop) return;
    this.#stop = undefined;
    this.progress = undefined;
  }

  /** What is worked out is let go; what was made before stays. */
  stop(): void {
    const stop = this.#stop;
    this.#stop = undefined;
    this.progress = undefined;
    stop?.abort(new DOMException('Nobody waits for it any more.', 'AbortError'));
  }

  /** Reads a row of the dataset, or the one wanted by then: a hand moves faster than rows are read. */
  async lookAt(row: number | undefined): Promise<void> {
    this.#wanted = row;
    if (row === undefined) this.active = undefined;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#wanted !== undefined && this.#wanted !== this.active?.row) {
      const wanted: number = this.#wanted;
      const rows = await this.#read([wanted]);
      if (rows === undefined) break;
      if (this.#wanted !== undefined) this.active = { row: wanted, rows };
    }
    this.#isReading = false;
  }

  async list(chosen: readonly number[]): Promise<void> {
    const list = (this.#lists += 1);
    const numbers = chosen.slice(0, MOST_LISTED);
    const rows = numbers.length === 0 ? undefined : await this.#read(numbers);
    if (list === this.#lists) this.listed = rows === undefined ? undefined : { numbers, rows };
  }

  /** undefined: they could not be read, and it is said. */
  async #read(rows: readonly number[]): Promise<DatasetRows | undefined> {
    try {
      const answer = await (await this.ingest()).ask({ type: 'rows-at', dataset: this.dataset, rows });
      return answer.type === 'rows' ? answer.rows : undefined;
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }
}
