import { expect, test } from 'vitest';
import { guardNorm, movedNorm } from './norm-guard.ts';
import { failureSentence } from './strategy.ts';

const passed = { ok: true, value: null };

test('the norm of an aggregate delta is the distance between two versions', () => {
  expect(movedNorm(Float32Array.of(1, 2, 0.5), Float32Array.of(4, -2, 0.5))).toBe(5);
});

test('an aggregate of more than three times the median of the last norms is refused, with its evidence', () => {
  const history = [1, 9, 2, 3, 2];
  expect(guardNorm(history, 6, 3)).toEqual(passed);
  const refused = guardNorm(history, 6.001, 3);
  expect(refused).toEqual({
    ok: false,
    error: { kind: 'norm-jump', norm: 6.001, median: 2, factor: 3, versions: 5 },
  });
  expect(!refused.ok && failureSentence(refused.error)).toBe(
    'The aggregate moves the model by 6.00, more than 3 times the median 2.00 of the last 5 versions. Look at this round’s updates before going on.',
  );
  expect(guardNorm(history, 6.001, 4)).toEqual(passed);
});

test('four versions are too few to judge by, and one of twenty-one is too old', () => {
  expect(guardNorm([1, 1, 1, 1], 1e6, 3)).toEqual(passed);
  // Ten of 1 and ten of 100 have the median 50.5; with the eleventh of 1, which is too old, it would be 1.
  const history = [...new Array<number>(11).fill(1), ...new Array<number>(10).fill(100)];
  expect(guardNorm(history, 151, 3)).toEqual(passed);
  expect(guardNorm(history, 152, 3)).toMatchObject({ ok: false, error: { median: 50.5, versions: 20 } });
});

test('where the model has not moved at all there is nothing to measure by', () => {
  expect(guardNorm([0, 0, 0, 0, 0], 1, 3)).toEqual(passed);
});
