import { expect, test } from 'vitest';
import { random } from '../random.ts';
import { promotion, sharesFor } from './halving.ts';
import { fromUnit, gridOf, toUnit, type Dimension, type Setting, type Space } from './space.ts';
import { byPrior, nextByParzen, type Trial } from './tree-parzen.ts';

const real = (name: string, minimum: number, maximum: number): Dimension => ({
  name,
  minimum,
  maximum,
  scale: 'linear',
  isWhole: false,
});

/** Branin: minimum 0.397887 at (π, 2.275) and two more places (Dixon & Szegő 1978). */
const branin = ({ x = 0, y = 0 }: Setting): number =>
  (y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6) ** 2 +
  10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
  10;
const braninSpace: Space = [real('x', -5, 10), real('y', 0, 15)];

/** Hartmann in six dimensions: minimum −3.32237 (Dixon & Szegő 1978). */
const A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const P = [
  [1312, 1696, 5569, 124, 8283, 5886],
  [2329, 4135, 8307, 3736, 1004, 9991],
  [2348, 1451, 3522, 2883, 3047, 6650],
  [4047, 8828, 8732, 5743, 1091, 381],
];
const hartmann = (at: Setting): number =>
  -[1, 1.2, 3, 3.2].reduce(
    (sum, alpha, i) =>
      sum +
      alpha *
        Math.exp(
          -A[i]!.reduce((inner, a, j) => inner + a * ((at[`x${j}`] ?? 0) - P[i]![j]! / 10_000) ** 2, 0),
        ),
    0,
  );
const hartmannSpace: Space = Array.from({ length: 6 }, (_, j) => real(`x${j}`, 0, 1));

function best(
  space: Space,
  loss: (at: Setting) => number,
  trials: number,
  next: (tried: readonly Trial[]) => Setting,
): number {
  const tried: Trial[] = [];
  for (let i = 0; i < trials; i += 1) {
    const setting = next(tried);
    tried.push({ setting, loss: loss(setting) });
  }
  return Math.min(...tried.map((one) => one.loss));
}
const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
};

test.each([
  ['Branin', braninSpace, branin, 0.397887],
  ['Hartmann 6', hartmannSpace, hartmann, -3.32237],
] as const)(
  'after 60 trials of %s the median regret is below that of random search, 20 seeds',
  (_, space, loss, least) => {
    const seeds = Array.from({ length: 20 }, (__, seed) => seed);
    const parzen = seeds.map(
      (seed) => best(space, loss, 60, (tried) => nextByParzen(space, tried, { seed })) - least,
    );
    const blind = seeds.map((seed) => {
      const draw = random(seed, 'blind');
      return best(space, loss, 60, () => byPrior(space, draw)) - least;
    });
    expect(Math.min(...parzen, ...blind)).toBeGreaterThan(-1e-4);
    expect(median(parzen)).toBeLessThan(median(blind));
    // A sign test over pairs of seeds: 15 of 20 or more has p = 0.021 where neither is better.
    expect(parzen.filter((regret, i) => regret < blind[i]!).length).toBeGreaterThanOrEqual(15);
  },
);

test('the same trials and seed give the same place, within the bounds and whole where it must be', () => {
  const space: Space = [
    { name: 'rate', minimum: 0.001, maximum: 1, scale: 'log', isWhole: false },
    { name: 'depth', minimum: 1, maximum: 8, scale: 'linear', isWhole: true },
  ];
  const tried: Trial[] = [];
  for (let i = 0; i < 40; i += 1) {
    const setting = nextByParzen(space, tried, { seed: 5 });
    expect(nextByParzen(space, tried, { seed: 5 })).toEqual(setting);
    expect(setting['rate']).toBeGreaterThanOrEqual(0.001);
    expect(setting['rate']).toBeLessThanOrEqual(1);
    expect([1, 2, 3, 4, 5, 6, 7, 8]).toContain(setting['depth']);
    tried.push({
      setting,
      loss: Math.abs(Math.log(setting['rate']! / 0.03)) + Math.abs(setting['depth']! - 3),
    });
  }
  // It has found its way to where it is good.
  expect(median(tried.slice(20).map((one) => one.loss))).toBeLessThan(
    median(tried.slice(0, 10).map((one) => one.loss)),
  );
});

test('every whole number is equally wide, and a value comes back from its unit', () => {
  const depth: Dimension = { name: 'depth', minimum: 1, maximum: 4, scale: 'linear', isWhole: true };
  expect([0, 0.24, 0.26, 0.49, 0.51, 0.74, 0.76, 1].map((unit) => fromUnit(depth, unit))).toEqual([
    1, 1, 2, 2, 3, 3, 4, 4,
  ]);
  const rate: Dimension = { name: 'rate', minimum: 0.001, maximum: 1, scale: 'log', isWhole: false };
  expect(fromUnit(rate, 1 / 3)).toBeCloseTo(0.01, 12);
  expect(toUnit(rate, 0.01)).toBeCloseTo(1 / 3, 12);
});

test('many rows are halved down to few, few are not', () => {
  expect(sharesFor(27, 30_000, 500)).toEqual([1 / 27, 1 / 9, 1 / 3, 1]);
  expect(sharesFor(9, 5_000, 1_500)).toEqual([1 / 3, 1]);
  expect(sharesFor(9, 600, 500)).toEqual([1]);
});

test('the best third of a rung goes on as soon as it is one; of the highest rung first, nobody twice', () => {
  const shares = [1 / 9, 1 / 3, 1];
  const tried: { readonly name: string; readonly share: number; readonly loss: number }[] = [];
  const next = () => {
    const found = promotion(tried, shares, ({ name }) => name);
    return found && [found.one.name, found.share];
  };
  const low = (name: string, loss: number): void => void tried.push({ name, share: 1 / 9, loss });
  low('a', 3);
  low('b', 2);
  expect(next()).toBeUndefined();
  low('c', 4);
  expect(next()).toEqual(['b', 1 / 3]);
  tried.push({ name: 'b', share: 1 / 3, loss: 1.5 });
  // One of three went on; the next third comes with six.
  expect(next()).toBeUndefined();
  low('d', Infinity);
  low('e', 1);
  expect(next()).toEqual(['e', 1 / 3]);
  tried.push({ name: 'e', share: 1 / 3, loss: 1.2 });
  low('f', 5);
  low('g', 6);
  low('h', 7);
  low('i', 8);
  expect(next()).toEqual(['a', 1 / 3]);
  tried.push({ name: 'a', share: 1 / 3, loss: 2 });
  expect(next()).toEqual(['e', 1]);
  tried.push({ name: 'e', share: 1, loss: 1 });
  expect(next()).toBeUndefined();
  expect(promotion([{ name: 'x', share: 1, loss: 0 }], [1], ({ name }) => name)).toBeUndefined();
});

test('a grid has both ends of every dimension, each whole number once, and two levels at least', () => {
  const rate: Dimension = { name: 'rate', minimum: 0.01, maximum: 1, scale: 'log', isWhole: false };
  const depth: Dimension = { name: 'depth', minimum: 2, maximum: 4, scale: 'linear', isWhole: true };
  const grid = gridOf([rate, depth], 60);
  expect(grid).toHaveLength(21);
  expect(new Set(grid.map((place) => place['depth']))).toEqual(new Set([2, 3, 4]));
  const rates = [...new Set(grid.map((place) => place['rate']!))];
  expect(rates[0]).toBeCloseTo(0.01, 12);
  expect(rates.at(-1)).toBe(1);
  expect(rates[3]).toBeCloseTo(0.1, 12);
  expect(gridOf([rate], 60)).toHaveLength(9);
  expect(
    gridOf(
      ['a', 'b', 'c', 'd', 'e'].map((name) => ({ ...rate, name })),
      20,
    ),
  ).toHaveLength(2 ** 5);
});
