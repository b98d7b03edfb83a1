// The order of questions: the formulas by hand, and whether an uncertain order earns more than chance for the same labels.
import { expect, test } from 'vitest';
import { drawnDigits, drawnDigitsContract } from '../../modalities/image/sample-drawn-digits.ts';
import { learnt } from '../learners/learner.ts';
import { predictedClass } from '../metrics/class-scores.ts';
import { FRONT, nextQueue } from './next-queue.ts';
import { inRandomOrder, mostUncertainFirst, spreadOut, uncertainties } from './queue-order.ts';
import { quickFeatures } from './quick-features.ts';
import { quickModel, quickShares } from './quick-model.ts';

// Three rows of three classes that the measures do not agree on.
const shares = [0.5, 0.5, 0, 0.5, 0.3, 0.2, 0.4, 0.35, 0.25];

test('least confidence, margin and entropy are Settles’ formulas', () => {
  expect([...uncertainties(shares, 3, 'least-confidence')]).toEqual([0.5, 0.5, 0.6]);
  expect([...uncertainties(shares, 3, 'margin')].map((one) => Number(one.toFixed(12)))).toEqual([
    1, 0.8, 0.95,
  ]);
  const nats = (...p: number[]): number => -p.reduce((sum, one) => sum + one * Math.log(one), 0);
  expect([...uncertainties(shares, 3, 'entropy')]).toEqual([
    nats(0.5, 0.5),
    nats(0.5, 0.3, 0.2),
    nats(0.4, 0.35, 0.25),
  ]);
});

test('the most uncertain stand in front, equals as they stood, and a seed decides what chance does', () => {
  const rows = [7, 8, 9];
  expect([...mostUncertainFirst(rows, uncertainties(shares, 3, 'margin'))]).toEqual([7, 9, 8]);
  expect([...mostUncertainFirst(rows, [1, 2, 2])]).toEqual([8, 9, 7]);
  const many = Uint32Array.from({ length: 50 }, (_, row) => row);
  expect(inRandomOrder(many, 4)).toEqual(inRandomOrder(many, 4));
  expect(inRandomOrder(many, 4)).not.toEqual(inRandomOrder(many, 5));
  expect([...inRandomOrder(many, 4)].toSorted((a, b) => a - b)).toEqual([...many]);
});

test('twins at the front are parted: after the first the farthest of the most uncertain, and nobody is lost', () => {
  const order = Uint32Array.of(10, 11, 12, 13, 14, 15, 16, 17, 18);
  // On a line: the first two are twins; of the eight candidates (4 · 2) the farthest from 0 stands last.
  const places = [0, 0, 1, 1, 5, 1, 2, 9, 100];
  expect([...spreadOut(order, (place) => [places[place]!], 2)]).toEqual([10, 17, 11, 12, 13, 14, 15, 16, 18]);
  expect([...spreadOut(order.subarray(0, 3), (place) => [places[place]!], 10)]).toEqual([10, 12, 11]);
});

test('pictures are averaged over blocks for the quick model', () => {
  const contract = { kind: 'image', height: 28, width: 1, channels: 1, classes: ['a', 'b'] } as const;
  const pixels = Uint8Array.from({ length: 28 }, (_, y) => (y === 0 ? 255 : y === 1 ? 51 : 0));
  const seen = quickFeatures({ ...contract, classes: ['a', 'b'] }, pixels, 1);
  // 14 blocks of two rows: (1 + 0.2) / 2 in the first.
  expect(seen.length).toBe(14);
  expect(seen[0]).toBeCloseTo(0.6, 6);
  expect(seen.subarray(1).every((value) => value === 0)).toBe(true);
});

interface Drawn {
  readonly features: Float32Array;
  readonly digits: Int32Array;
  readonly count: number;
}
function drawn(seed: number, count: number): Drawn {
  const pixels = new Uint8Array(count * 784);
  const digits = new Int32Array(count);
  for (const [row, one] of [...drawnDigits(seed, count)].entries()) {
    pixels.set(one.pixels, row * 784);
    digits[row] = one.digit;
  }
  return { features: quickFeatures(drawnDigitsContract, pixels, count), digits, count };
}

/** Labels a fifth of the pool as the page would, ten at a time, and says how often the model is then right of `test`. */
function accuracyAfter(order: 'margin' | 'random', pool: Drawn, test: Drawn, seed: number): number {
  const { features, count: rows } = pool;
  const size = features.length / rows;
  const labels = new Int32Array(rows).fill(-1);
  const fitted = () => quickModel({ contract: drawnDigitsContract, features, rows, labels });
  for (let known = 0; known < rows / 5; known += FRONT) {
    const open = Uint32Array.from(labels.keys()).filter((row) => labels[row]! < 0);
    const learning = order === 'random' ? undefined : fitted();
    const model = learning && {
      shares: quickShares(learnt(learning), features, rows, open),
      classes: 10,
      features: (row: number) => features.subarray(row * size, (row + 1) * size),
    };
    for (const row of nextQueue(open, order, seed + known, model).subarray(0, FRONT))
      labels[row] = pool.digits[row]!;
  }
  const said = learnt(fitted()!).predict(test.features, test.count);
  return test.digits.filter((digit, row) => predictedClass(said, row, 10) === digit).length / test.count;
}

test('with a fifth labelled, the order by margin is two points above chance and more, over five seeds', () => {
  const test = drawn(99, 500);
  const gains = [1, 2, 3, 4, 5].map((seed) => {
    const pool = drawn(seed, 400);
    return accuracyAfter('margin', pool, test, seed) - accuracyAfter('random', pool, test, seed);
  });
  expect(gains.reduce((sum, gain) => sum + gain, 0) / gains.length).toBeGreaterThan(0.02);
});
