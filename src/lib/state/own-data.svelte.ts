// Data that a person brings for themselves: what lies in the files, what each column is taken for, and the import that follows.
import * as v from 'valibot';
import { AudioContract, ImageContract, type DataContract } from '../core/data/contract.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { FilesFound } from '../modalities/look-at-files.ts';
import type { ColumnFacts } from '../modalities/table/column-facts.ts';
import {
  contractOfChoices,
  draftChoices,
  targetUsesOf,
  type ColumnUse,
  type OwnChoices,
  type TargetUse,
} from '../modalities/table/own-contract.ts';
import type { TableReading } from '../modalities/table/table-reading.ts';
import type { TableFacts } from '../modalities/table/table-facts.ts';
import type { ChosenFile } from './chosen-files.ts';
import { nameOfFiles, type DatasetPorts, type ImportProgress, type ImportTask } from './datasets.svelte.ts';
import { troubleOf } from './device-state.svelte.ts';

/** Pictures are scaled to this on their longer side at most. */
const LARGEST_SIDE = 128;

export class OwnData {
  files = $state.raw<readonly ChosenFile[]>([]);
  found = $state.raw<FilesFound | null>(null);
  /** What the person said of how a table is read; the files tell the rest. */
  reading = $state.raw<TableReading>({});
  /** The letters of a text could not be told, and are to be named. */
  needsEncoding = $state(false);
  /** Of a table. */
  choices = $state.raw<OwnChoices | null>(null);
  /** On what was guessed. */
  notes = $state.raw<readonly string[]>([]);
  /** Of pictures: the longer side, in pixels. */
  side = $state<number | null>(null);
  /** Of recordings: how much of each is heard, ms; and whether one speaker's stay together. */
  milliseconds = $state<number | null>(null);
  bySpeaker = $state(false);
  /** Of pictures or recordings that nothing says the class of: what they will be labelled with, with commas between. */
  classes = $state('');
  name = $state('');
  looking = $state.raw<ImportProgress | null>(null);
  /** Why nothing could be made of the files. */
  problem = $state.raw<string | null>(null);
  #stop: AbortController | undefined;

  constructor(private readonly ports: Pick<DatasetPorts, 'ingest'>) {}

  readonly contract: Result<DataContract, string> | null = $derived.by(() => this.#contract());

  get facts(): TableFacts | undefined {
    return this.found?.type === 'table' ? this.found.facts : undefined;
  }
  /** Columns that could be predicted, in the file's order. */
  get targets(): readonly ColumnFacts[] {
    return this.facts?.columns.filter((column) => targetUsesOf(column).length > 0) ?? [];
  }
  /** What can be asked of the chosen one. */
  get asks(): readonly TargetUse[] {
    const chosen = this.facts?.columns.find(({ name }) => name === this.choices?.target);
    return chosen === undefined ? [] : targetUsesOf(chosen);
  }

  /** Reads through the files; what was chosen before is forgotten. */
  async look(files: readonly ChosenFile[], reading: TableReading = {}): Promise<void> {
    if (this.looking !== null || files.length === 0) return;
    this.forget();
    this.files = files;
    this.reading = reading;
    const stop = new AbortController();
    this.#stop = stop;
    this.looking = { fraction: null, examples: 0, message: 'Opening…' };
    try {
      const ingest = await this.ports.ingest();
      const found = await ingest.look(files, {
        signal: stop.signal,
        reading,
        onProgress: (progress) => (this.looking = progress),
      });
      // Not in the task that the answer came in: to read a message is one piece of work, to show what it says another.
      await new Promise((resolve) => setTimeout(resolve));
      if (!stop.signal.aborted) this.#take(files, found);
    } catch (error) {
      if (stop.signal.aborted) return;
      const { kind, message } = troubleOf(error);
      this.problem = message;
      this.needsEncoding = kind === 'unknown-encoding';
    } finally {
      this.looking = null;
      this.#stop = undefined;
    }
  }

  #take(files: readonly ChosenFile[], found: FilesFound): void {
    if (found.type === 'table') {
      const draft = draftChoices(found.facts);
      if (!draft.ok) {
        this.problem = draft.error.message;
        return;
      }
      this.choices = draft.value.choices;
      this.notes = [...found.facts.notes, ...draft.value.notes];
    } else if (found.type === 'recordings') {
      this.milliseconds = found.shape.milliseconds;
      this.bySpeaker = found.speakers.length > 1;
      this.classes = '';
      this.notes = found.notes;
    } else {
      this.side = Math.max(found.size.width, found.size.height);
      this.classes = '';
      this.notes = found.notes;
    }
    this.found = found;
    this.files = files;
    this.name = nameOfFiles(files.map((one) => one.path));
  }

  /** The same files by another header, sheet or encoding; where nothing can be made of them so, what was found before stays. */
  async readAs(reading: TableReading): Promise<void> {
    const { files, found, choices, notes, name, reading: before } = this;
    await this.look(files, { ...before, ...reading });
    if (found === null) return;
    this.name = name;
    if (this.found !== null) return;
    this.files = files;
    this.reading = before;
    this.found = found;
    this.choices = choices;
    this.notes = notes;
  }

  cancel(): void {
    this.#stop?.abort();
  }

  forget(): void {
    this.files = [];
    this.reading = {};
    this.needsEncoding = false;
    this.found = null;
    this.choices = null;
    this.notes = [];
    this.problem = null;
  }

  /** Another column is asked for; what the other columns are taken for stays as it was chosen. */
  ask(target: string): void {
    const { facts, choices } = this;
    if (facts === undefined || choices === null) return;
    const draft = draftChoices(facts, target);
    if (!draft.ok) return;
    const { asked, uses } = draft.value.choices;
    const before = choices.target;
    this.choices = { target, asked, uses: { ...choices.uses, [before]: uses[before] ?? 'out' } };
    this.notes = [...facts.notes, ...draft.value.notes];
  }
  askAs(asked: TargetUse): void {
    if (this.choices !== null) this.choices = { ...this.choices, asked };
  }
  use(column: string, use: ColumnUse): void {
    if (this.choices !== null)
      this.choices = { ...this.choices, uses: { ...this.choices.uses, [column]: use } };
  }

  #contract(): Result<DataContract, string> | null {
    if (this.found === null) return null;
    if (this.found.type === 'table')
      return this.choices === null ? null : contractOfChoices(this.found.facts, this.choices);
    if (this.found.type === 'recordings') return this.#audioContract(this.found);
    const size = scaledTo(this.found.size, this.side);
    if (size === undefined)
      return fail(`Write a whole number from 4 to ${LARGEST_SIDE} for the longer side.`);
    const read = v.safeParse(ImageContract, { kind: 'image', ...size, classes: this.#classes(this.found) });
    return read.success ? ok(read.output) : fail(NAME_CLASSES);
  }

  #audioContract(found: Extract<FilesFound, { type: 'recordings' }>): Result<DataContract, string> {
    const { milliseconds } = this;
    if (
      milliseconds === null ||
      !Number.isInteger(milliseconds) ||
      milliseconds < SHORTEST_MS ||
      milliseconds > LONGEST_MS
    )
      return fail(`Write a whole number from ${SHORTEST_MS} to ${LONGEST_MS} for the milliseconds.`);
    const read = v.safeParse(AudioContract, {
      ...found.shape,
      milliseconds,
      // As many steps as were proposed, or a hundred, of 10 ms at least.
      hopMs: Math.max(found.shape.hopMs, Math.ceil(milliseconds / 100)),
      classes: this.#classes(found),
      ...(this.bySpeaker && found.speakers.length > 1 ? { groups: 'file-name' } : {}),
    });
    return read.success ? ok(read.output) : fail(NAME_CLASSES);
  }

  #classes({ classes }: { readonly classes: readonly string[] }): readonly string[] {
    if (!this.isUnlabelled) return [...classes];
    return this.classes
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
  }

  /** Pictures or recordings that nothing names the class of. */
  get isUnlabelled(): boolean {
    return this.found !== null && this.found.type !== 'table' && this.found.classes.length === 0;
  }

  /** The import that follows from the choices; null while they allow none. */
  task(): ImportTask | null {
    const name = this.name.trim();
    return this.contract?.ok === true && name !== ''
      ? {
          source: {
            type: 'files',
            files: this.files.map(({ path, file }) => ({ path, file })),
            reading: this.reading,
          },
          contract: this.contract.value,
          federation: null,
          datasetName: name,
          dataset: null,
          keepsUnlabelled: this.isUnlabelled,
        }
      : null;
  }
}

const NAME_CLASSES =
  'Name at least two classes that differ, with commas between, each of 80 letters at most.';
/** Of a recording. */
const [SHORTEST_MS, LONGEST_MS] = [100, 10_000];

type Size = Pick<ImageContract, 'height' | 'width' | 'channels'>;

/** undefined where `side` is no size of a picture. */
function scaledTo(contract: Size, side: number | null): Size | undefined {
  if (side === null || !Number.isInteger(side) || side < 4 || side > LARGEST_SIDE) return undefined;
  const scale = side / Math.max(contract.width, contract.height);
  return {
    ...contract,
    width: Math.max(1, Math.round(contract.width * scale)),
    height: Math.max(1, Math.round(contract.height * scale)),
  };
}
