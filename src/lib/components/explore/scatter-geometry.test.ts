import { expect, test } from 'vitest';
import { marks } from '../../state/plane-groups.ts';
import { addMark, drawnAt, frameOf, nearestTo, nextTowards, within } from './scatter-geometry.ts';

const all = (): boolean => true;
/** A cross of five, and a sixth on the spot of the middle. */
const drawn = Float32Array.of(50, 50, 80, 52, 20, 50, 50, 20, 50, 90, 50, 50);

test('all points are within the frame, and a step is as long both ways', () => {
  const places = Float32Array.of(-1, 0, 3, 1, 1, -1);
  const frame = frameOf(places, [0, 1, 2], 432, 300);
  // Four wide over 400 px.
  expect([...drawnAt(places, frame)]).toEqual([16, 150, 416, 50, 216, 250]);
  // One alone stands in the middle.
  expect([frameOf(places, [1], 100, 60).x(3), frameOf(places, [], 100, 60).y(0)]).toEqual([50, 30]);
});

test('the nearest to a hand is found within its reach, hidden ones are not', () => {
  expect(nearestTo(drawn, all, 78, 50)).toBe(1);
  expect(nearestTo(drawn, all, 70, 70)).toBeUndefined();
  expect(nearestTo(drawn, (point) => point !== 1, 78, 50)).toBeUndefined();
});

test('arrows go to the nearest in their direction, and through those on one spot', () => {
  expect(nextTowards(drawn, all, 1, 'ArrowLeft')).toBe(0);
  expect(nextTowards(drawn, all, 0, 'ArrowDown')).toBe(5);
  expect(nextTowards(drawn, all, 5, 'ArrowDown')).toBe(4);
  expect(nextTowards(drawn, all, 5, 'ArrowLeft')).toBe(0);
  expect(nextTowards(drawn, all, 0, 'ArrowUp')).toBe(3);
  expect(nextTowards(drawn, all, 3, 'ArrowUp')).toBeUndefined();
  expect(nextTowards(drawn, (point) => point !== 5, 0, 'ArrowDown')).toBe(4);
});

test('a loop holds what it was drawn around, however it bends', () => {
  // A notch from the right spares the point at 80.
  const loop = [10, 10, 95, 10, 60, 50, 95, 95, 10, 95];
  expect(within(drawn, all, loop)).toEqual([0, 2, 3, 4, 5]);
  expect(within(drawn, (point) => point === 2, loop)).toEqual([2]);
});

test('every mark is a closed path around its place', () => {
  for (const mark of marks) {
    const ends: number[] = [];
    const pen = {
      moveTo: (x: number, y: number) => ends.push(x, y),
      lineTo: (x: number, y: number) => ends.push(x, y),
      arc: (x: number, y: number, r: number) => ends.push(x - r, y - r, x + r, y + r),
      closePath: () => undefined,
    };
    addMark(pen, mark, 10, 10, 4);
    expect(ends.every((end) => end >= 4 && end <= 16)).toBe(true);
    expect(Math.min(...ends)).toBeLessThan(7);
  }
});
