// The hand that draws: what pointer and keys do to the shapes of the picture that is shown. Places are in the picture's own pixels; how large
// it is on the screen only says how near is near. Whatever takes effect is told in words, and goes through Shapes into the journal.
import type { Shape } from '../core/labelling/journal.ts';
import {
  areaOf,
  boxBetween,
  edgesOf,
  isInside,
  type Outline,
  type Point,
} from '../core/labelling/outline.ts';
import {
  BOX_HANDLES,
  handleAt,
  moved,
  placeIn,
  pointAdded,
  pointMoved,
  pointRemoved,
  pulled,
  resized,
} from '../core/labelling/outline-edits.ts';
import type { Shapes } from './shapes.svelte.ts';
import { outlineWords, pixels, shapeWords } from './shape-words.ts';

export type Tool = 'select' | 'box' | 'polygon';

/** What is being drawn and does not stand yet. */
export type Draft =
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

/** What the pointer has hold of. */
type Hold =
  | { readonly type: 'shape'; readonly shape: Shape; readonly from: Point }
  | { readonly type: 'handle'; readonly shape: Shape; readonly handle: Point }
  | { readonly type: 'point'; readonly shape: Shape; readonly points: readonly Point[]; readonly at: number };

export type Key = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>;

const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8];
const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
export const NAME_CLASSES = 'Name the classes of shapes first.';

const distance = ([ax, ay]: Point, [bx, by]: Point): number => Math.hypot(ax - bx, ay - by);

export class ShapeTool {
  tool = $state.raw<Tool>('select');
  /** Of the class that the next shape gets. */
  label = $state(0);
  zoom = $state(1);
  draft = $state.raw<Draft | undefined>();
  /** Of a polygon that is selected: the point that keys move. */
  point = $state<number | undefined>();
  /** The selected shape as it is while it is pulled; it stands so once it is let go. */
  held = $state.raw<Outline | undefined>();
  /** What took effect last, in words. */
  said = $state('');
  #selected = $state<string | undefined>();
  #hold: Hold | undefined;
  #isNudging = false;

  constructor(readonly shapes: Shapes) {}

  readonly selected = $derived.by(() => this.shapes.own.find(({ id }) => id === this.#selected));

  /** What is seen of a shape. */
  outlineOf(shape: Shape): Outline {
    return shape.id === this.#selected && this.held !== undefined ? this.held : shape.outline;
  }

  choose(tool: Tool): void {
    this.#drop();
    this.tool = tool;
  }
  select(shape: Shape | undefined): void {
    this.letGo();
    this.#selected = shape?.id;
    this.point = undefined;
    if (shape !== undefined) {
      this.tool = 'select';
      this.said = shapeWords(shape);
    }
  }
  /** The class of what is selected, and of what is drawn next. */
  call(at: number): void {
    const label = this.shapes.classes[at];
    if (label === undefined) return;
    this.label = at;
    this.letGo();
    const { selected } = this;
    if (selected !== undefined && this.draft === undefined) {
      if (selected.label !== label && this.shapes.change(selected, { label }))
        this.said = shapeWords({ ...selected, label });
    } else this.said = `Next: ${label}.`;
  }
  remove(shape: Shape | undefined = this.selected): void {
    if (shape === undefined) return;
    this.held = undefined;
    this.shapes.remove(shape);
    this.said = `Removed: ${shapeWords(shape)}.`;
  }
  removePoint(): void {
    const { selected, point } = this;
    if (selected?.outline.kind !== 'polygon' || point === undefined) return;
    this.letGo();
    const outline = pointRemoved(selected.outline, point);
    if (outline === undefined) {
      this.said = 'A polygon keeps three points.';
      return;
    }
    if (!this.#change(selected, outline, false)) return;
    this.point = Math.max(0, point - 1);
  }
  addPoint(): void {
    const { selected } = this;
    if (selected?.outline.kind !== 'polygon') return;
    this.letGo();
    const behind = this.point ?? 0;
    if (this.#change(selected, pointAdded(selected.outline, behind, this.shapes.frame), false))
      this.point = behind + 1;
  }
  /** By a field: what is selected lies so from now on. */
  set(outline: Outline): void {
    if (this.selected !== undefined) this.#change(this.selected, outline, false);
  }
  undo(): void {
    this.#goBack('Taken back', () => this.shapes.undo());
  }
  redo(): void {
    this.#goBack('Done again', () => this.shapes.redo());
  }
  #goBack(word: string, go: () => Shape | undefined): void {
    this.#drop();
    const shape = go();
    if (shape === undefined) {
      this.said = 'Nothing is left to take back or do again.';
      return;
    }
    this.#selected = shape.id;
    this.said = `${word}. ${this.selected === undefined ? `Gone: ${shapeWords(shape)}` : shapeWords(shape)}.`;
  }

  /** To another picture. */
  move(by: -1 | 1): void {
    this.#leave();
    this.shapes.move(by);
  }
  finish(): void {
    this.#leave();
    this.shapes.finish();
  }
  goTo(row: number): void {
    this.#leave();
    this.shapes.goTo(row);
  }
  #leave(): void {
    this.#drop();
    this.#selected = undefined;
    this.said = '';
  }

  zoomBy(by: -1 | 0 | 1): void {
    const at = ZOOMS.indexOf(this.zoom);
    this.zoom = by === 0 ? 1 : (ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, at + by))] ?? 1);
  }

  /** `near`: so many of the picture's pixels are as near as a hand can tell. */
  down(place: Point, near: number): void {
    this.letGo();
    if (this.draft?.by === 'corners' || this.tool === 'polygon') return;
    this.#hold = this.#holdAt(place, near);
    if (this.#hold !== undefined) return;
    if (this.tool === 'box') {
      if (!this.#mayDraw()) return;
      const from = placeIn(place, this.shapes.frame);
      this.draft = { kind: 'box', from, to: from, by: 'stroke' };
      return;
    }
    const shape = this.shapeAt(place);
    this.select(shape);
    if (shape !== undefined) this.#hold = { type: 'shape', shape, from: place };
  }

  over(given: Point): void {
    const place = placeIn(given, this.shapes.frame);
    const { draft } = this;
    if (draft?.kind === 'box') this.draft = draft.by === 'keys' ? draft : { ...draft, to: place };
    else if (draft?.kind === 'polygon') this.draft = { ...draft, at: place, by: 'pointer' };
    else this.#pull(given);
  }

  up(given: Point, near: number): void {
    this.over(given);
    const place = placeIn(given, this.shapes.frame);
    const { draft } = this;
    if (this.tool === 'polygon') return this.#setPoint(place, near);
    if (draft?.kind === 'box' && draft.by !== 'keys') {
      // No stroke: the first corner, and a second press is the other.
      if (draft.by === 'stroke' && distance(draft.from, place) < near / 2) {
        this.draft = { ...draft, by: 'corners' };
        this.said = `First corner at ${pixels(place[0])}, ${pixels(place[1])}.`;
      } else this.keep();
      return;
    }
    this.letGo();
  }

  /** What the pointer was about is dropped: the system took it for something else. */
  cancel(): void {
    this.#hold = undefined;
    this.held = undefined;
    if (this.draft?.kind === 'box' && this.draft.by === 'stroke') this.draft = undefined;
  }

  /** What is held stands as it is now. */
  letGo(): void {
    const { selected, held } = this;
    const isNudge = this.#isNudging;
    this.#hold = undefined;
    this.held = undefined;
    this.#isNudging = false;
    if (selected === undefined || held === undefined) return;
    if (JSON.stringify(held) !== JSON.stringify(selected.outline)) this.#change(selected, held, isNudge);
  }

  /** Whether the key is one of the tool's. */
  press({ key, shiftKey, ctrlKey, metaKey, altKey }: Key): boolean {
    const sign = key.toLowerCase();
    if (ctrlKey || metaKey) {
      if (sign === 'y' || (sign === 'z' && shiftKey)) this.redo();
      else if (sign === 'z') this.undo();
      else return false;
      return true;
    }
    if (altKey) return false;
    const arrow = ARROWS[key];
    if (arrow !== undefined) return this.#arrow(arrow, shiftKey);
    if (/^[1-9]$/.test(key)) {
      this.call(Number(key) - 1);
      return Number(key) <= this.shapes.classes.length;
    }
    switch (sign) {
      case 'b':
        this.#beginBox();
        return true;
      case 'p':
        this.#beginPolygon();
        return true;
      case 'v':
        this.choose('select');
        return true;
      case 's':
        this.#next(shiftKey ? -1 : 1);
        return true;
      case 'e':
        this.#nextPoint(shiftKey ? -1 : 1);
        return true;
      case 'i':
        this.addPoint();
        return true;
      case ' ':
        if (this.draft?.kind !== 'polygon') return false;
        this.#setPoint(this.draft.at, 0);
        return true;
      case 'enter':
        this.#enter();
        return true;
      case 'escape':
        return this.#escape();
      case 'backspace':
      case 'delete':
        return this.#takeBack();
      case 'pagedown':
        this.move(1);
        return true;
      case 'pageup':
        this.move(-1);
        return true;
      case '+':
      case '=':
        this.zoomBy(1);
        return true;
      case '-':
        this.zoomBy(-1);
        return true;
      case '0':
        this.zoomBy(0);
        return true;
      default:
        return false;
    }
  }

  /** A key was let go: what arrows moved stands. */
  lift({ key }: Pick<Key, 'key'>): void {
    if (key in ARROWS && this.#isNudging) this.letGo();
  }

  /** What is being drawn stands, where it may. */
  keep(): void {
    const { draft } = this;
    if (draft === undefined) return;
    const outline: Outline =
      draft.kind === 'box' ? boxBetween(draft.from, draft.to) : { kind: 'polygon', points: draft.points };
    const id = this.shapes.draw(outline, this.shapes.classes[this.label] ?? this.shapes.classes[0] ?? '');
    this.said = this.shapes.refused ?? '';
    // A polygon that is refused is mended; a box is drawn anew.
    if (id !== undefined || (draft.kind === 'box' && draft.by !== 'keys')) this.draft = undefined;
    if (id === undefined) return;
    this.#selected = id;
    this.point = undefined;
    if (this.selected !== undefined) this.said = shapeWords(this.selected);
    if (draft.by === 'keys') this.tool = 'select';
  }

  /** The smallest that the place lies in, but what is selected first. */
  shapeAt(place: Point): Shape | undefined {
    const held = this.shapes.own.filter(({ outline }) => isInside(place, outline));
    return (
      held.find(({ id }) => id === this.#selected) ??
      held.toSorted((a, b) => areaOf(a.outline) - areaOf(b.outline))[0]
    );
  }

  #holdAt(place: Point, near: number): Hold | undefined {
    const shape = this.selected;
    if (shape === undefined) return undefined;
    const { outline } = shape;
    if (outline.kind === 'box') {
      const [closest] = BOX_HANDLES.toSorted(
        (a, b) => distance(handleAt(outline, a), place) - distance(handleAt(outline, b), place),
      );
      return closest !== undefined && distance(handleAt(outline, closest), place) <= near
        ? { type: 'handle', shape, handle: closest }
        : undefined;
    }
    const { points } = outline;
    const at = points.findIndex((point) => distance(point, place) <= near);
    if (at >= 0) {
      this.point = at;
      return { type: 'point', shape, points, at };
    }
    // The middle of an edge is a point that is not there yet.
    const edge = edgesOf(points).findIndex(
      ([[ax, ay], [bx, by]]) => distance([(ax + bx) / 2, (ay + by) / 2], place) <= near,
    );
    if (edge < 0) return undefined;
    const more = pointAdded(outline, edge, this.shapes.frame, place);
    if (more.kind !== 'polygon') return undefined;
    this.point = edge + 1;
    this.held = more;
    return { type: 'point', shape, points: more.points, at: edge + 1 };
  }

  #pull(place: Point): void {
    const hold = this.#hold;
    if (hold === undefined) return;
    const { outline } = hold.shape;
    const { frame } = this.shapes;
    switch (hold.type) {
      case 'shape':
        this.held = moved(outline, [place[0] - hold.from[0], place[1] - hold.from[1]], frame);
        return;
      case 'handle':
        if (outline.kind === 'box') this.held = pulled(outline, hold.handle, place, frame);
        return;
      case 'point':
        this.held = pointMoved(hold, hold.at, place, frame);
        return;
      default:
        hold satisfies never;
    }
  }

  #change(shape: Shape, outline: Outline, isNudge: boolean): boolean {
    const isChanged = this.shapes.change(shape, { outline }, isNudge);
    this.said = isChanged ? `${shape.label}: ${outlineWords(outline)}` : (this.shapes.refused ?? '');
    return isChanged;
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
    this.draft = { kind: 'box', from, to: [from[0] + across, from[1] + along], by: 'keys' };
    this.#select(undefined);
    this.#sayDraft();
  }
  #beginPolygon(): void {
    this.choose('polygon');
    if (!this.#mayDraw()) return;
    const { width, height } = this.shapes.frame;
    this.draft = {
      kind: 'polygon',
      points: [],
      at: [Math.floor(width / 2), Math.floor(height / 2)],
      by: 'keys',
    };
    this.#select(undefined);
    this.#sayDraft();
  }
  #select(id: string | undefined): void {
    this.#selected = id;
    this.point = undefined;
  }

  #setPoint(place: Point, near: number): void {
    if (!this.#mayDraw()) return;
    const { draft } = this;
    if (draft?.kind !== 'polygon') {
      this.#select(undefined);
      this.draft = { kind: 'polygon', points: [place], at: place, by: 'pointer' };
      return this.#sayDraft();
    }
    const [first, last] = [draft.points[0], draft.points.at(-1)];
    const isOn = (point: Point | undefined): boolean => point !== undefined && distance(point, place) <= near;
    if (draft.points.length >= 3 && (isOn(first) || isOn(last))) return this.keep();
    if (isOn(last)) return;
    this.draft = { ...draft, points: [...draft.points, place], at: place };
    this.#sayDraft();
  }

  #arrow([across, along]: Point, isResize: boolean): boolean {
    const { draft, selected } = this;
    const { frame } = this.shapes;
    if (draft?.kind === 'box') {
      const box = boxBetween(draft.from, draft.to);
      const to = isResize ? resized(box, [across, along], frame) : moved(box, [across, along], frame);
      if (to.kind !== 'box') return true;
      this.draft = { kind: 'box', from: [to.x, to.y], to: [to.x + to.width, to.y + to.height], by: 'keys' };
      this.#sayDraft();
      return true;
    }
    if (draft?.kind === 'polygon') {
      this.draft = { ...draft, at: placeIn([draft.at[0] + across, draft.at[1] + along], frame), by: 'keys' };
      this.#sayDraft();
      return true;
    }
    if (selected === undefined) {
      if (along !== 0) return false;
      this.move(across < 0 ? -1 : 1);
      return true;
    }
    const outline = this.outlineOf(selected);
    const point = this.point === undefined || outline.kind === 'box' ? undefined : outline.points[this.point];
    this.#isNudging = true;
    if (point !== undefined && this.point !== undefined && outline.kind === 'polygon')
      this.held = pointMoved(outline, this.point, [point[0] + across, point[1] + along], frame);
    else
      this.held = isResize
        ? resized(outline, [across, along], frame)
        : moved(outline, [across, along], frame);
    return true;
  }

  #next(by: -1 | 1): void {
    this.#drop();
    const { own } = this.shapes;
    const at = own.findIndex(({ id }) => id === this.#selected);
    const next = own[(at < 0 ? (by > 0 ? 0 : own.length - 1) : at + by + own.length) % own.length];
    this.select(next);
    if (next === undefined) this.said = 'No shape is drawn in this picture.';
  }
  #nextPoint(by: -1 | 1): void {
    const outline = this.selected?.outline;
    if (outline?.kind !== 'polygon') return;
    this.letGo();
    const { length } = outline.points;
    this.point = ((this.point ?? (by > 0 ? -1 : 0)) + by + length) % length;
    const [x, y] = outline.points[this.point]!;
    this.said = `Point ${this.point + 1} of ${length}, at ${pixels(x)}, ${pixels(y)}.`;
  }

  #enter(): void {
    if (this.draft !== undefined) return this.keep();
    this.letGo();
    if (this.selected === undefined) return this.finish();
    this.#select(undefined);
    this.said = 'Kept.';
  }
  #escape(): boolean {
    if (this.draft !== undefined) {
      this.draft = undefined;
      this.said = 'Given up.';
    } else if (this.held !== undefined) this.cancel();
    else if (this.point !== undefined) this.point = undefined;
    else if (this.selected !== undefined) this.select(undefined);
    else if (this.tool !== 'select') this.choose('select');
    else return false;
    return true;
  }
  #takeBack(): boolean {
    const { draft } = this;
    if (draft?.kind === 'polygon') {
      this.draft = draft.points.length === 0 ? undefined : { ...draft, points: draft.points.slice(0, -1) };
      if (this.draft === undefined) this.said = 'Given up.';
      else this.#sayDraft();
    } else if (draft !== undefined) this.#escape();
    else if (this.point !== undefined) this.removePoint();
    else if (this.selected !== undefined) this.remove();
    else return false;
    return true;
  }

  /** What is being drawn is given up, what is held stands. */
  #drop(): void {
    this.letGo();
    this.draft = undefined;
  }
  #sayDraft(): void {
    const { draft } = this;
    if (draft?.kind === 'box') this.said = `${outlineWords(boxBetween(draft.from, draft.to))}.`;
    if (draft?.kind === 'polygon')
      this.said = `${draft.points.length} ${draft.points.length === 1 ? 'point' : 'points'}; at ${pixels(draft.at[0])}, ${pixels(draft.at[1])}.`;
  }
}
