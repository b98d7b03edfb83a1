import { expect, test } from 'vitest';
import { random } from '../random.ts';
import { foldsOf, splitRows } from './row-split.ts';

const words = (count: number, seed: number): Uint32Array<ArrayBuffer> => {
  const hashes = new Uint32Array(count);
  random(seed, 'hashes').fill(hashes);
  return hashes;
};

test('the classes are in proportion to one row, and the order of the rows decides nothing', () => {
  const hashes = words(1000, 1);
  const classes = Array.from({ length: 1000 }, (_, row) => (row % 10 === 0 ? 1 : 0));
  const { training, heldOut } = splitRows({ hashes, classes }, { type: 'rows' }, 0.2);
  expect(training.length + heldOut.length).toBe(1000);
  expect(heldOut.filter((row) => classes[row] === 1)).toHaveLength(20);
  const turned = splitRows(
    { hashes: hashes.toReversed(), classes: classes.toReversed() },
    { type: 'rows' },
    0.2,
  );
  expect([...turned.heldOut].map((row) => 999 - row).toSorted((a, b) => a - b)).toEqual([...heldOut]);
});

test('equal rows stand on one side, and in one fold', () => {
  const hashes = Uint32Array.from({ length: 300 }, (_, row) => words(100, 2)[row % 100]!);
  const { heldOut } = splitRows({ hashes }, { type: 'rows' }, 0.2);
  const isHeldOut = new Set(heldOut);
  const folds = foldsOf({ hashes }, 5);
  for (let row = 0; row < 100; row += 1) {
    expect([row, row + 100, row + 200].filter((one) => isHeldOut.has(one)).length % 3).toBe(0);
    expect(folds[row + 100]).toBe(folds[row]);
    expect(folds[row + 200]).toBe(folds[row]);
  }
  expect(isHeldOut.size).toBe(60);
});

test('the latest rows are held out, rows of one time together', () => {
  const times = [3, 1, 4, 1, 5, 9, 2, 6, 9, 9];
  const { heldOut } = splitRows({ hashes: words(10, 3) }, { type: 'time', times }, 0.2);
  expect([...heldOut]).toEqual([5, 8, 9]);
});

test('groups are held out whole, about as many as asked for', () => {
  const groups = Uint32Array.from({ length: 1000 }, (_, row) => words(100, 4)[row % 100]!);
  const { heldOut } = splitRows({ hashes: words(1000, 5) }, { type: 'groups', hashes: groups }, 0.3);
  const kept = new Set([...heldOut].map((row) => row % 100));
  expect(heldOut.length).toBe(kept.size * 10);
  expect(Math.abs(kept.size - 30)).toBeLessThan(15);
});
