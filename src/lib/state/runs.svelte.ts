// The runs that this browser keeps: read, filtered, tagged, taken away and put back.
import { isTrueOf } from '../core/run-query/asked-of.ts';
import { parseQuery } from '../core/run-query/parse-query.ts';
import type { RunFacts } from '../core/run-query/query.ts';
import { listOf } from '../core/spoken-list.ts';
import { nameOf, sourceOfRecord } from '../participant/workbench/run-figures.ts';
import {
  withoutRows,
  type KeptRun,
  type RunLabels,
  type RunStore,
  type WholeRun,
} from '../participant/workbench/run-record.ts';
import { webLockHolds } from '../workers/run-holds.ts';
import { troubleToldBy } from './datasets.svelte.ts';
import type { DeviceTrouble } from './device-state.svelte.ts';
import { factsOf } from './run-facts.ts';
import { namesOf } from './run-table.ts';

export interface RunPorts {
  store(): Promise<RunStore>;
  /** Runs that some tab trains now. */
  held(): Promise<ReadonlySet<string>>;
  /** Whether a dataset is here. */
  hasDataset(id: string): Promise<boolean>;
}

/** The runs of this browser. */
export const browserRuns: RunPorts = {
  store: async () => (await import('./device-connection.ts')).runStore(),
  held: () => webLockHolds(navigator.locks).held(),
  async hasDataset(id) {
    const { datasetStore } = await import('./device-connection.ts');
    return (await (await datasetStore()).record(id)) !== undefined;
  },
};

export class RunsState {
  /** undefined: not read yet. Newest first. */
  runs = $state.raw<readonly KeptRun[] | undefined>();
  held = $state.raw<ReadonlySet<string>>(new Set());
  trouble = $state.raw<DeviceTrouble | null>(null);
  /** Taken away since the page was opened, and can be put back. */
  removed = $state.raw<readonly WholeRun[]>([]);
  query = $state('');
  /** By their ids. */
  chosen = $state.raw<ReadonlySet<string>>(new Set());

  readonly facts = $derived((this.runs ?? []).map((run) => factsOf(run, this.held.has(run.record.id))));
  readonly #read = $derived(
    parseQuery(this.query, {
      metrics: namesOf(this.facts, 'metrics'),
      params: namesOf(this.facts, 'params'),
    }),
  );
  /** Why the filter cannot be read; undefined where it can. */
  readonly refusal = $derived(this.#read.ok ? undefined : this.#read.error);
  /** Those that the filter finds; all while it cannot be read. */
  readonly found: readonly RunFacts[] = $derived.by(() => {
    const read = this.#read;
    return read.ok ? this.facts.filter((facts) => isTrueOf(read.value, facts)) : this.facts;
  });

  /** The chosen ones that the filter finds: nobody acts on what is not seen. */
  readonly picked = $derived(this.found.filter((facts) => this.chosen.has(facts.id)));

  constructor(
    private readonly ports: RunPorts = browserRuns,
    /** What this browser keeps is locked: whoever made the page asks for the passphrase in its place. */
    private readonly onLocked: (trouble: DeviceTrouble) => void = () => {},
  ) {}

  async load(): Promise<void> {
    await this.#try(async () => {
      const store = await this.ports.store();
      // One that begins or ends in between is held on one side of the reading: only what is on neither was cut off.
      const before = await this.ports.held();
      const runs = await store.list();
      this.held = new Set([...before, ...(await this.ports.held())]);
      this.runs = runs;
    });
  }

  /** Those that a tab trains stay. Says how many went. */
  async remove(ids: readonly string[]): Promise<number> {
    const removed: WholeRun[] = [];
    await this.#try(async () => {
      const store = await this.ports.store();
      this.held = await this.ports.held();
      for (const id of ids.filter((one) => !this.held.has(one))) {
        const whole = await store.remove(id);
        if (whole !== undefined) removed.push(whole);
      }
    });
    const gone = new Set(removed.map(({ record }) => record.id));
    this.runs = this.runs?.filter(({ record }) => !gone.has(record.id));
    this.removed = [...this.removed, ...removed];
    return removed.length;
  }

  /**
   * Puts back all that was taken away. What cannot be stays to be put back; but a model that is made of rows is gone for good once
   * they were erased, in another tab perhaps: its run comes back as the erasing would have left it. Says how many are back.
   */
  async undo(): Promise<number> {
    let back = 0;
    await this.#try(async () => {
      const store = await this.ports.store();
      const erased: string[] = [];
      for (const whole of this.removed) {
        const { record, labels, model } = whole;
        const left =
          model === undefined || (await this.ports.hasDataset(record.dataset.id))
            ? undefined
            : withoutRows(record, Date.now());
        await store.restore(left === undefined ? whole : { record: left, labels, model: undefined });
        if (left !== undefined) erased.push(`“${nameOf(sourceOfRecord(record))}”`);
        back += 1;
        this.removed = this.removed.filter((one) => one !== whole);
      }
      this.runs = await store.list();
      if (erased.length > 0)
        throw new Error(
          `The model of ${listOf(erased)} was not put back: it is made of rows of data that was deleted since. The figures are back. To have the model again, import the data and train anew.`,
        );
    });
    return back;
  }

  /** Of one run, what a person writes on it. */
  async label(id: string, labels: RunLabels): Promise<void> {
    await this.#try(async () => {
      await (await this.ports.store()).label(id, labels);
      this.runs = this.runs?.map((run) => (run.record.id === id ? { ...run, labels } : run));
    });
  }

  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.trouble = null;
    } catch (error) {
      this.trouble = troubleToldBy(this.onLocked, error);
    }
  }
}

/** "best, to show" as tags: without doubles, none empty, in order. */
export const tagsOf = (text: string): readonly string[] =>
  [...new Set(text.split(',').map((tag) => tag.trim()))].filter((tag) => tag !== '').sort();
