// A state merged into the one in use: what it brings, the choice for every row that both changed, and what came of it. Nothing is
// written before all is chosen.
import type { DatasetVersion } from '../core/ids.ts';
import type { ListedConflict, MergeLook, MergeSide } from '../modalities/merge-states.ts';
import type { DatasetPage } from './dataset-page.svelte.ts';
import { storageTrouble, type DatasetPorts } from './datasets.svelte.ts';

export class StateMerge {
  look = $state.raw<MergeLook | undefined>();
  /** Of the conflicts that are not chosen for one by one, listed or not. */
  rest = $state.raw<MergeSide | null>(null);
  /** By the row's identity. */
  each = $state.raw<Readonly<Record<number, MergeSide>>>({});
  isMerging = $state(false);
  problem = $state.raw<string | null>(null);
  /** The state in use that was looked at, and its version. */
  #seen: { readonly onto: number; readonly base: DatasetVersion } | undefined;

  constructor(
    private readonly page: Pick<DatasetPage, 'id' | 'load'>,
    readonly from: number,
    private readonly ports: Pick<DatasetPorts, 'ingest'>,
  ) {}

  /** Why it cannot be merged yet. */
  get unsettled(): string | undefined {
    if (this.look === undefined) return 'Both states are being compared.';
    const { conflicts, listed } = this.look;
    if (this.rest !== null || conflicts === 0) return undefined;
    if (conflicts > listed.length)
      return 'Choose for all first: not every row that both changed is shown here. After that, single rows can be chosen otherwise.';
    return listed.every(({ identity }) => this.each[identity] !== undefined)
      ? undefined
      : 'Choose for every row that both changed first.';
  }

  choiceOf({ identity }: ListedConflict): MergeSide | null {
    return this.each[identity] ?? this.rest;
  }

  choose({ identity }: ListedConflict, side: MergeSide): void {
    this.each = { ...this.each, [identity]: side };
  }

  /** For all, whatever was chosen for one of them before. */
  chooseAll(side: MergeSide): void {
    this.rest = side;
    this.each = {};
  }

  async start(): Promise<void> {
    await this.#attempt(async () => {
      const ingest = await this.ports.ingest();
      const answer = await ingest.ask({ type: 'look-at-merge', dataset: this.page.id, from: this.from });
      if (answer.type !== 'merge-seen') return;
      this.#seen = { onto: answer.onto, base: answer.base };
      this.look = answer.look;
    });
  }

  /** False where it was not merged: `problem` says why. */
  async merge(): Promise<boolean> {
    const seen = this.#seen;
    if (seen === undefined || this.unsettled !== undefined || this.isMerging) return false;
    this.isMerging = true;
    const isDone = await this.#attempt(async () => {
      const ingest = await this.ports.ingest();
      const choices = { rest: this.rest, each: this.each };
      await ingest.ask({ type: 'merge', dataset: this.page.id, from: this.from, ...seen, choices });
      await this.page.load();
    });
    this.isMerging = false;
    return isDone;
  }

  async #attempt(work: () => Promise<void>): Promise<boolean> {
    this.problem = null;
    try {
      await work();
      return true;
    } catch (error) {
      this.problem = storageTrouble(error).message;
      return false;
    }
  }
}
