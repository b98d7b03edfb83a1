// The hand that draws: what pointer and keys do in the picture that is shown. Places are in the picture's own pixels; how large it is on the
// screen only says how near is near. Whatever takes effect is told in words, and goes through Shapes into the journal.
import type { Judge, Shape } from '../core/labelling/journal.ts';
import { areaOf, boxBetween, isInside, type Outline, type Point } from '../core/labelling/outline.ts';
import { moved, placeIn, resized } from '../core/labelling/outline-edits.ts';
import type { ShapeScope } from '../participant/labelling/label-shapes.ts';
import { distance, ShapeEditing } from './shape-editing.svelte.ts';
import { isArrow, shapeKey, type PressedKey } from './shape-keys.ts';
import { outlineWords, pixels, shapeWords } from './shape-words.ts';
import type { Shapes } from './shapes.svelte.ts';

export type Tool = 'select' | 'box' | 'polygon';

/** What is being drawn and does not stand yet. */
type Draft =
  | {
      readonly kind: 'box';
      readonly from: Point;
      readonly to: Point;
      /** From corner to corner in one stroke, corner by corner, or by arrows. */
      readonly by: 'stroke' | 'corners' | 'keys';
    }
  | {
      readonly kind: 'polygon';
      readonly points: readonly Point[];
      /** Where the next point would be: of the pointer, or of the cross that arrows move. */
      readonly at: Point;
      readonly by: 'pointer' | 'keys';
    };

const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8];
export const NAME_CLASSES = 'Name the classes of shapes first.';
const STILL_DRAWN = 'A shape is being drawn here: Enter keeps it, Escape gives it up. Then go on.';

export class ShapeTool {
  tool = $state.raw<Tool>('select');
  /** Of the class that the next shape gets. */
  label = $state(0);
  zoom = $state(1);
  draft = $state.raw<Draft | undefined>();
  /** What took effect last, in words. */
  said = $state('');
  readonly edit: ShapeEditing;

  constructor(readonly shapes: Shapes) {
    this.edit = new ShapeEditing(shapes, (sentence) => (this.said = sentence));
  }

  /** Other pictures, or as another judge: nothing that was begun goes along. */
  async open(judge: Judge, scope: ShapeScope): Promise<void> {
    this.#giveUp();
    this.edit.select(undefined);
    await this.shapes.open(judge, scope);
  }

  choose(tool: Tool): void {
    this.#giveUp();
    this.tool = tool;
  }
  select(shape: Shape | undefined): void {
    this.edit.select(shape?.id);
    if (shape === undefined) return;
    this.choose('select');
    this.said = shapeWords(shape);
  }
  /** The class of what is selected, and of what is drawn next. */
  call(at: number): void {
    const label = this.shapes.classes[at];
    if (label === undefined) return;
    this.label = at;
    if (this.edit.selected === undefined || this.draft !== undefined) this.said = `Next: ${label}.`;
    else this.edit.call(label);
  }
  /** Of what is being drawn the last step, before any shape that stands. */
  undo(): void {
    if (this.draft === undefined) this.#goBack('Taken back', () => this.shapes.undo());
    else this.#takeAway();
  }
  redo(): void {
    if (!this.#isDrawing()) this.#goBack('Done again', () => this.shapes.redo());
  }
  #goBack(word: string, go: () => Shape | undefined): void {
    this.edit.letGo();
    const shape = go();
    this.edit.select(shape?.id);
    if (shape === undefined) this.said = 'Nothing is left to take back or do again.';
    else
      this.said = `${word}. ${this.edit.selected === undefined ? `Gone: ${shapeWords(shape)}` : shapeWords(shape)}.`;
  }

  /** To another picture. */
  move(by: -1 | 1): void {
    this.#leave(() => this.shapes.move(by));
  }
  finish(): void {
    this.#leave(() => this.shapes.finish());
  }
  goTo(row: number): void {
    this.#leave(() => this.shapes.goTo(row));
  }
  #leave(go: () => void): void {
    if (this.#isDrawing()) return;
    this.edit.select(undefined);
    go();
    const { example, own } = this.shapes;
    this.said =
      example === undefined
        ? ''
        : `Picture ${example.row + 1}, ${own.length === 1 ? '1 shape' : `${own.length} shapes`}.`;
  }

  zoomBy(by: -1 | 0 | 1): void {
    const at = ZOOMS.indexOf(this.zoom) + by;
    this.zoom = by === 0 ? 1 : (ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, at))] ?? 1);
  }

  /** `near`: so many of the picture's pixels are as near as a hand can tell. */
  down(place: Point, near: number): void {
    this.edit.letGo();
    if (this.draft?.by === 'corners' || this.tool === 'polygon') return;
    if (this.edit.takeHandle(place, near)) return;
    if (this.tool === 'box') {
      if (!this.#mayDraw()) return;
      const from = placeIn(place, this.shapes.frame);
      this.draft = { kind: 'box', from, to: from, by: 'stroke' };
      return;
    }
    this.select(this.#shapeAt(place));
    this.edit.takeShape(place);
  }

  over(given: Point): void {
    const place = placeIn(given, this.shapes.frame);
    const { draft } = this;
    if (draft === undefined) this.edit.pull(given);
    else if (draft.kind === 'polygon') this.draft = { ...draft, at: place, by: 'pointer' };
    else if (draft.by !== 'keys') this.draft = { ...draft, to: place };
  }

  up(given: Point, near: number): void {
    this.over(given);
    const place = placeIn(given, this.shapes.frame);
    const { draft } = this;
    if (this.tool === 'polygon') return this.#setPoint(place, near);
    if (draft?.kind !== 'box' || draft.by === 'keys') return this.edit.letGo();
    if (draft.by === 'corners' || distance(draft.from, place) >= near / 2) return this.keep();
    // No stroke: the first corner, and a second press is the other.
    this.draft = { ...draft, by: 'corners' };
    this.said = `First corner at ${pixels(place[0])}, ${pixels(place[1])}.`;
  }

  /** What the pointer was about is dropped: the system took it for something else. */
  cancel(): void {
    this.edit.drop();
    if (this.draft?.by === 'stroke') this.draft = undefined;
  }

  /** Whether the key is one of ours. */
  press(pressed: PressedKey): boolean {
    const key = shapeKey(pressed);
    if (key === undefined) return false;
    // A key that is held down goes on moving and zooming; it does not close picture after picture.
    if (pressed.repeat && key.type !== 'arrow' && key.type !== 'zoom') return true;
    switch (key.type) {
      case 'arrow':
        return this.#arrow(key.by, key.isResize);
      case 'class':
        this.call(key.at);
        return key.at < this.shapes.classes.length;
      case 'shape':
        this.#nextShape(key.by);
        return true;
      case 'point':
        this.edit.nextPoint(key.by);
        return true;
      case 'picture':
        this.move(key.by);
        return true;
      case 'zoom':
        this.zoomBy(key.by);
        return true;
      case 'undo':
        this.undo();
        return true;
      case 'redo':
        this.redo();
        return true;
      case 'select':
        this.choose('select');
        return true;
      case 'box':
        this.#beginBox();
        return true;
      case 'polygon':
        this.#beginPolygon();
        return true;
      case 'add-point':
        this.edit.addPoint();
        return true;
      case 'set-point':
        if (this.draft?.kind !== 'polygon') return false;
        this.#setPoint(this.draft.at, 0);
        return true;
      case 'enter':
        this.#enter();
        return true;
      case 'escape':
        return this.#escape();
      case 'delete':
        return this.#takeAway();
      default:
        return key satisfies never;
    }
  }
  /** A key was let go: what arrows moved stands. */
  lift({ key }: Pick<PressedKey, 'key'>): void {
    if (isArrow(key)) this.edit.letGo();
  }

  /** What is being drawn stands, where it may. */
  keep(): void {
    const { draft } = this;
    if (draft === undefined) return;
    const outline: Outline =
      draft.kind === 'box' ? boxBetween(draft.from, draft.to) : { kind: 'polygon', points: draft.points };
    const { classes } = this.shapes;
    const id = this.shapes.draw(outline, classes[this.label] ?? classes[0] ?? '');
    if (id === undefined) {
      this.said = this.shapes.refused ?? '';
      // A polygon is mended; a box is drawn anew.
      if (draft.kind === 'box') this.draft = undefined;
      return;
    }
    this.draft = undefined;
    if (draft.by === 'keys') this.tool = 'select';
    this.edit.select(id);
    if (this.edit.selected !== undefined) this.said = shapeWords(this.edit.selected);
  }

  /** What is selected, or the smallest that the place lies in. */
  #shapeAt(place: Point): Shape | undefined {
    const about = this.shapes.own.filter(({ outline }) => isInside(place, outline));
    return (
      about.find((shape) => shape === this.edit.selected) ??
      about.toSorted((a, b) => areaOf(a.outline) - areaOf(b.outline))[0]
    );
  }

  /** And told so: it would be lost, or stand in another picture. */
  #isDrawing(): boolean {
    if (this.draft === undefined) return false;
    this.said = STILL_DRAWN;
    return true;
  }

  #mayDraw(): boolean {
    if (this.shapes.example === undefined) return false;
    if (this.shapes.classes.length > 0) return true;
    this.said = NAME_CLASSES;
    return false;
  }

  #beginBox(): void {
    this.choose('box');
    if (!this.#mayDraw()) return;
    const { width, height } = this.shapes.frame;
    // A quarter of each side, in the middle, on whole pixels.
    const [across, along] = [Math.max(1, Math.round(width / 4)), Math.max(1, Math.round(height / 4))];
    const from: Point = [Math.floor((width - across) / 2), Math.floor((height - along) / 2)];
    this.#begin({ kind: 'box', from, to: [from[0] + across, from[1] + along], by: 'keys' });
  }
  #beginPolygon(): void {
    this.choose('polygon');
    if (!this.#mayDraw()) return;
    const { width, height } = this.shapes.frame;
    const at: Point = [Math.floor(width / 2), Math.floor(height / 2)];
    this.#begin({ kind: 'polygon', points: [], at, by: 'keys' });
  }
  #begin(draft: Draft): void {
    this.edit.select(undefined);
    this.#draw(draft);
  }
  /** As far as it is drawn, and told so. */
  #draw(draft: Draft): void {
    this.draft = draft;
    if (draft.kind === 'box') this.said = `${outlineWords(boxBetween(draft.from, draft.to))}.`;
    else {
      const points = draft.points.length === 1 ? '1 point' : `${draft.points.length} points`;
      this.said = `${points}; at ${pixels(draft.at[0])}, ${pixels(draft.at[1])}.`;
    }
  }

  #setPoint(place: Point, near: number): void {
    if (!this.#mayDraw()) return;
    const { draft } = this;
    if (draft?.kind !== 'polygon')
      return this.#begin({ kind: 'polygon', points: [place], at: place, by: 'pointer' });
    const isOn = (point: Point | undefined): boolean => point !== undefined && distance(point, place) <= near;
    // On the first point it closes, and so does a double click.
    const isOnLast = isOn(draft.points.at(-1));
    if (draft.points.length >= 3 && (isOnLast || isOn(draft.points[0]))) return this.keep();
    if (!isOnLast) this.#draw({ ...draft, points: [...draft.points, place], at: place });
  }

  #arrow(by: Point, isResize: boolean): boolean {
    const { draft } = this;
    const { frame } = this.shapes;
    if (draft?.kind === 'box') {
      const box = boxBetween(draft.from, draft.to);
      const { x, y, width, height } = isResize ? resized(box, by, frame) : moved(box, by, frame);
      this.#draw({ kind: 'box', from: [x, y], to: [x + width, y + height], by: 'keys' });
    } else if (draft !== undefined)
      this.#draw({ ...draft, at: placeIn([draft.at[0] + by[0], draft.at[1] + by[1]], frame), by: 'keys' });
    else if (this.edit.selected !== undefined) this.edit.nudge(by, isResize);
    else if (by[0] !== 0) this.move(by[0] < 0 ? -1 : 1);
    else return false;
    return true;
  }

  #nextShape(by: -1 | 1): void {
    this.#giveUp();
    const { own } = this.shapes;
    const at = own.findIndex((shape) => shape === this.edit.selected);
    const next = at < 0 ? own.at(by > 0 ? 0 : -1) : own[(at + by + own.length) % own.length];
    this.select(next);
    if (next === undefined) this.said = 'No shape is drawn in this picture.';
  }

  #enter(): void {
    if (this.draft !== undefined) return this.keep();
    if (this.edit.selected === undefined) return this.finish();
    this.edit.select(undefined);
    this.said = 'Kept.';
  }
  #escape(): boolean {
    if (this.draft !== undefined) {
      this.draft = undefined;
      this.said = 'Given up.';
    } else if (this.edit.point !== undefined) this.edit.point = undefined;
    else if (this.edit.selected !== undefined) this.select(undefined);
    else if (this.tool !== 'select') this.choose('select');
    else return false;
    return true;
  }
  #takeAway(): boolean {
    const { draft } = this;
    if (draft?.kind === 'polygon' && draft.points.length > 0)
      this.#draw({ ...draft, points: draft.points.slice(0, -1) });
    else if (draft !== undefined) return this.#escape();
    else if (this.edit.point !== undefined) this.edit.removePoint();
    else if (this.edit.selected !== undefined) this.edit.remove();
    else return false;
    return true;
  }

  /** What is being drawn is given up, what is held stands. */
  #giveUp(): void {
    this.edit.letGo();
    this.draft = undefined;
  }
}
