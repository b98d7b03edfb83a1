import fc from 'fast-check';
import { expect, test } from 'vitest';
import { centredDigit } from './centred-digit.ts';
import { resampled } from './resample.ts';

test('halving takes the mean of each square', () => {
  // Rows 0 10 | 20 30 and 40 50 | 60 70: means (0 + 10 + 40 + 50) / 4 = 25 and (20 + 30 + 60 + 70) / 4 = 45.
  expect([...resampled([0, 10, 20, 30, 40, 50, 60, 70], 2, 4, 1, 1, 2)]).toEqual([25, 45]);
});

test('three to two weighs by the area covered', () => {
  // The first of two covers input 0 whole and half of 1: (90 + 0.5 · 30) / 1.5 = 70; the second (0.5 · 30 + 0) / 1.5 = 10.
  expect([...resampled([90, 30, 0], 1, 3, 1, 1, 2)]).toEqual([70, 10]);
});

test('doubling is bilinear about pixel centres', () => {
  // Output centres at −¼, ¼, ¾, 1¼ of the input, cut to [0, 1]: 0, 25, 75, 100.
  expect([...resampled([0, 100], 1, 2, 1, 1, 4)]).toEqual([0, 25, 75, 100]);
});

test('colours stay apart', () => {
  expect([...resampled([10, 20, 30, 30, 40, 50], 1, 2, 3, 1, 1)]).toEqual([20, 30, 40]);
});

test('an even picture stays even, at any size', () => {
  const side = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(side, side, side, side, fc.nat(255), (inHeight, inWidth, outHeight, outWidth, value) => {
      const out = resampled(
        new Uint8Array(inHeight * inWidth).fill(value),
        inHeight,
        inWidth,
        1,
        outHeight,
        outWidth,
      );
      expect(out).toHaveLength(outHeight * outWidth);
      expect(out.every((pixel) => pixel === value)).toBe(true);
    }),
    { seed: 1, numRuns: 400 },
  );
});

/** A pad of side 100 with a rectangle of ink. */
function pad(
  ground: number,
  ink: number,
  top: number,
  left: number,
  height: number,
  width: number,
): Float32Array {
  const luma = new Float32Array(100 * 100).fill(ground);
  for (let y = top; y < top + height; y += 1) luma.fill(ink, y * 100 + left, y * 100 + left + width);
  return luma;
}

test('a drawing is light on black, fits 20 × 20 and has its mass in the middle, wherever and however it was drawn', () => {
  const expected = centredDigit(pad(255, 0, 10, 10, 40, 20), 100, 100, 28, 28);
  for (const [ground, ink, top, left] of [
    [255, 0, 55, 70],
    [0, 255, 3, 2],
    [250, 5, 30, 30],
  ] as const) {
    const out = centredDigit(pad(ground, ink, top, left, 40, 20), 100, 100, 28, 28);
    expect([...out].map((value) => value > 128)).toEqual([...expected].map((value) => value > 128));
  }
  const rows = Array.from({ length: 28 }, (_, y) => Math.max(...expected.subarray(y * 28, y * 28 + 28)));
  const columns = Array.from({ length: 28 }, (_, x) =>
    Math.max(...rows.map((_, y) => expected[y * 28 + x] ?? 0)),
  );
  // 40 × 20 becomes 20 × 10; its middle lies between pixels 13 and 14.
  expect([rows.findIndex((value) => value > 128), rows.findLastIndex((value) => value > 128)]).toEqual([
    4, 23,
  ]);
  expect([columns.findIndex((value) => value > 128), columns.findLastIndex((value) => value > 128)]).toEqual([
    9, 18,
  ]);
});

test('an empty pad is black', () => {
  for (const ground of [0, 255])
    expect(centredDigit(pad(ground, 0, 0, 0, 0, 0), 100, 100, 28, 28).every((value) => value === 0)).toBe(
      true,
    );
});
