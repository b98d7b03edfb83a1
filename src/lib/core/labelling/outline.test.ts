import { expect, test } from 'vitest';
import {
  areaOf,
  boxOf,
  crossing,
  cutToFrame,
  isInside,
  overlapOf,
  type Box,
  type Outline,
  type Point,
} from './outline.ts';

const box = (x: number, y: number, width: number, height: number): Box => ({
  kind: 'box',
  x,
  y,
  width,
  height,
});
const polygon = (...points: readonly Point[]): Outline => ({ kind: 'polygon', points });
/** An L of three unit squares. */
const corner = polygon([0, 0], [2, 0], [2, 1], [1, 1], [1, 2], [0, 2]);

test('areas are exact, whichever way the points go round', () => {
  expect(areaOf(box(1, 2, 3, 4.5))).toBe(13.5);
  expect(areaOf(polygon([0, 0], [4, 0], [0, 3]))).toBe(6);
  expect(areaOf(polygon([0, 3], [4, 0], [0, 0]))).toBe(6);
  expect(areaOf(corner)).toBe(3);
  expect(boxOf(corner)).toEqual(box(0, 0, 2, 2));
});

test('the overlap of boxes is what they share over what they cover', () => {
  // 2 by 4 shared of 16 + 16 − 8.
  expect(overlapOf(box(0, 0, 4, 4), box(2, 0, 4, 4))).toBe(8 / 24);
  expect(overlapOf(box(0, 0, 4, 4), box(0, 0, 4, 4))).toBe(1);
  expect(overlapOf(box(0, 0, 4, 4), box(4, 0, 4, 4))).toBe(0);
});

test('the overlap of polygons is exact: apart, within each other, hollow, crossing, and upon each other', () => {
  const triangle = polygon([0, 0], [4, 0], [0, 4]);
  // Of the square [0, 2]² the triangle x + y < 4 holds all: 4 shared, 8 in all.
  expect(overlapOf(triangle, box(0, 0, 2, 2))).toBe(4 / 8);
  // Of [1, 3]² it holds the half below x + y = 4: 2 shared of 8 + 4.
  expect(overlapOf(triangle, box(1, 1, 2, 2))).toBeCloseTo(2 / 10, 14);
  // Two triangles that cross as a star: the shared one has its corner at (2, 2), base 4 and height 2.
  const other = polygon([0, 0], [4, 0], [4, 4]);
  expect(overlapOf(triangle, other)).toBeCloseTo(4 / 12, 14);
  // The notch of an L is no part of it.
  expect(overlapOf(corner, box(1, 1, 1, 1))).toBe(0);
  expect(overlapOf(corner, box(0, 0, 2, 2))).toBe(3 / 4);
  expect(overlapOf(corner, corner)).toBe(1);
  expect(overlapOf(polygon([0, 0], [4, 0], [4, 4], [0, 4]), box(0, 0, 4, 4))).toBe(1);
  expect(overlapOf(triangle, polygon([5, 5], [6, 5], [5, 6]))).toBe(0);
});

test('edges that cross are found, those that touch are not', () => {
  expect(
    crossing([
      [0, 0],
      [2, 2],
      [2, 0],
      [0, 2],
    ]),
  ).toEqual([0, 2]);
  // Of several the first, wherever it lies: the two at the left come last.
  expect(
    crossing([
      [8, 0],
      [12, 4],
      [12, 0],
      [8, 4],
      [0, 4],
      [4, 0],
      [4, 4],
      [0, 0],
    ]),
  ).toEqual([0, 2]);
  expect(
    crossing([
      [0, 0],
      [4, 0],
      [4, 4],
      [2, 0],
      [0, 4],
    ]),
  ).toBeUndefined();
});

test('what lies in a picture is cut out of what reaches beyond it', () => {
  const frame = { width: 4, height: 3 };
  expect(cutToFrame(box(-1, 1, 3, 9), frame)).toEqual(box(0, 1, 2, 2));
  expect(cutToFrame(box(4, 0, 2, 2), frame)).toBeUndefined();
  // The long side is 1 high where the picture ends.
  const cut = cutToFrame(polygon([0, 0], [6, 0], [0, 3]), frame);
  expect(cut).toEqual(polygon([0, 0], [4, 0], [4, 1], [0, 3]));
  expect(cutToFrame(polygon([5, 0], [6, 0], [6, 1]), frame)).toBeUndefined();
  expect(isInside([1.5, 1.5], corner)).toBe(false);
  expect(isInside([1.5, 0.5], corner)).toBe(true);
});
