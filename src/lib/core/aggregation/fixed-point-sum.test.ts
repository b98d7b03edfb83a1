import { describe, expect, test } from 'vitest';
import { endUpdate, fixedPointSum, scalarSum } from './fixed-point-sum.ts';

function sumOf(...scalars: readonly number[]): number {
  const sum = fixedPointSum(0, 1);
  for (const scalar of scalars) endUpdate(sum, 1, [0, scalar]);
  return scalarSum(sum, 1);
}

describe('the numbers that are summed beside the vector', () => {
  test('add exactly in any order, however far apart', () => {
    // In doubles 10¹⁷ + 1 + 1 is 10¹⁷, and 1 + 1 + 10¹⁷ is 10¹⁷ + 2 rounded to a multiple of 16; less 10¹⁷ that is 0.
    expect(sumOf(1e17, 1, 2 ** -40, 1, -1e17)).toBe(2 + 2 ** -40);
    expect(sumOf(1, -1e17, 1, 1e17, 2 ** -40)).toBe(2 + 2 ** -40);
  });

  test('are zero where nobody sent one', () => {
    expect(scalarSum(fixedPointSum(0, 1), 0)).toBe(0);
  });

  test('must be finite', () => {
    expect(() => sumOf(1, Infinity)).toThrow(RangeError);
    expect(() => sumOf(NaN)).toThrow(RangeError);
  });
});
