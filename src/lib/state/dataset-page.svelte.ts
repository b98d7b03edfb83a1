// One dataset looked at: its record, what exploring found, a page of its rows, its states; and what changing it by hand came to.
import type { DatasetDifference } from '../modalities/dataset-difference.ts';
import type { DatasetEdit } from '../modalities/edit-dataset.ts';
import type { DatasetExploration, DatasetRows } from '../modalities/explore-dataset.ts';
import type { ExportedFile } from '../modalities/export-dataset.ts';
import type { DatasetHistory, DatasetRecord } from '../ports/dataset-store.ts';
import type { SplitShares } from '../workers/ingest-messages.ts';
import { browserDatasets, troubleToldBy, type DatasetPorts } from './datasets.svelte.ts';
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
  /** Columns that its federation may not read. */
  withheld = $state.raw<readonly string[]>([]);
  trouble = $state.raw<DeviceTrouble | null>(null);
  /** What an edit was refused for; it goes with the next that need not wait. */
  refused = $state.raw<string | null>(null);
  /** The state that is being gone to. */
  going = $state<number | null>(null);
  /** The state that is being compared with its parent. */
  comparing = $state<number | null>(null);
  /** What was asked for and is not done: one after the other, so that what is typed meanwhile waits and is not lost. */
  #pending = $state(0);
  #last: Promise<void> = Promise.resolve();
  /** Goes up whenever row numbers may mean other rows than before. */
  #moves = 0;
  /** `#moves` when the rows were read that are shown. */
  #shownMoves = 0;

  constructor(
    readonly id: string,
    private readonly ports: DatasetPorts = browserDatasets,
    /** What this browser keeps is locked: whoever made the page asks for the passphrase in its place. */
    private readonly onLocked: (trouble: DeviceTrouble) => void = () => {},
  ) {}

  get busy(): boolean {
    return this.#pending > 0;
  }
  get shown(): number {
    return (this.record?.contract.kind ?? 'table') === 'table' ? ROWS_SHOWN : PICTURES_SHOWN;
  }
  /** The state before the present one; undefined for the import. */
  get parent(): number | undefined {
    return this.history?.commits.find((one) => one.number === this.history?.head)?.parent ?? undefined;
  }

  async load(): Promise<void> {
    await this.#attempt(async () => {
      const store = await this.ports.store();
      const record = await store.record(this.id);
      if (record?.version !== this.record?.version) this.#moves += 1;
      this.record = record ?? null;
      if (record === undefined) return;
      this.history = await store.history(this.id);
      this.withheld = await store.withheld(this.id);
      await this.#look();
    });
  }

  /** Shows the rows from `start` on, cut to the dataset. */
  async show(start: number): Promise<void> {
    await this.#attempt(() => this.#readRows(start));
  }

  /** Commits a change by hand; false where it was refused (`refused` says why) or broke. */
  async edit(edit: DatasetEdit, message: string): Promise<boolean> {
    if (!this.busy) this.refused = null;
    const seen = this.#shownMoves;
    let isDone = false;
    await this.#attempt(async () => {
      const { record } = this;
      if (record === null || record === undefined) return;
      if (seen !== this.#moves) {
        this.refused = `The rows moved before this was kept: “${message}”. Look for the row again, and repeat it.`;
        return;
      }
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
      if (edit.type === 'remove') this.#moves += 1;
      this.record = answer.record;
      this.history = await (await this.ports.store()).history(this.id);
      await this.#look();
    });
    return isDone;
  }

  /** Makes another state the one that is used. */
  async goTo(state: number): Promise<void> {
    if (this.going === state) return;
    this.going = state;
    await this.#attempt(async () => {
      const store = await this.ports.store();
      this.record = await store.checkout(this.id, state);
      this.#moves += 1;
      this.history = await store.history(this.id);
      await this.#look();
    });
    if (this.going === state) this.going = null;
  }

  /** Names a state, or takes a name away (`state` null). */
  async tag(name: string, state: number | null): Promise<void> {
    await this.#attempt(async () => {
      const store = await this.ports.store();
      await store.tag(this.id, name, state);
      this.history = await store.history(this.id);
    });
  }

  /** Columns that the dataset's federation may not read from now on. */
  async withhold(columns: readonly string[]): Promise<void> {
    await this.#attempt(async () => {
      const store = await this.ports.store();
      const record = await store.record(this.id);
      const isNarrowed = columns.some((name) => !this.withheld.includes(name));
      await store.withhold(this.id, columns);
      this.withheld = columns;
      if (isNarrowed && record !== undefined) await this.ports.narrowed?.(record);
    });
  }

  /** The state in use as files; undefined where that could not be. */
  async files(): Promise<readonly ExportedFile[] | undefined> {
    let files: readonly ExportedFile[] | undefined;
    await this.#attempt(async () => {
      const state = this.history?.head ?? 0;
      const answer = await (await this.ports.ingest()).ask({ type: 'export', dataset: this.id, state });
      if (answer.type === 'exported') ({ files } = answer);
    });
    return files;
  }

  /** What a state changed of its parent; read once. */
  async compare(state: number): Promise<void> {
    const parent = this.history?.commits.find((one) => one.number === state)?.parent;
    if (parent === undefined || parent === null || this.differences[state] !== undefined) return;
    this.comparing = state;
    await this.#attempt(async () => {
      const ingest = await this.ports.ingest();
      const answer = await ingest.ask({ type: 'difference', dataset: this.id, from: parent, to: state });
      if (answer.type === 'difference')
        this.differences = { ...this.differences, [state]: answer.difference };
    });
    if (this.comparing === state) this.comparing = null;
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
    this.#shownMoves = this.#moves;
    this.start = from;
  }

  #attempt(work: () => Promise<void>): Promise<void> {
    // What stands behind something that broke must not take the word of it away.
    if (!this.busy) this.trouble = null;
    this.#pending += 1;
    this.#last = this.#last.then(() => this.#run(work));
    return this.#last;
  }

  async #run(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof Error && 'kind' in error && error.kind === 'bad-edit')
        this.refused = error.message;
      else this.trouble = troubleToldBy(this.onLocked, error);
    } finally {
      this.#pending -= 1;
    }
  }
}
