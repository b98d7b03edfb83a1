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

test('of five groups one is held out, whatever their hashes; of one none is', () => {
  for (let seed = 0; seed < 30; seed += 1) {
    const own = words(5, seed);
    const hashes = Uint32Array.from({ length: 100 }, (_, row) => own[row % 5]!);
    expect(splitRows({ hashes }, { type: 'groups', hashes }, 0.2).heldOut).toHaveLength(20);
  }
  const hashes = new Uint32Array(10).fill(7);
  expect(splitRows({ hashes }, { type: 'groups', hashes }, 0.2).heldOut).toHaveLength(0);
});

test('a group of most rows is not held out where others come nearer to the share', () => {
  // The large one has the lowest hash.
  const hashes = Uint32Array.from({ length: 100 }, (_, row) => (row < 60 ? 1 : 2 + (row % 4)));
  expect(splitRows({ hashes }, { type: 'groups', hashes }, 0.2).heldOut).toHaveLength(20);
});

test('where most rows are of one time, the nearer border counts', () => {
  // Ten of each year to 2022, and 12 of 2023: a fifth of 32 is 6.4, nearer to 12 than to 22.
  const years = [
    ...Array<number>(10).fill(2021),
    ...Array<number>(10).fill(2022),
    ...Array<number>(12).fill(2023),
  ];
  expect(splitRows({ hashes: words(32, 6) }, { type: 'time', times: years }, 0.2).heldOut).toHaveLength(12);
  // 19 of one time and 1 after it: 1 is nearer to a fifth than 20 are.
  const times = [...Array<number>(19).fill(5), 6];
  expect([...splitRows({ hashes: words(20, 7) }, { type: 'time', times }, 0.2).heldOut]).toEqual([19]);
});

test('folds keep groups whole and spells of time in order', () => {
  const hashes = words(100, 8);
  const groups = Uint32Array.from({ length: 100 }, (_, row) => row % 10);
  const byGroup = foldsOf({ hashes }, 5, { type: 'groups', hashes: groups });
  for (let row = 0; row < 100; row += 1) expect(byGroup[row]).toBe(byGroup[row % 10]);
  for (let fold = 0; fold < 5; fold += 1) expect(byGroup.filter((own) => own === fold)).toHaveLength(20);
  const times = Array.from({ length: 100 }, (_, row) => (row * 37) % 50);
  const byTime = foldsOf({ hashes }, 5, { type: 'time', times });
  expect([...byTime]).toEqual(times.map((time) => Math.floor(time / 10)));
});

test('by chance alone no row moves, whatever others come, and about the share is held out', () => {
  const hashes = words(10_000, 5);
  const few = splitRows({ hashes: hashes.slice(0, 500) }, { type: 'chance' }, 0.3);
  const all = splitRows({ hashes }, { type: 'chance' }, 0.3);
  expect(all.heldOut.filter((row) => row < 500)).toEqual(few.heldOut);
  // Four standard deviations of a coin that falls so 10,000 times.
  expect(Math.abs(all.heldOut.length - 3000)).toBeLessThan(4 * Math.sqrt(10_000 * 0.3 * 0.7));
});
