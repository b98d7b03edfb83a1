import { expect, test } from 'vitest';
import { AGAIN_TOLERANCE, areWithin, isBitExact, samenessOf, type FirstRun } from './run-again.ts';

const figures = { count: 200, accuracy: 0.9, loss: 0.5 };
const first = (more: Partial<FirstRun> = {}): FirstRun => ({
  ...{ digest: 'a', figures, backend: 'simd', hasMoved: false },
  ...more,
});
const again = (more: Partial<FirstRun> = {}) => ({ ...first(more), figures, digest: 'b' });

test('on the same engine of the processor bits are owed; on a graphics card, another engine or after a move figures are', () => {
  expect(samenessOf(first(), { ...again(), digest: 'a' })).toEqual({ isSame: true, isWithin: true });
  expect(samenessOf(first(), again())).toEqual({ isSame: false, isWithin: false });
  const owesFigures: readonly [FirstRun, ReturnType<typeof again>][] = [
    [first({ backend: 'gpu' }), again({ backend: 'gpu' })],
    [first(), again({ backend: 'wasm' })],
    [first({ hasMoved: true }), again()],
    [first(), again({ hasMoved: true })],
  ];
  for (const [one, other] of owesFigures)
    expect(samenessOf(one, other)).toEqual({ isSame: false, isWithin: true });
  // What an earlier program kept has no figures to be held against.
  expect(samenessOf(first({ backend: 'gpu', figures: undefined }), again()).isWithin).toBe(false);
  expect((['simd', 'cpu', 'gpu', 'webgl'] as const).map(isBitExact)).toEqual([true, true, false, false]);
});

test('figures are within the tolerance up to its edge, and of few rows one may be judged otherwise', () => {
  const { share, part } = AGAIN_TOLERANCE;
  expect(areWithin(figures, { ...figures, accuracy: 0.9 - 0.99 * share })).toBe(true);
  expect(areWithin(figures, { ...figures, accuracy: 0.9 + 1.01 * share })).toBe(false);
  expect(areWithin(figures, { ...figures, loss: 0.5 * (1 + 0.99 * part) })).toBe(true);
  expect(areWithin(figures, { ...figures, loss: 0.5 * (1 - 1.01 * part) })).toBe(false);
  expect(areWithin(figures, { ...figures, loss: NaN })).toBe(false);
  const few = { count: 20, accuracy: 0.9, loss: 0.5 };
  expect(areWithin(few, { ...few, accuracy: 0.85 })).toBe(true);
  expect(areWithin(few, { ...few, accuracy: 0.8 })).toBe(false);
});
