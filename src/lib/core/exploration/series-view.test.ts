import { expect, test } from 'vitest';
import { autocorrelationOf, seriesView } from './series-view.ts';

test('a wave of twelve steps goes with itself after twelve, and against itself after six', () => {
  const wave = Float64Array.from({ length: 1200 }, (_, at) => 5 + Math.cos((2 * Math.PI * at) / 12));
  // cos(2πk/12) for whole periods.
  const found = autocorrelationOf(wave, 12);
  for (const [lag, expected] of [
    [0, 1],
    [3, 0],
    [6, -1],
    [12, 1],
  ] as const)
    expect(found[lag]).toBeCloseTo(expected, 2);
});

test('pairs of which one is missing do not count, and too few of them say nothing', () => {
  const values = Float64Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? at % 4 : NaN));
  const found = autocorrelationOf(values, 4);
  expect(found[1]).toBeNaN();
  expect(found[2]).toBeCloseTo(-1, 1);
  expect(found[4]).toBeCloseTo(1, 1);
});

test('the course is told in pieces with their lowest and highest, and the longest gaps by where they begin', () => {
  const values = Float64Array.from({ length: 480 }, (_, at) =>
    (at >= 100 && at < 130) || at === 200 ? NaN : at % 2,
  );
  const view = seriesView({ start: 0, step: 1, moments: 480 }, values, 2);
  expect(view.pieces.length).toBe(240);
  expect(view.pieces[0]).toEqual({ low: 0, high: 1, mean: 0.5, moments: 2, missing: 0 });
  expect(view.pieces[50]).toMatchObject({ low: NaN, missing: 2 });
  expect(view.missing).toBe(31);
  expect(view.gaps).toEqual([
    { from: 100, moments: 30 },
    { from: 200, moments: 1 },
  ]);
});
