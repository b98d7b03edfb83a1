// Shapes in the pictures of one dataset while they are drawn: the pictures gone through one after the other, what stands of this judge in the
// one that is shown, and the way back and forth again. Each line is written as it is made, behind what is on the screen.
import type { CocoRead } from '../core/labelling/coco.ts';
import type { Judge, JournalEntry, Shape, ShapeSays } from '../core/labelling/journal.ts';
import type { Frame, Outline } from '../core/labelling/outline.ts';
import {
  doneWith,
  mayOutline,
  MOST_SHAPE_CLASSES,
  shapeClassesOf,
  shapesOf,
} from '../core/labelling/shapes.ts';
import { fail, type Result } from '../core/result.ts';
import type { AgreeingOnShapes, LabelShapes, ShapeScope } from '../participant/labelling/label-shapes.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import type { LabellingPage } from './labelling.svelte.ts';
import { ShownAhead } from './shown-ahead.svelte.ts';

/** A shape that came, went or changed. */
interface Change {
  readonly row: number;
  readonly example: string;
  readonly before: Shape | undefined;
  readonly after: Shape | undefined;
  /** One of several small steps by key, which are taken back together. */
  readonly isNudge: boolean;
}

export class Shapes {
  classes = $state.raw<readonly string[]>([]);
  /** What was refused last, and why. */
  refused = $state.raw<string | undefined>();
  /** Which pictures, and how many are gone through: as of the last opening. */
  found = $state.raw<LabelShapes | undefined>();
  /** How far those who drew agree, as of the last comparing. */
  pairs = $state.raw<readonly AgreeingOnShapes[]>([]);
  rows = $state.raw<readonly number[]>([]);
  /** Of `rows`; rows.length at the end. */
  at = $state(0);
  #standing = $state.raw<ReadonlyMap<string, readonly Shape[]>>(new Map());
  #done = $state.raw<ReadonlySet<string>>(new Set());
  #doneAtFirst = 0;
  #made: readonly Change[] = [];
  #unmade: readonly Change[] = [];
  #journal: JournalEntry[] = [];
  #judge: Judge = { annotator: '', pass: 1 };
  readonly #ahead: ShownAhead;
  /** Goes up with each opening: what was asked for an older one is not for this. */
  #turn = 0;

  constructor(
    readonly page: LabellingPage,
    private readonly store: () => Promise<Pick<DatasetStore, 'journal'>>,
    private readonly newId: () => string = () => crypto.randomUUID(),
    private readonly now: () => number = Date.now,
  ) {
    this.#ahead = new ShownAhead(page, (before, after) =>
      this.rows.slice(Math.max(0, this.at - before), this.at + after),
    );
  }

  /** undefined while it is fetched, and at the end. */
  readonly example = $derived.by(() => {
    const row = this.rows[this.at];
    return row === undefined ? undefined : this.#ahead.of(row);
  });
  readonly frame = $derived.by((): Frame => {
    const shows = this.example?.shows;
    return shows === undefined || shows.kind === 'table' ? { width: 1, height: 1 } : shows;
  });
  readonly own = $derived.by(() =>
    this.example === undefined ? [] : (this.#standing.get(this.example.name) ?? []),
  );
  readonly isDone = $derived.by(() => this.example !== undefined && this.#done.has(this.example.name));
  /** Of the whole dataset. */
  readonly done = $derived.by(() => (this.found?.done ?? 0) + this.#done.size - this.#doneAtFirst);

  async open(judge: Judge, scope: ShapeScope): Promise<void> {
    const turn = (this.#turn += 1);
    this.#judge = judge;
    // Nothing is drawn meanwhile: what is on the screen is another judge's.
    this.found = undefined;
    this.rows = [];
    await this.page.attempt(async () => {
      const found = await this.#ask(judge, scope);
      if (found === undefined || turn !== this.#turn) return;
      this.#journal = [...(await (await this.store()).journal(this.page.id))];
      if (turn !== this.#turn) return;
      this.classes = shapeClassesOf(this.#journal);
      this.#look();
      this.#doneAtFirst = this.#done.size;
      this.#made = [];
      this.#unmade = [];
      this.refused = undefined;
      this.#ahead.forget();
      this.found = found;
      this.rows = Array.from(found.rows);
      this.at = 0;
      await this.#ahead.fetch();
    });
  }

  /** How far those who drew agree, as of now. */
  async compare(): Promise<void> {
    await this.page.attempt(async () => {
      if (!(await this.page.areWritten())) return;
      const answer = await this.page.ask({ type: 'shape-agreement' });
      if (answer?.type === 'shape-agreement') this.pairs = answer.pairs;
    });
  }

  /** undefined where it was not to be had: the trouble is on the screen. */
  async coco(dataset: string, withPictures: boolean): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const judge = this.#judge;
    let bytes: Uint8Array<ArrayBuffer> | undefined;
    await this.page.attempt(async () => {
      if (!(await this.page.areWritten())) return;
      const answer = await this.page.ask({ type: 'coco', judge, dataset, withPictures });
      if (answer?.type === 'coco') ({ bytes } = answer);
    });
    return bytes;
  }

  /** What of the file was new, drawn as this judge's, or why it was refused; undefined as for coco(). */
  async take(text: string): Promise<Result<CocoRead, string> | undefined> {
    const [judge, turn] = [this.#judge, this.#turn];
    let taken: Result<CocoRead, string> | undefined;
    await this.page.attempt(async () => {
      if (!(await this.page.areWritten())) return;
      const answer = await this.page.ask({ type: 'read-coco', judge, text });
      if (answer?.type !== 'read-coco') return;
      // What was new for one judge is not for another, and a journal that is being read anew would lack it.
      taken =
        turn === this.#turn && this.found !== undefined
          ? answer.read
          : fail('Other pictures or another judge were chosen while it was read. Read the file once more.');
      if (!taken.ok) return;
      const { classes, shapes } = taken.value;
      if (classes.length > this.classes.length) this.#name(classes);
      this.#write(
        shapes.map(({ example, label, outline }) => ({
          example,
          says: { type: 'shape', id: this.newId(), label, outline },
        })),
      );
      this.#look();
    });
    return taken;
  }

  /** Named with commas between; each once. */
  name(typed: string): void {
    const named = [...new Set(typed.split(',').map((one) => one.trim()))].filter((one) => one !== '');
    this.#name(named.slice(0, MOST_SHAPE_CLASSES));
  }

  /** Its id, once it stands; undefined: refused. */
  draw(given: Outline, label: string): string | undefined {
    const id = this.newId();
    return this.#put({ id, label, outline: given }, undefined, false) ? id : undefined;
  }

  /** Whether it stands so now. */
  change(shape: Shape, to: Partial<Pick<Shape, 'label' | 'outline'>>, isNudge = false): boolean {
    return this.#put({ ...shape, ...to }, shape, isNudge);
  }

  remove(shape: Shape): void {
    this.refused = undefined;
    this.#make({ before: shape, after: undefined, isNudge: false });
  }

  /** The shape that is as it was before, or that came or went; undefined: there was nothing to take back. */
  undo(): Shape | undefined {
    return this.#goBack(true);
  }
  redo(): Shape | undefined {
    return this.#goBack(false);
  }

  /** Done with the picture, and on to the next; or not done after all. */
  finish(): void {
    if (this.example === undefined) return;
    if (!this.isDone) this.#write([{ example: this.example.name, says: { type: 'shapes-done' } }]);
    this.#look();
    this.move(1);
  }
  reopen(): void {
    if (this.example === undefined || !this.isDone) return;
    this.#write([{ example: this.example.name, says: { type: 'shapes-open' } }]);
    this.#look();
  }

  move(by: -1 | 1): void {
    this.refused = undefined;
    this.at = Math.min(this.rows.length, Math.max(0, this.at + by));
    void this.#ahead.fetch();
  }

  /** To a picture of the dataset, also one that is not among those gone through. */
  goTo(row: number): void {
    if (!(Number.isInteger(row) && row >= 0 && row < (this.found?.pictures ?? 0))) return;
    const at = this.rows.indexOf(row);
    if (at < 0) this.rows = this.rows.toSpliced(this.at, 0, row);
    else this.at = at;
    void this.#ahead.fetch();
  }

  #put(given: Shape, before: Shape | undefined, isNudge: boolean): boolean {
    const may = mayOutline(given.outline, this.frame);
    this.refused = may.ok ? undefined : may.error;
    if (may.ok) this.#make({ before, after: { ...given, outline: may.value }, isNudge });
    return may.ok;
  }

  #make(change: Omit<Change, 'row' | 'example'>): void {
    const { example } = this;
    if (example === undefined) return;
    const made: Change = { ...change, row: example.row, example: example.name };
    this.#say(made.example, made.after, made.before);
    const last = this.#made.at(-1);
    const isSame = last?.isNudge === true && made.isNudge && last.after?.id === made.after?.id;
    this.#made = isSame
      ? [...this.#made.slice(0, -1), { ...made, before: last.before }]
      : [...this.#made, made];
    this.#unmade = [];
  }

  #goBack(isUndo: boolean): Shape | undefined {
    const [from, to] = isUndo ? [this.#made, this.#unmade] : [this.#unmade, this.#made];
    const last = from.at(-1);
    if (last === undefined) return undefined;
    this.refused = undefined;
    this.goTo(last.row);
    if (isUndo) this.#say(last.example, last.before, last.after);
    else this.#say(last.example, last.after, last.before);
    const [left, gained] = [from.slice(0, -1), [...to, { ...last, isNudge: false }]];
    [this.#made, this.#unmade] = isUndo ? [left, gained] : [gained, left];
    return (isUndo ? last.before : last.after) ?? last.before ?? last.after;
  }

  #say(example: string, now: Shape | undefined, before: Shape | undefined): void {
    if (now !== undefined) this.#write([{ example, says: { type: 'shape', ...now } }]);
    else if (before !== undefined) this.#write([{ example, says: { type: 'shape-removed', id: before.id } }]);
    this.#look();
  }

  #name(classes: readonly string[]): void {
    this.classes = classes;
    this.#write([{ example: '', says: { type: 'shape-classes', classes } }]);
  }

  #look(): void {
    this.#standing = shapesOf(this.#journal, this.#judge);
    this.#done = doneWith(this.#journal, this.#judge);
  }

  #write(lines: readonly { readonly example: string; readonly says: ShapeSays }[]): void {
    const at = this.now();
    const entries = lines.map((line): JournalEntry => ({ ...this.#judge, ...line, at }));
    // Not as arguments of one call: there can be more than an engine takes.
    for (const entry of entries) this.#journal.push(entry);
    this.page.write(entries);
  }

  async #ask(judge: Judge, scope: ShapeScope): Promise<LabelShapes | undefined> {
    if (!(await this.page.areWritten())) return undefined;
    const answer = await this.page.ask({ type: 'shapes', judge, scope });
    return answer?.type === 'shapes' ? answer.shapes : undefined;
  }
}
