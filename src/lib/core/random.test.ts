import { expect, test } from 'vitest';
import { random } from './random.ts';

test('the same seed and labels give the same stream, and another label another one', () => {
  const draws = (label: string) =>
    Array.from(
      { length: 4 },
      (
        (r) => () =>
          r.next()
      )(random(7, label)),
    );
  expect(draws('a')).toEqual(draws('a'));
  expect(draws('a')).not.toEqual(draws('b'));
});

test('words drawn in bulk are the words drawn one by one, and the stream goes on after them', () => {
  const bulk = random(7, 'words');
  const words = new Uint32Array(9);
  bulk.fill(words.subarray(0, 4));
  bulk.fill(words.subarray(4));
  const single = random(7, 'words');
  expect([...words]).toEqual(Array.from({ length: 9 }, () => single.next() * 4294967296));
  expect(bulk.next()).toBe(single.next());
});

test('normal draws have mean 0 and variance 1 within five standard errors of 40,000 draws', () => {
  const r = random(3);
  const n = 40_000;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i += 1) {
    const x = r.normal();
    sum += x;
    squares += x * x;
  }
  expect(Math.abs(sum / n)).toBeLessThan(5 / Math.sqrt(n));
  // The variance of x² is 2.
  expect(Math.abs(squares / n - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
});

test('gamma draws have their shape as mean, also below 1', () => {
  for (const shape of [0.3, 2.5]) {
    const r = random(11, 'gamma', shape);
    const n = 40_000;
    let sum = 0;
    for (let i = 0; i < n; i += 1) sum += r.gamma(shape);
    expect(Math.abs(sum / n - shape)).toBeLessThan(5 * Math.sqrt(shape / n));
  }
});

test('a Dirichlet draw is a point of the simplex, even at a concentration where every gamma underflows', () => {
  for (const concentration of [1e-6, 0.5, 100]) {
    const point = random(5, concentration).dirichlet(concentration, 10);
    expect(point).toHaveLength(10);
    expect(point.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  }
});

test('below is unbiased: each of 6 faces within five standard deviations of 60,000 draws', () => {
  const r = random(1);
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 60_000; i += 1) counts[r.below(6)]! += 1;
  for (const count of counts)
    expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(60_000 * (1 / 6) * (5 / 6)));
});

test('shuffle keeps every item', () => {
  const items = random(9).shuffle(Uint32Array.from({ length: 100 }, (_, i) => i));
  expect([...items].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
});
