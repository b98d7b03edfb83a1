import { expect, test } from 'vitest';
import { augmented } from './augmentation.fixture.ts';
import { reflected } from './augmentation.ts';
import type { Augmentation } from './model/spec.ts';

const NOTHING: Augmentation = { flip: false, shift: 0, turn: 0, light: 0, cutout: 0 };
const EVERYTHING: Augmentation = { flip: true, shift: 0.25, turn: 15, light: 0.3, cutout: 0.5 };
const shape = [3, 4, 2];
const SIZE = 24;
const COUNT = 40;
const features = Uint8Array.from({ length: COUNT * SIZE }, (_, at) => (at * 37) % 256);
const rows = { count: COUNT, features };
const row = (values: ArrayLike<number>, at: number): number[] =>
  Array.from(values).slice(at * SIZE, (at + 1) * SIZE);
const pixel = (values: readonly number[], y: number, x: number, channel: number): number =>
  values[(y * 4 + x) * 2 + channel]!;

test('the same seed and epoch show the same pixels; another epoch, another seed and the rows themselves are others', () => {
  const once = augmented(rows, shape, EVERYTHING, 7, 3);
  expect(augmented(rows, shape, EVERYTHING, 7, 3)).toEqual(once);
  expect(augmented(rows, shape, EVERYTHING, 7, 4)).not.toEqual(once);
  expect(augmented(rows, shape, EVERYTHING, 8, 3)).not.toEqual(once);
  expect(once).not.toEqual(features);
  expect(features[1]).toBe(37);
});

test('nothing asked for changes nothing', () => {
  expect(augmented(rows, shape, NOTHING, 1, 0)).toEqual(features);
});

test('about half of the pictures are mirrored, left to right, and the others are as they were', () => {
  const flipped = augmented(rows, shape, { ...NOTHING, flip: true }, 1, 0);
  let mirrored = 0;
  for (let at = 0; at < COUNT; at += 1) {
    const [before, after] = [row(features, at), row(flipped, at)];
    if (after.every((value, i) => value === before[i])) continue;
    mirrored += 1;
    for (let y = 0; y < 3; y += 1)
      for (let x = 0; x < 4; x += 1)
        for (const channel of [0, 1])
          expect(pixel(after, y, x, channel)).toBe(pixel(before, y, 3 - x, channel));
  }
  expect(mirrored).toBeGreaterThan(COUNT / 4);
  expect(mirrored).toBeLessThan((COUNT * 3) / 4);
});

test('what is moved is a whole picture, reflected at its edge', () => {
  expect([-2, -1, 0, 1, 2, 3, 4].map((at) => reflected(at, 3))).toEqual([2, 1, 0, 1, 2, 1, 0]);
  expect(reflected(5, 1)).toBe(0);
  const moved = augmented(rows, shape, { ...NOTHING, shift: 0.5 }, 1, 0);
  const seen = new Set<string>();
  for (let at = 0; at < COUNT; at += 1) {
    const [before, after] = [row(features, at), row(moved, at)];
    const found = [-2, -1, 0, 1, 2].flatMap((down) =>
      [-2, -1, 0, 1, 2]
        .filter((right) =>
          after.every((value, i) => {
            const [y, x, channel] = [Math.floor(i / 8), Math.floor((i % 8) / 2), i % 2];
            return value === pixel(before, reflected(y - down, 3), reflected(x - right, 4), channel);
          }),
        )
        .map((right) => `${down},${right}`),
    );
    expect(found).not.toEqual([]);
    for (const one of found) seen.add(one);
  }
  expect(seen.size).toBeGreaterThan(8);
});

test('a slope that is turned is as steep as before, in another direction', () => {
  const side = 15;
  const slope = Float32Array.from({ length: COUNT * side * side }, (_, at) => (at % side) / 20);
  const turned = augmented(
    { count: COUNT, features: slope },
    [side, side, 1],
    { ...NOTHING, turn: 30 },
    1,
    0,
  );
  const directions = new Set<string>();
  for (let at = 0; at < COUNT; at += 1) {
    const value = (y: number, x: number): number => turned[(at * side + y) * side + x]!;
    const [across, along] = [value(7, 8) - value(7, 6), value(8, 7) - value(6, 7)];
    // Between pixels of a slope there is a slope, so nothing is lost but digits.
    expect(value(7, 7)).toBeCloseTo(7 / 20, 6);
    expect(Math.hypot(across, along)).toBeCloseTo(0.1, 6);
    const degrees = (Math.atan2(along, across) * 180) / Math.PI;
    expect(Math.abs(degrees)).toBeLessThanOrEqual(30.001);
    directions.add(degrees.toFixed(1));
  }
  expect(directions.size).toBeGreaterThan(20);
  expect(augmented(rows, shape, { ...NOTHING, turn: 1e-9 }, 1, 0)).toEqual(features);
});

test('light stays in range and keeps a grey picture grey; a covered square is the picture’s mean', () => {
  const grey = new Uint8Array(COUNT * SIZE).fill(120);
  const lit = augmented({ count: COUNT, features: grey }, shape, { ...NOTHING, light: 0.9 }, 1, 0);
  const levels = new Set<number>();
  for (let at = 0; at < COUNT; at += 1) {
    const own = new Set(row(lit, at));
    expect(own.size).toBe(1);
    levels.add([...own][0]!);
  }
  expect(levels.size).toBeGreaterThan(10);

  const covered = augmented(rows, shape, { ...NOTHING, cutout: 0.67 }, 1, 0);
  let changed = 0;
  for (let at = 0; at < COUNT; at += 1) {
    const [before, after] = [row(features, at), row(covered, at)];
    for (const channel of [0, 1]) {
      const own = before.filter((_, i) => i % 2 === channel);
      const mean = Math.floor(own.reduce((sum, value) => sum + value, 0) / own.length);
      for (const [i, value] of after.entries())
        if (i % 2 === channel && value !== before[i]) {
          expect(value).toBe(mean);
          changed += 1;
        }
    }
  }
  // Two by two pixels and both channels at the most.
  expect(changed).toBeGreaterThan(COUNT);
  expect(changed).toBeLessThanOrEqual(COUNT * 8);
});
