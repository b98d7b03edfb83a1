// Points of a plane on a canvas: where each is drawn, which is nearest to a hand, the next one in a direction, and those within a loop.
import type { Mark } from '../../state/plane-groups.ts';

export interface Frame {
  /** px of a place of the plane. */
  x(place: number): number;
  y(place: number): number;
}

const MARGIN = 16;

/** All of `shown` within `width` × `height` px; one step of the plane is as long both ways, so that distances are what they seem. */
export function frameOf(places: Float32Array, shown: Iterable<number>, width: number, height: number): Frame {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const point of shown) {
    const [x, y] = [places[2 * point]!, places[2 * point + 1]!];
    left = Math.min(left, x);
    right = Math.max(right, x);
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  if (left > right) [left, right, low, high] = [0, 0, 0, 0];
  const scale = Math.min(
    (width - 2 * MARGIN) / Math.max(right - left, 1e-9),
    (height - 2 * MARGIN) / Math.max(high - low, 1e-9),
  );
  return {
    x: (place) => width / 2 + (place - (left + right) / 2) * scale,
    y: (place) => height / 2 - (place - (low + high) / 2) * scale,
  };
}

/** [2 · count], px. */
export function drawnAt(places: Float32Array, frame: Frame): Float32Array {
  const drawn = new Float32Array(places.length);
  for (let at = 0; at < places.length; at += 2) {
    drawn[at] = frame.x(places[at]!);
    drawn[at + 1] = frame.y(places[at + 1]!);
  }
  return drawn;
}

/** Of the points that `isShown`; undefined: none is within `reach` px. */
export function nearestTo(
  drawn: Float32Array,
  isShown: (point: number) => boolean,
  x: number,
  y: number,
  reach = 18,
): number | undefined {
  let found: number | undefined;
  let least = reach ** 2;
  for (let point = 0; 2 * point < drawn.length; point += 1) {
    const square = (drawn[2 * point]! - x) ** 2 + (drawn[2 * point + 1]! - y) ** 2;
    if (square > least || !isShown(point)) continue;
    least = square;
    found = point;
  }
  return found;
}

export const directions = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
} as const;
export type Direction = keyof typeof directions;

/** The nearest in a direction, within 45° of it; of what lies on the same spot, the next by number. undefined: there is none. */
export function nextTowards(
  drawn: Float32Array,
  isShown: (point: number) => boolean,
  from: number,
  direction: Direction,
): number | undefined {
  const [toX, toY] = directions[direction];
  const isForwards = toX + toY > 0;
  let found: number | undefined;
  let least = Infinity;
  for (let point = 0; 2 * point < drawn.length; point += 1) {
    if (point === from || !isShown(point)) continue;
    const [dx, dy] = [drawn[2 * point]! - drawn[2 * from]!, drawn[2 * point + 1]! - drawn[2 * from + 1]!];
    const [along, across] = [dx * toX + dy * toY, Math.abs(dx * toY) + Math.abs(dy * toX)];
    const isHere = dx === 0 && dy === 0;
    if (isHere ? point > from !== isForwards : along <= 0 || across > along) continue;
    // Of those on the spot, the next by number, and all before what lies elsewhere.
    const length = isHere ? Math.abs(point - from) * 1e-9 : dx * dx + dy * dy;
    if (length >= least) continue;
    least = length;
    found = point;
  }
  return found;
}

/** Points within a closed loop of [x, y, x, y, …] px: a ray to the right crosses it an odd number of times. */
export function within(
  drawn: Float32Array,
  isShown: (point: number) => boolean,
  loop: readonly number[],
): number[] {
  const inside: number[] = [];
  const corners = loop.length / 2;
  for (let point = 0; 2 * point < drawn.length; point += 1) {
    if (!isShown(point)) continue;
    const [x, y] = [drawn[2 * point]!, drawn[2 * point + 1]!];
    let isInside = false;
    for (let i = 0, j = corners - 1; i < corners; j = i, i += 1) {
      const [ax, ay, bx, by] = [loop[2 * i]!, loop[2 * i + 1]!, loop[2 * j]!, loop[2 * j + 1]!];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) isInside = !isInside;
    }
    if (isInside) inside.push(point);
  }
  return inside;
}

interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  closePath(): void;
}

/** Adds a mark to the path under way; `cross` and `plus` are of bars, so that all are filled alike. */
export function addMark(pen: Pen, mark: Mark, x: number, y: number, r: number): void {
  const polygon = (...corners: number[]): void => {
    for (let at = 0; at < corners.length; at += 2)
      pen[at === 0 ? 'moveTo' : 'lineTo'](x + corners[at]! * r, y + corners[at + 1]! * r);
    pen.closePath();
  };
  switch (mark) {
    case 'circle':
      pen.moveTo(x + r, y);
      return pen.arc(x, y, r, 0, 2 * Math.PI);
    case 'square':
      return polygon(-0.9, -0.9, 0.9, -0.9, 0.9, 0.9, -0.9, 0.9);
    case 'triangle':
      return polygon(0, -1.15, 1.1, 0.85, -1.1, 0.85);
    case 'wedge':
      return polygon(0, 1.15, 1.1, -0.85, -1.1, -0.85);
    case 'diamond':
      return polygon(0, -1.3, 1.1, 0, 0, 1.3, -1.1, 0);
    case 'plus':
      return polygon(
        -0.35,
        -1.2,
        0.35,
        -1.2,
        0.35,
        -0.35,
        1.2,
        -0.35,
        1.2,
        0.35,
        0.35,
        0.35,
        0.35,
        1.2,
        -0.35,
        1.2,
        -0.35,
        0.35,
        -1.2,
        0.35,
        -1.2,
        -0.35,
        -0.35,
        -0.35,
      );
    case 'cross':
      return polygon(
        -1.1,
        -0.7,
        -0.7,
        -1.1,
        0,
        -0.4,
        0.7,
        -1.1,
        1.1,
        -0.7,
        0.4,
        0,
        1.1,
        0.7,
        0.7,
        1.1,
        0,
        0.4,
        -0.7,
        1.1,
        -1.1,
        0.7,
        -0.4,
        0,
      );
    default:
      return mark satisfies never;
  }
}
