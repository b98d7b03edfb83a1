// What the labelling page knows: the line of examples, the one that is shown, and what is on its way into the journal. A judgement is
// shown at once and written behind it, one after the other; the queue comes anew every few of them.
import { classLabels } from '../core/data/contract.ts';
import type { Judge, JournalEntry, Judgement } from '../core/labelling/journal.ts';
import type { QueueOrder } from '../core/labelling/queue-order.ts';
import type { LabelQueue, LabelScope } from '../participant/labelling/label-queue.ts';
import type { DatasetRecord } from '../ports/dataset-store.ts';
import type { AskedGuide, LabellingAnswer, LabellingQuestion } from '../workers/labelling-messages.ts';
import { browserDatasets, troubleToldBy, type DatasetPorts } from './datasets.svelte.ts';
import type { DeviceTrouble } from './device-state.svelte.ts';
import { judged, lineOf, moved, placeAt, requeued, undone, type Line } from './labelling-line.ts';
import { ShownAhead } from './shown-ahead.svelte.ts';

export interface LabellingWishes {
  readonly judge: Judge;
  readonly scope: LabelScope;
  readonly order: QueueOrder;
}

/** The queue comes anew after so many judgements: a model that knows them asks better. */
const REQUEUE_AFTER = 10;
/** So many lines at most go to the store in one write: each is an argument of it, and a file of shapes brings very many. */
const AT_ONCE = 5000;

export class LabellingPage {
  /** undefined: not read yet; null: there is no such dataset here. */
  record = $state.raw<DatasetRecord | null | undefined>();
  line = $state.raw<Line | undefined>();
  /** The newest, for everything beside the line: judges, pace, what the model learnt from. */
  queue = $state.raw<LabelQueue | undefined>();
  trouble = $state.raw<DeviceTrouble | null>(null);
  /** Why labels could not be kept in the dataset. */
  refused = $state.raw<string | null>(null);
  keeping = $state(false);
  /** A class was said, or one taken back, since the newest queue was asked for. */
  saidSince = $state(false);
  /** Judgements that are not in the journal yet. */
  unwritten = $state.raw<readonly JournalEntry[]>([]);
  /** Whose word orders the queue and is suggested; set it and `requeue`. */
  guide: AskedGuide = { type: 'quick' };
  readonly #ahead = new ShownAhead(this, (before, after) => {
    const { places, at } = this.line ?? { places: [], at: 0 };
    return places.slice(Math.max(0, at - before), at + after).map((place) => place.row);
  });
  #wishes: LabellingWishes | undefined;
  #writes: Promise<void> = Promise.resolve();
  #sinceQueue = 0;
  /** Rows judged since a queue was asked for that is not there yet. */
  #requeueing: Set<number> | undefined;
  #requeued: Promise<void> = Promise.resolve();
  /** Goes up with each line that begins anew: what was asked for an older one is not for this. */
  #turn = 0;

  constructor(
    readonly id: string,
    private readonly ports: DatasetPorts = browserDatasets,
    /** What this browser keeps is locked: whoever made the page asks for the passphrase in its place. */
    private readonly onLocked: (trouble: DeviceTrouble) => void = () => {},
    private readonly now: () => number = Date.now,
  ) {}

  readonly classes: readonly string[] = $derived(
    this.record === null || this.record === undefined ? [] : (classLabels(this.record.contract) ?? []),
  );
  readonly place = $derived(this.line === undefined ? undefined : placeAt(this.line));
  /** undefined while it is fetched, and at the end of the queue. */
  readonly example = $derived(this.place === undefined ? undefined : this.#ahead.of(this.place.row));
  /** Whether a class waits to be put into the dataset, as far as is known: by the newest queue, and by what was said since. */
  readonly isWaiting = $derived.by(() => (this.queue?.toKeep ?? 0) > 0 || this.saidSince);
  /** Milliseconds, at the pace so far; undefined until it is known. */
  readonly timeLeftMs = $derived.by(() => {
    const paceMs = this.queue?.paceMs ?? null;
    return paceMs === null || this.line === undefined
      ? undefined
      : paceMs * Math.max(0, this.line.total - this.line.done);
  });

  /** Begins anew: another judge, scope or order. */
  async open(wishes: LabellingWishes): Promise<void> {
    this.#wishes = wishes;
    const turn = (this.#turn += 1);
    this.trouble = null;
    const isWritten = await this.areWritten();
    await this.attempt(async () => {
      this.record = (await (await this.ports.store()).record(this.id)) ?? null;
      if (this.record === null) {
        this.unwritten = [];
        this.trouble = null;
      }
      if (!isWritten || this.record === null || this.classes.length === 0) return;
      const queue = await this.#askQueue(wishes);
      if (turn !== this.#turn) return;
      this.queue = queue;
      this.saidSince = false;
      this.line = lineOf(queue);
      this.#ahead.forget();
      this.#sinceQueue = 0;
      await this.#ahead.fetch();
    });
  }

  /** The example that is shown is this; ignored while none is. */
  judge(says: Judgement): void {
    const { line, example } = this;
    const wishes = this.#wishes;
    if (line === undefined || example === undefined || wishes === undefined) return;
    this.line = judged(line, example.name, says);
    if (says.type === 'class') this.saidSince = true;
    this.#requeueing?.add(example.row);
    this.#write(wishes, example.name, says);
    this.#sinceQueue += 1;
    if (this.#sinceQueue >= REQUEUE_AFTER && this.#requeueing === undefined) void this.requeue();
    void this.#ahead.fetch();
  }

  /** What the guide suggests is right. */
  accept(): void {
    const { place } = this;
    if (place?.suggestion !== undefined) this.judge({ type: 'class', label: place.suggestion.label });
  }

  undo(): void {
    const wishes = this.#wishes;
    const back = this.line === undefined ? undefined : undone(this.line);
    if (back === undefined || wishes === undefined) return;
    this.line = back.line;
    // An older class may stand again.
    this.saidSince = true;
    this.#requeueing?.add(back.last.row);
    this.#write(wishes, back.last.name, { type: 'undone' });
    void this.#ahead.fetch();
  }

  move(by: -1 | 1): void {
    if (this.line === undefined) return;
    this.line = moved(this.line, by);
    void this.#ahead.fetch();
  }

  /** Asks what comes next anew; whoever labels goes on meanwhile. */
  requeue(): Promise<void> {
    return (this.#requeued = this.#requeued.then(() => this.#requeue()));
  }

  async #requeue(): Promise<void> {
    const wishes = this.#wishes;
    if (wishes === undefined) return;
    const turn = this.#turn;
    const since = new Set<number>();
    this.#requeueing = since;
    this.#sinceQueue = 0;
    await this.attempt(async () => {
      if (!(await this.areWritten())) return;
      const queue = await this.#askQueue(wishes);
      if (turn !== this.#turn || this.line === undefined) return;
      this.queue = queue;
      this.saidSince = since.size > 0;
      this.line = requeued(this.line, queue, since);
      await this.#ahead.fetch();
    });
    this.#requeueing = undefined;
  }

  /** The judge's labels become the dataset's. */
  async keep(message: string): Promise<boolean> {
    const wishes = this.#wishes;
    if (wishes === undefined) return false;
    const { judge } = wishes;
    return this.commit((base) => ({ type: 'keep', judge, base, message }));
  }

  /** Asks for labels to be kept, and looks at the dataset anew; false where it was refused or broke. */
  async commit(question: (base: DatasetRecord['version']) => LabellingQuestion): Promise<boolean> {
    const { record } = this;
    const wishes = this.#wishes;
    if (record === null || record === undefined || wishes === undefined || this.keeping) return false;
    this.keeping = true;
    this.refused = null;
    let isDone = false;
    await this.attempt(async () => {
      if (!(await this.areWritten())) return;
      isDone = (await this.ask(question(record.version)))?.type === 'kept';
    });
    this.keeping = false;
    if (isDone) await this.open(wishes);
    return isDone;
  }

  async ask(asks: LabellingQuestion): Promise<LabellingAnswer | undefined> {
    const answer = await (await this.ports.ingest()).ask({ type: 'labelling', dataset: this.id, asks });
    return answer.type === 'labelling' ? answer.answer : undefined;
  }

  async #askQueue(wishes: LabellingWishes): Promise<LabelQueue> {
    const answer = await this.ask({ type: 'queue', ...wishes, guide: this.guide, seed: 1 });
    if (answer?.type !== 'queue') throw new Error('The worker answered another question.');
    return answer.queue;
  }

  #write({ judge, scope }: LabellingWishes, example: string, says: JournalEntry['says']): void {
    const look = scope === 'suspected' && says.type !== 'undone' ? ({ isSecondLook: true } as const) : {};
    const entry: JournalEntry = { ...judge, example, says, at: this.now(), ...look };
    this.write([entry]);
  }

  /** Behind what is on the screen, after all that was written before. */
  write(entries: readonly JournalEntry[]): void {
    this.unwritten = [...this.unwritten, ...entries];
    this.#writes = this.#writes.then(() => this.#writeAll());
  }

  /**
   * All that wait, as many at once as may be: whoever is quicker than the disk is never more than one write ahead of it. What could not be
   * written waits on, in its order, for the next write or for `open`.
   */
  async #writeAll(): Promise<void> {
    while (this.unwritten.length > 0) {
      const entries = this.unwritten.slice(0, AT_ONCE);
      if (!(await this.attempt(async () => (await this.ports.store()).judge(this.id, ...entries)))) return;
      this.unwritten = this.unwritten.slice(entries.length);
    }
  }

  /** Tries what waits once more; false where it waits on, and the trouble is on the screen. */
  async areWritten(): Promise<boolean> {
    await (this.#writes = this.#writes.then(() => this.#writeAll()));
    return this.unwritten.length === 0;
  }

  /** Whether it went well. What broke stays on the screen until one begins anew, by what is in the journal. */
  async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof Error && 'kind' in error && error.kind === 'bad-edit')
        this.refused = error.message;
      else this.trouble = troubleToldBy(this.onLocked, error);
      return false;
    }
  }
}
