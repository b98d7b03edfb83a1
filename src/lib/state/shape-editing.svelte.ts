// The shape that is selected: pulled by pointer, moved by keys, changed point by point. While it is held it is only seen so; let go, it stands.
import type { Shape } from '../core/labelling/journal.ts';
import { edgesOf, type Outline, type Point } from '../core/labelling/outline.ts';
import {
  BOX_HANDLES,
  handleAt,
  moved,
  pointAdded,
  pointMoved,
  pointRemoved,
  pulled,
  resized,
} from '../core/labelling/outline-edits.ts';
import type { Shapes } from './shapes.svelte.ts';
import { outlineWords, pixels, shapeWords } from './shape-words.ts';

/** What the pointer has hold of. */
type Hold =
  | { readonly type: 'shape'; readonly shape: Shape; readonly from: Point }
  | { readonly type: 'handle'; readonly shape: Shape; readonly handle: Point }
  | { readonly type: 'point'; readonly shape: Shape; readonly points: readonly Point[]; readonly at: number };

export const distance = ([ax, ay]: Point, [bx, by]: Point): number => Math.hypot(ax - bx, ay - by);

export class ShapeEditing {
  /** Of a polygon: the point that keys move. */
  point = $state<number | undefined>();
  #id = $state<string | undefined>();
  #held = $state.raw<Outline | undefined>();
  #hold: Hold | undefined;
  #isNudging = false;

  constructor(
    private readonly shapes: Shapes,
    /** What took effect, in words. */
    private readonly say: (sentence: string) => void,
  ) {}

  /** undefined in another picture, and once it is gone. */
  readonly selected = $derived.by(() => this.shapes.own.find(({ id }) => id === this.#id));

  /** What is seen of a shape. */
  outlineOf(shape: Shape): Outline {
    return shape.id === this.#id && this.#held !== undefined ? this.#held : shape.outline;
  }

  select(id: string | undefined): void {
    this.letGo();
    this.#id = id;
    this.point = undefined;
  }

  /** By a field: it lies so from now on. */
  set(outline: Outline): void {
    if (this.selected !== undefined) this.#change(this.selected, outline, false);
  }
  call(label: string): void {
    this.letGo();
    const { selected } = this;
    if (selected === undefined || selected.label === label) return;
    if (this.shapes.change(selected, { label })) this.say(shapeWords({ ...selected, label }));
  }
  remove(shape: Shape | undefined = this.selected): void {
    if (shape === undefined) return;
    this.drop();
    this.shapes.remove(shape);
    this.say(`Removed: ${shapeWords(shape)}.`);
  }

  nextPoint(by: -1 | 1): void {
    this.letGo();
    const outline = this.selected?.outline;
    if (outline?.kind !== 'polygon') return;
    const { length } = outline.points;
    const at = ((this.point ?? (by > 0 ? -1 : 0)) + by + length) % length;
    this.point = at;
    const [x, y] = outline.points[at]!;
    this.say(`Point ${at + 1} of ${length}, at ${pixels(x)}, ${pixels(y)}.`);
  }
  /** Behind the point that is chosen, or behind the first. */
  addPoint(): void {
    this.letGo();
    const { selected } = this;
    if (selected?.outline.kind !== 'polygon') return;
    const behind = this.point ?? 0;
    if (this.#change(selected, pointAdded(selected.outline, behind, this.shapes.frame), false))
      this.point = behind + 1;
  }
  removePoint(): void {
    this.letGo();
    const { selected, point } = this;
    if (selected?.outline.kind !== 'polygon' || point === undefined) return;
    const outline = pointRemoved(selected.outline, point);
    if (outline === undefined) this.say('A polygon keeps three points.');
    else if (this.#change(selected, outline, false)) this.point = Math.max(0, point - 1);
  }

  /** By an arrow; it stands once the key is let go. */
  nudge([across, along]: Point, isResize: boolean): void {
    const { selected, point } = this;
    if (selected === undefined) return;
    const { frame } = this.shapes;
    const outline = this.outlineOf(selected);
    this.#isNudging = true;
    const at = outline.kind === 'polygon' && point !== undefined ? outline.points[point] : undefined;
    if (outline.kind === 'polygon' && point !== undefined && at !== undefined)
      this.#held = pointMoved(outline, point, [at[0] + across, at[1] + along], frame);
    else
      this.#held = isResize
        ? resized(outline, [across, along], frame)
        : moved(outline, [across, along], frame);
  }

  /** A handle or point of what is selected; `near` pixels of the picture are near enough. Whether there was one. */
  takeHandle(place: Point, near: number): boolean {
    const shape = this.selected;
    this.#hold = shape === undefined ? undefined : this.#handleOf(shape, place, near);
    return this.#hold !== undefined;
  }
  /** The whole of what is selected. */
  takeShape(from: Point): void {
    if (this.selected !== undefined) this.#hold = { type: 'shape', shape: this.selected, from };
  }
  pull(place: Point): void {
    const hold = this.#hold;
    if (hold === undefined) return;
    const { outline } = hold.shape;
    const { frame } = this.shapes;
    switch (hold.type) {
      case 'shape':
        this.#held = moved(outline, [place[0] - hold.from[0], place[1] - hold.from[1]], frame);
        return;
      case 'handle':
        if (outline.kind === 'box') this.#held = pulled(outline, hold.handle, place, frame);
        return;
      case 'point':
        this.#held = pointMoved(hold, hold.at, place, frame);
        return;
      default:
        hold satisfies never;
    }
  }

  /** What is held stands as it is now. */
  letGo(): void {
    const { selected } = this;
    const [held, isNudge] = [this.#held, this.#isNudging];
    this.drop();
    if (selected === undefined || held === undefined) return;
    if (JSON.stringify(held) !== JSON.stringify(selected.outline)) this.#change(selected, held, isNudge);
  }
  /** What is held is as it was. */
  drop(): void {
    this.#hold = undefined;
    this.#held = undefined;
    this.#isNudging = false;
  }

  #change(shape: Shape, outline: Outline, isNudge: boolean): boolean {
    const isChanged = this.shapes.change(shape, { outline }, isNudge);
    this.say(isChanged ? `${shape.label}: ${outlineWords(outline)}` : (this.shapes.refused ?? ''));
    return isChanged;
  }

  #handleOf(shape: Shape, place: Point, near: number): Hold | undefined {
    const { outline } = shape;
    const isNear = (point: Point): boolean => distance(point, place) <= near;
    if (outline.kind === 'box') {
      const from = (handle: Point): number => distance(handleAt(outline, handle), place);
      const handle = BOX_HANDLES.toSorted((a, b) => from(a) - from(b)).find((one) => from(one) <= near);
      return handle && { type: 'handle', shape, handle };
    }
    const { points } = outline;
    const at = points.findIndex(isNear);
    if (at >= 0) {
      this.point = at;
      return { type: 'point', shape, points, at };
    }
    // The middle of an edge is a point that is not there yet.
    const edge = edgesOf(points).findIndex(([[ax, ay], [bx, by]]) => isNear([(ax + bx) / 2, (ay + by) / 2]));
    if (edge < 0) return undefined;
    const more = pointAdded(outline, edge, this.shapes.frame, place);
    this.point = edge + 1;
    this.#held = more;
    return { type: 'point', shape, points: more.points, at: edge + 1 };
  }
}
