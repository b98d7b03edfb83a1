import { expect, test } from 'vitest';
import type { Variant } from '../core/augmentation.ts';
import { variantWords } from './variant-words.ts';

const plain: Variant = {
  isMirrored: false,
  down: 0,
  right: 0,
  angle: 0,
  contrast: 1,
  brightness: 0,
  hole: { top: 3, left: 2, side: 0 },
};

test('what was drawn for a picture is said as it looks, sideways the other way where it is mirrored afterwards', () => {
  expect(variantWords({ ...plain, down: -0 })).toBe('as it is');
  const moved = { ...plain, down: -1, right: 3, angle: Math.PI / 36 };
  expect(variantWords(moved)).toBe('moved 3 pixels right and 1 pixel up, turned 5° clockwise');
  expect(variantWords({ ...moved, isMirrored: true })).toBe(
    'mirrored, moved 3 pixels left and 1 pixel up, turned 5° anticlockwise',
  );
  expect(
    variantWords({ ...plain, contrast: 1.25, brightness: -0.05, hole: { top: 0, left: 0, side: 7 } }),
  ).toBe('contrast × 1.25, brightness −5.0\u202f%, a square of 7 pixels covered');
});
