// Where a thing lies in a picture: a box, or a polygon of points. Places are in pixels of the picture as it is kept, from its upper left
// corner: the pixel in column x covers [x, x + 1]. Areas, overlaps, and which outlines are none.

export type Point = readonly [x: number, y: number];

export interface Box {
  readonly kind: 'box';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface Polygon {
  readonly kind: 'polygon';
  /** Three at least; the last is joined to the first. */
  readonly points: readonly Point[];
}
export type Outline = Box | Polygon;

/** Of a picture. */
export interface Frame {
  readonly width: number;
  readonly height: number;
}

export const boxBetween = ([ax, ay]: Point, [bx, by]: Point): Box => ({
  kind: 'box',
  x: Math.min(ax, bx),
  y: Math.min(ay, by),
  width: Math.abs(bx - ax),
  height: Math.abs(by - ay),
});

/** Of a box its corners, clockwise from the upper left one. */
export function pointsOf(outline: Outline): readonly Point[] {
  if (outline.kind === 'polygon') return outline.points;
  const { x, y, width, height } = outline;
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

/** The least box about the points. */
export function boxAbout(points: readonly Point[]): Box {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return boxBetween([Math.min(...xs), Math.min(...ys)], [Math.max(...xs), Math.max(...ys)]);
}

export const boxOf = (outline: Outline): Box => (outline.kind === 'box' ? outline : boxAbout(outline.points));

/** In square pixels; of a polygon by the shoelace formula (Meister 1769), which holds while its edges do not cross. */
export function areaOf(outline: Outline): number {
  if (outline.kind === 'box') return outline.width * outline.height;
  let twice = 0;
  for (const [[ax, ay], [bx, by]] of edgesOf(outline.points)) twice += ax * by - bx * ay;
  return Math.abs(twice) / 2;
}

/** Shared area over joint area, 0–1 (Jaccard 1901). Exact but for rounding: no pixels are counted. */
export function overlapOf(a: Outline, b: Outline): number {
  const [shared, both] = [sharedArea(a, b), areaOf(a) + areaOf(b)];
  return shared === 0 ? 0 : shared / (both - shared);
}

function sharedArea(a: Outline, b: Outline): number {
  const [one, other] = [boxOf(a), boxOf(b)];
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  if (width <= 0 || height <= 0) return 0;
  return a.kind === 'box' && b.kind === 'box' ? width * height : sharedBySlabs(pointsOf(a), pointsOf(b));
}

/**
 * Of two polygons, convex or not: cut into slabs at every height where one has a point or two edges cross (Dobkin & Lipton 1976,
 * "Multidimensional searching problems", §2). Within a slab no two edges cross, so what lies in both is trapezoids, and each has the area
 * of its middle line times the slab's height. Edges that lie upon each other need no case of their own.
 */
function sharedBySlabs(a: readonly Point[], b: readonly Point[]): number {
  const edges = [a, b].flatMap((points, of) =>
    edgesOf(points).flatMap(([[ax, ay], [bx, by]]) => {
      if (ay === by) return [];
      const slope = (bx - ax) / (by - ay);
      return [
        { of, top: Math.min(ay, by), bottom: Math.max(ay, by), at: (y: number) => ax + (y - ay) * slope },
      ];
    }),
  );
  const cuts = new Set(edges.flatMap(({ top, bottom }) => [top, bottom]));
  for (const [i, one] of edges.entries())
    for (const other of edges.slice(i + 1)) {
      const [top, bottom] = [Math.max(one.top, other.top), Math.min(one.bottom, other.bottom)];
      if (top >= bottom) continue;
      const [above, below] = [one.at(top) - other.at(top), one.at(bottom) - other.at(bottom)];
      if (above * below < 0) cuts.add(top + ((bottom - top) * above) / (above - below));
    }
  const heights = [...cuts].toSorted((low, high) => low - high);
  let area = 0;
  for (const [i, top] of heights.slice(0, -1).entries()) {
    const bottom = heights[i + 1]!;
    const middle = (top + bottom) / 2;
    const crossed = edges
      .filter((edge) => edge.top < middle && edge.bottom > middle)
      .map(({ of, at }) => ({ of, x: at(middle) }))
      .toSorted((left, right) => left.x - right.x);
    const isIn = [false, false];
    let from = 0;
    for (const { of, x } of crossed) {
      if (isIn[0] && isIn[1]) area += (x - from) * (bottom - top);
      isIn[of] = !isIn[of];
      from = x;
    }
  }
  return area;
}

export const edgesOf = (points: readonly Point[]): readonly (readonly [from: Point, to: Point])[] =>
  points.map((point, at) => [point, points[(at + 1) % points.length]!] as const);

/** Twice the area of the triangle: positive where c lies to the right of the way from a to b, as a screen counts. */
const turn = ([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number =>
  (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);

/**
 * The first two edges that cross, each by the place of its first point, from 0. Touching is no crossing. Edges are held against each other
 * from left to right, only those that share some of the way: at worst all, so that mayOutline bounds how many points there are.
 */
export function crossing(points: readonly Point[]): readonly [number, number] | undefined {
  const edges = edgesOf(points)
    .map(([a, b], at) => ({ a, b, at, left: Math.min(a[0], b[0]), right: Math.max(a[0], b[0]) }))
    .toSorted((one, other) => one.left - other.left);
  let first: readonly [number, number] | undefined;
  for (const [k, { a, b, at, right }] of edges.entries())
    for (let next = k + 1; next < edges.length && edges[next]!.left <= right; next += 1) {
      const { a: c, b: d, at: other } = edges[next]!;
      if (turn(a, b, c) * turn(a, b, d) >= 0 || turn(c, d, a) * turn(c, d, b) >= 0) continue;
      const [i, j] = [Math.min(at, other), Math.max(at, other)];
      if (first === undefined || i < first[0] || (i === first[0] && j < first[1])) first = [i, j];
    }
  return first;
}

export function isInside([x, y]: Point, outline: Outline): boolean {
  let isIn = false;
  for (const [[ax, ay], [bx, by]] of edgesOf(pointsOf(outline)))
    if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) isIn = !isIn;
  return isIn;
}

/** What of it lies in the frame (Sutherland & Hodgman 1974, "Reentrant polygon clipping"); undefined: nothing. */
export function cutToFrame(outline: Outline, { width, height }: Frame): Outline | undefined {
  if (outline.kind === 'box') {
    const [right, bottom] = [outline.x + outline.width, outline.y + outline.height];
    const inside = (value: number, most: number): number => Math.min(most, Math.max(0, value));
    const cut = boxBetween(
      [inside(outline.x, width), inside(outline.y, height)],
      [inside(right, width), inside(bottom, height)],
    );
    return areaOf(cut) > 0 ? cut : undefined;
  }
  /** How far within each side. */
  const sides = [
    ([x]: Point) => x,
    ([x]: Point) => width - x,
    ([, y]: Point) => y,
    ([, y]: Point) => height - y,
  ];
  let { points } = outline;
  for (const within of sides)
    points = edgesOf(points).flatMap(([from, to]): readonly Point[] => {
      const [before, after] = [within(from), within(to)];
      const kept = before >= 0 ? [from] : [];
      if (before * after >= 0) return kept;
      const part = before / (before - after);
      return [...kept, [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part]];
    });
  return points.length < 3 || areaOf({ kind: 'polygon', points }) === 0
    ? undefined
    : { kind: 'polygon', points };
}
