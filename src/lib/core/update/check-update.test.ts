import { describe, expect, test } from 'vitest';
import { updateCheck } from './check-update.ts';

describe('the check of an update', () => {
  test('accepts finite values within the limit and tells their norm', () => {
    const check = updateCheck(3, 64);
    expect(check.add(Float32Array.of(3, 0))).toBeUndefined();
    expect(check.add(Float32Array.of(-4))).toBeUndefined();
    expect(check.finish()).toEqual({ ok: true, value: { norm: 5 } });
  });

  test('names the index of the first value that is not finite, counted over all chunks', () => {
    for (const wrong of [NaN, Infinity, -Infinity]) {
      const check = updateCheck(4, 64);
      check.add(Float32Array.of(1, 2));
      expect(check.add(Float32Array.of(1, wrong))).toEqual({ kind: 'not-finite', index: 3 });
      expect(check.finish()).toEqual({ ok: false, error: { kind: 'not-finite', index: 3 } });
    }
  });

  test('names a coordinate beyond the limit, and lets the limit itself pass', () => {
    const check = updateCheck(2, 64);
    expect(check.add(Float32Array.of(64, -64.5))).toEqual({
      kind: 'too-large-coordinate',
      index: 1,
      limit: 64,
      got: -64.5,
    });
    expect(updateCheck(2, 64).add(Float32Array.of(64, -64))).toBeUndefined();
  });

  test('names the bytes expected and got when the length is wrong', () => {
    for (const length of [0, 2, 4]) {
      const check = updateCheck(3, 64);
      check.add(new Float32Array(length));
      expect(check.finish()).toEqual({
        ok: false,
        error: { kind: 'wrong-length', expected: 12, got: length * 4 },
      });
    }
  });

  test('denormals and zeros are values like any other', () => {
    const check = updateCheck(3, 64);
    expect(check.add(Float32Array.of(1e-45, -0, 0))).toBeUndefined();
    expect(check.finish().ok).toBe(true);
  });
});
