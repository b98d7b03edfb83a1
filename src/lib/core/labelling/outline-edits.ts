// What a hand or a key does to an outline. Each gives a new one that lies in the picture; whether it may stand is asked of shapes.ts.
import {
  boxBetween,
  boxOf,
  type Box,
  type Frame,
  type Outline,
  type Point,
  type Polygon,
} from './outline.ts';

/** As finely as places are kept, in parts of a pixel. */
const PARTS = 100;
const kept = (value: number): number => Math.round(value * PARTS) / PARTS;

const within = (value: number, most: number): number => kept(Math.min(most, Math.max(0, value)));
export const placeIn = ([x, y]: Point, { width, height }: Frame): Point => [
  within(x, width),
  within(y, height),
];

/** Every point in the picture, and as finely as places are kept. */
export function outlineIn(outline: Box, frame: Frame): Box;
export function outlineIn(outline: Polygon, frame: Frame): Polygon;
export function outlineIn(outline: Outline, frame: Frame): Outline;
export function outlineIn(outline: Outline, frame: Frame): Outline {
  if (outline.kind === 'polygon')
    return { kind: 'polygon', points: outline.points.map((point) => placeIn(point, frame)) };
  const from = placeIn([outline.x, outline.y], frame);
  const to = placeIn([outline.x + outline.width, outline.y + outline.height], frame);
  // What is left of a difference is rounded once more: 0.3 − 0.1 is not 0.2.
  const { x, y, width, height } = boxBetween(from, to);
  return { kind: 'box', x, y, width: kept(width), height: kept(height) };
}

/** As far as it goes: it keeps its size at an edge. */
export function moved(outline: Box, by: Point, frame: Frame): Box;
export function moved(outline: Outline, by: Point, frame: Frame): Outline;
export function moved(outline: Outline, [right, down]: Point, frame: Frame): Outline {
  const { x, y, width, height } = boxOf(outline);
  const across = Math.min(frame.width - width - x, Math.max(-x, right));
  const along = Math.min(frame.height - height - y, Math.max(-y, down));
  if (outline.kind === 'box') return outlineIn({ ...outline, x: x + across, y: y + along }, frame);
  const by = ([px, py]: Point): Point => [px + across, py + along];
  return outlineIn({ kind: 'polygon', points: outline.points.map(by) }, frame);
}

/** Its lower right corner pulled; of a polygon every point in proportion. It stays a pixel wide and high, where it was. */
export function resized(outline: Box, by: Point, frame: Frame): Box;
export function resized(outline: Outline, by: Point, frame: Frame): Outline;
export function resized(outline: Outline, [wider, higher]: Point, frame: Frame): Outline {
  const box = boxOf(outline);
  const longer = (length: number, by: number, most: number): number =>
    Math.min(most, Math.max(Math.min(1, length), length + by));
  const width = longer(box.width, wider, frame.width - box.x);
  const height = longer(box.height, higher, frame.height - box.y);
  if (outline.kind === 'box') return outlineIn({ ...outline, width, height }, frame);
  const pulled = ([x, y]: Point): Point => [
    box.x + ((x - box.x) * width) / box.width,
    box.y + ((y - box.y) * height) / box.height,
  ];
  return outlineIn({ kind: 'polygon', points: outline.points.map(pulled) }, frame);
}

/** Corners and sides of a box, by which way they pull: −1 left or up, 1 right or down, 0 not at all. */
export const BOX_HANDLES: readonly Point[] = [
  [-1, -1],
  [0, -1],
  [1, -1],
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
  [-1, 0],
];

export const handleAt = ({ x, y, width, height }: Box, [across, along]: Point): Point => [
  x + (width * (across + 1)) / 2,
  y + (height * (along + 1)) / 2,
];

/** The handle pulled to a place; beyond the other side the box turns over. */
export function pulled(box: Box, [across, along]: Point, [x, y]: Point, frame: Frame): Box {
  const [left, top, right, bottom] = [box.x, box.y, box.x + box.width, box.y + box.height];
  return outlineIn(
    boxBetween(
      [across < 0 ? x : left, along < 0 ? y : top],
      [across > 0 ? x : right, along > 0 ? y : bottom],
    ),
    frame,
  );
}

type Points = Pick<Polygon, 'points'>;

export const pointMoved = ({ points }: Points, at: number, to: Point, frame: Frame): Polygon => ({
  kind: 'polygon',
  points: points.with(at, placeIn(to, frame)),
});

/** Behind the point `at`; where no place is said, in the middle of the edge. */
export function pointAdded({ points }: Points, at: number, frame: Frame, place?: Point): Polygon {
  const [[ax, ay], [bx, by]] = [points[at]!, points[(at + 1) % points.length]!];
  const to = placeIn(place ?? [(ax + bx) / 2, (ay + by) / 2], frame);
  return { kind: 'polygon', points: points.toSpliced(at + 1, 0, to) };
}

/** undefined: three are needed. */
export const pointRemoved = ({ points }: Points, at: number): Polygon | undefined =>
  points.length > 3 ? { kind: 'polygon', points: points.toSpliced(at, 1) } : undefined;
