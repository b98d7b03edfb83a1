import { expect, test } from 'vitest';
import { augmentedAt, type Variant } from './augmentation.ts';
import { outlineUnder } from './augmented-outline.ts';
import {
  areaOf,
  boxAbout,
  overlapOf,
  pointsOf,
  type Box,
  type Outline,
  type Point,
} from './labelling/outline.ts';

const AS_IT_WAS: Variant = {
  ...{ isMirrored: false, down: 0, right: 0, angle: 0, contrast: 1, brightness: 0 },
  hole: { top: 0, left: 0, side: 0 },
};
const frame = { width: 40, height: 30 };
const box = (x: number, y: number, width: number, height: number): Box => ({
  kind: 'box',
  x,
  y,
  width,
  height,
});
const under = (variant: Partial<Variant>, outline: Outline, of = frame): Outline | undefined =>
  outlineUnder({ ...AS_IT_WAS, ...variant }, outline, of);

test('a box goes where the analytic one is: mirrored, moved, turned by a quarter, and cut off at the edge', () => {
  const own = box(4, 5, 6, 8);
  expect(under({}, own)).toEqual(own);
  expect(under({ isMirrored: true }, own)).toEqual(box(30, 5, 6, 8));
  expect(under({ right: 3, down: -2 }, own)).toEqual(box(7, 3, 6, 8));
  // Moved by 3 to x = 7, of 40: mirrored it ends at 33.
  expect(under({ right: 3, down: -2, isMirrored: true }, own)).toEqual(box(27, 3, 6, 8));
  expect(under({ right: -7 }, own)).toEqual(box(0, 5, 3, 8));
  expect(under({ down: 30 }, own)).toBeUndefined();
  // Of a square of 40 a quarter turn takes (x, y) to (40 − y, x).
  const turned = under({ angle: Math.PI / 2 }, own, { width: 40, height: 40 });
  expect(overlapOf(turned!, box(27, 4, 8, 6))).toBeCloseTo(1, 12);
});

test('a turned box is the least about its corners, a turned polygon is as large as it was', () => {
  const angle = Math.PI / 6;
  // A square of 8 about the middle: its corners stand off by 4·(cos 30° + sin 30°).
  const reach = 4 * (Math.cos(angle) + Math.sin(angle));
  const turned = under({ angle }, box(16, 11, 8, 8));
  expect(overlapOf(turned!, box(20 - reach, 15 - reach, 2 * reach, 2 * reach))).toBeCloseTo(1, 12);
  const polygon = { kind: 'polygon', points: pointsOf(box(16, 11, 8, 8)) } as const;
  expect(areaOf(under({ angle }, polygon)!)).toBeCloseTo(64, 12);
});

test('it goes with the very pixels: what training is given of a bright square lies in its outline', () => {
  const own = box(14, 10, 8, 5);
  const features = new Float32Array(30 * 40);
  for (let y = 10; y < 15; y += 1) features.fill(1, y * 40 + 14, y * 40 + 22);
  const seen = new Set<string>();
  // So far that no reflected copy of it comes into the picture.
  const varied = (shift: number, turn: number, epoch: number) => {
    const how = { flip: true, shift, turn, light: 0, cutout: 0 };
    return augmentedAt({ features }, [30, 40, 1], how, 5, epoch, [0])[0]!;
  };
  for (let epoch = 0; epoch < 12; epoch += 1) {
    const { pixels, variant } = varied(0.2, 0, epoch);
    const bright = [...pixels.entries()].flatMap(([at, value]): Point[] => {
      const [x, y] = [at % 40, Math.floor(at / 40)];
      return value < 0.5
        ? []
        : [
            [x, y],
            [x + 1, y + 1],
          ];
    });
    expect(overlapOf(outlineUnder(variant, own, frame)!, boxAbout(bright))).toBe(1);
    seen.add(String(variant.isMirrored));
  }
  expect(seen.size).toBe(2);
  for (let epoch = 0; epoch < 12; epoch += 1) {
    const { pixels, variant } = varied(0.05, 30, epoch);
    const middle = [0, 0];
    let sum = 0;
    for (const [at, value] of pixels.entries()) {
      sum += value;
      middle[0]! += value * ((at % 40) + 0.5);
      middle[1]! += value * (Math.floor(at / 40) + 0.5);
    }
    // Between pixels light is shared out, and its middle stays.
    const to = outlineUnder(variant, own, frame)!;
    if (to.kind !== 'box') throw new Error('a box is a box');
    expect(middle[0]! / sum).toBeCloseTo(to.x + to.width / 2, 1);
    expect(middle[1]! / sum).toBeCloseTo(to.y + to.height / 2, 1);
  }
});
