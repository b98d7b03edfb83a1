// One dataset looked at: its record, what exploring found, a page of its rows, its states; and what changing it by hand came to.
import type { DatasetDifference } from '../modalities/dataset-difference.ts';
import type { DatasetEdit } from '../modalities/edit-dataset.ts';
import type { DatasetExploration, DatasetRows } from '../modalities/explore-dataset.ts';
import type { DatasetHistory, DatasetRecord } from '../ports/dataset-store.ts';
import type { SplitShares } from '../workers/ingest-messages.ts';
import { browserDatasets, storageTrouble, type DatasetPorts } from './datasets.svelte.ts';
import type { DeviceTrouble } from './device-state.svelte.ts';

/** Rows, or pictures, shown at once. */
export const ROWS_SHOWN = 20;
export const PICTURES_SHOWN = 24;

export interface Found {
  readonly exploration: DatasetExploration;
  readonly split: SplitShares;
}

export class DatasetPage {
  /** undefined: not read yet; null: there is no such dataset here. */
  record = $state.raw<DatasetRecord | null | undefined>();
  found = $state.raw<Found | undefined>();
  rows = $state.raw<DatasetRows | undefined>();
  /** Of the rows shown, from 0. */
  start = $state(0);
  history = $state.raw<DatasetHistory | undefined>();
  /** Between a state and its parent, by the state's number. */
  differences = $state.raw<Readonly<Record<number, DatasetDifference>>>({});
  trouble = $state.raw<DeviceTrouble | null>(null);
  /** What the last edit was refused for; it goes with the next. */
  refused = $state.raw<string | null>(null);
  busy = $state(false);

  constructor(
    readonly id: string,
    private readonly ports: DatasetPorts = browserDatasets,
  ) {}

  get shown(): number {
    return this.record?.contract.kind === 'image' ? PICTURES_SHOWN : ROWS_SHOWN;
  }
  /** The state before the present one; undefined for the import. */
  get parent(): number | undefined {
    return this.history?.commits.find((one) => one.number === this.history?.head)?.parent ?? undefined;
  }

  async load(): Promise<void> {
    await this.#attempt(async () => {
      const store = await this.ports.store();
      const record = await store.record(this.id);
      this.record = record ?? null;
      if (record === undefined) return;
      this.history = await store.history(this.id);
      await this.#look();
    });
  }

  /** Shows the rows from `start` on, cut to the dataset. */
  async show(start: number): Promise<void> {
    await this.#attempt(() => this.#readRows(start));
  }

  /** Commits a change by hand; false where it was refused (`refused` says why) or broke. */
  async edit(edit: DatasetEdit, message: string): Promise<boolean> {
    const { record } = this;
    if (record === null || record === undefined || this.busy) return false;
    this.refused = null;
    let isDone = false;
    await this.#attempt(async () => {
      const ingest = await this.ports.ingest();
      const answer = await ingest.ask({
        type: 'edit',
        dataset: this.id,
        base: record.version,
        edit,
        message,
      });
      if (answer.type !== 'edited') return;
      isDone = true;
      this.record = answer.record;
      this.history = await (await this.ports.store()).history(this.id);
      await this.#look();
    });
    return isDone;
  }

  /** Makes another state the one that is used. */
  async goTo(state: number): Promise<void> {
    await this.#attempt(async () => {
      const store = await this.ports.store();
      this.record = await store.checkout(this.id, state);
      this.history = await store.history(this.id);
      await this.#look();
    });
  }

  /** What a state changed of its parent; read once. */
  async compare(state: number): Promise<void> {
    const parent = this.history?.commits.find((one) => one.number === state)?.parent;
    if (parent === undefined || parent === null || this.differences[state] !== undefined) return;
    await this.#attempt(async () => {
      const ingest = await this.ports.ingest();
      const answer = await ingest.ask({ type: 'difference', dataset: this.id, from: parent, to: state });
      if (answer.type === 'difference')
        this.differences = { ...this.differences, [state]: answer.difference };
    });
  }

  async #look(): Promise<void> {
    const ingest = await this.ports.ingest();
    const answer = await ingest.ask({ type: 'explore', dataset: this.id });
    if (answer.type === 'explored') this.found = { exploration: answer.found, split: answer.split };
    await this.#readRows(this.start);
  }

  async #readRows(start: number): Promise<void> {
    const last = Math.max(0, (this.record?.count ?? 0) - 1);
    const from = Math.min(Math.max(0, start), last - (last % this.shown));
    const ingest = await this.ports.ingest();
    const answer = await ingest.ask({ type: 'rows', dataset: this.id, start: from, end: from + this.shown });
    if (answer.type !== 'rows') return;
    this.rows = answer.rows;
    this.start = from;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await work();
      this.trouble = null;
    } catch (error) {
      if (error instanceof Error && 'kind' in error && error.kind === 'bad-edit')
        this.refused = error.message;
      else this.trouble = storageTrouble(error);
    } finally {
      this.busy = false;
    }
  }
}
