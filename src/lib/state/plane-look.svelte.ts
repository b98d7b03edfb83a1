// A dataset in a plane, as a person looks at it: asked for, stopped, and the rows that a hand or a key stands on read as they are wanted.
import type { Alike, Projection } from '../modalities/project-dataset.ts';
import type { Method } from '../core/projection/projection.ts';
import type { DatasetRows } from '../modalities/explore-dataset.ts';
import type { IngestPort } from './datasets.svelte.ts';

/** Rows of what was chosen that are listed. */
export const MOST_LISTED = 50;

export class PlaneLook {
  made = $state.raw<Projection | undefined>();
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
  ) {}

  async show(alike: Alike, method: Method): Promise<void> {
    this.stop();
    const stop = (this.#stop = new AbortController());
    this.progress = 0;
    this.trouble = undefined;
    try {
      const answer = await (
        await this.ingest()
      ).ask(
        { type: 'project', dataset: this.dataset, alike, method },
        {
          signal: stop.signal,
          onProgress: ({ fraction }) => {
            if (this.#stop === stop) this.progress = fraction ?? 0;
          },
        },
      );
      if (this.#stop !== stop || answer.type !== 'projected') return;
      this.made = answer.projection;
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
