// Passages of the texts of one dataset while they are marked: what stands of this judge, and the way back. Each is written as it is made.
import type { Judge, JournalEntry, Span, SpanSays } from '../core/labelling/journal.ts';
import { mayStand, MOST_SPAN_CLASSES, spanClassesOf, spansOf, trimmed } from '../core/labelling/spans.ts';
import type { LabelSpans } from '../participant/labelling/label-spans.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import type { LabellingPage } from './labelling.svelte.ts';

interface Made {
  readonly example: string;
  readonly says: { readonly type: 'span' | 'span-removed' } & Span;
}

export class Passages {
  classes = $state.raw<readonly string[]>([]);
  /** What the last mark was refused for. */
  refused = $state.raw<string | undefined>();
  found = $state.raw<LabelSpans | undefined>();
  #standing = $state.raw<ReadonlyMap<string, readonly Span[]>>(new Map());
  #made = $state.raw<readonly Made[]>([]);
  #journal: readonly JournalEntry[] = [];

  constructor(
    readonly page: LabellingPage,
    private readonly store: () => Promise<Pick<DatasetStore, 'journal'>>,
    private readonly now: () => number = Date.now,
  ) {}

  readonly canUndo = $derived.by(() => this.#made.length > 0);

  async load(judge: Judge): Promise<void> {
    await this.page.attempt(async () => {
      if (!(await this.page.areWritten())) return;
      this.#journal = await (await this.store()).journal(this.page.id);
      this.classes = spanClassesOf(this.#journal);
      this.#standing = spansOf(this.#journal, judge);
      this.#made = [];
      this.found = undefined;
    });
  }

  of(example: string, column: string): readonly Span[] {
    return (this.#standing.get(example) ?? []).filter((span) => span.column === column);
  }

  /** Named with commas between; each once. */
  name(classes: string, judge: Judge): void {
    const named = [...new Set(classes.split(',').map((one) => one.trim()))].filter((one) => one !== '');
    this.classes = named.slice(0, MOST_SPAN_CLASSES);
    this.#write(judge, '', { type: 'span-classes', classes: this.classes });
  }

  /** Whether it stands now. */
  mark(judge: Judge, example: string, text: string, given: Span): boolean {
    const may = mayStand(this.#standing.get(example) ?? [], trimmed(given, text), text);
    this.refused = may.ok ? undefined : may.error;
    if (may.ok) this.#say(judge, { example, says: { type: 'span', ...may.value } });
    return may.ok;
  }

  remove(judge: Judge, example: string, span: Span): void {
    this.refused = undefined;
    this.#say(judge, { example, says: { type: 'span-removed', ...span } });
  }

  /** Takes back the last mark or removal of this visit; what it was of. */
  undo(judge: Judge): Made | undefined {
    const last = this.#made.at(-1);
    if (last === undefined) return undefined;
    const { type, ...span } = last.says;
    this.refused = undefined;
    const made = this.#made.slice(0, -1);
    this.#say(judge, {
      example: last.example,
      says: { type: type === 'span' ? 'span-removed' : 'span', ...span },
    });
    this.#made = made;
    return last;
  }

  /** Agreement of all who marked passages, and this judge's as lines. */
  async ask(judge: Judge): Promise<LabelSpans | undefined> {
    await this.page.attempt(async () => {
      if (!(await this.page.areWritten())) return;
      const answer = await this.page.ask({ type: 'spans', judge });
      if (answer?.type === 'spans') this.found = answer.spans;
    });
    return this.found;
  }

  #say(judge: Judge, made: Made): void {
    this.#write(judge, made.example, made.says);
    this.#standing = spansOf(this.#journal, judge);
    this.#made = [...this.#made, made];
  }

  #write(judge: Judge, example: string, says: SpanSays): void {
    const entry: JournalEntry = { ...judge, example, says, at: this.now() };
    this.#journal = [...this.#journal, entry];
    this.page.write([entry]);
  }
}

/** [start, end) of the words of a text. */
export type WordPlaces = readonly (readonly [start: number, end: number])[];

/** What a key does to a selection, word by word; undefined: nothing of ours. */
export function moveSelection(
  words: WordPlaces,
  [start, end]: readonly [number, number],
  { key, shiftKey, altKey }: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'altKey'>,
  length: number,
): readonly [number, number] | undefined {
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return undefined;
  const isForward = key === 'ArrowRight';
  if (shiftKey && altKey) return [start, Math.min(length, Math.max(start + 1, end + (isForward ? 1 : -1)))];
  if (shiftKey) {
    const next = isForward
      ? words.find(([, to]) => to > end)?.[1]
      : words.findLast(([from, to]) => to < end && from >= start)?.[1];
    return [start, next ?? end];
  }
  const found = isForward
    ? words.find(([from]) => from >= Math.max(end, start + 1) || (start === end && from >= start))
    : words.findLast(([, to]) => to <= start);
  return found ?? [start, end];
}
