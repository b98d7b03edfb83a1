import { expect, test } from 'vitest';
import * as v from 'valibot';
import { random } from '../random.ts';
import { fitBorders, SplitBorders } from './split-borders.ts';
import { splitRows, type HowToSplit, type SplitRows } from './row-split.ts';

const SHARE = 0.2;
const words = (count: number, seed: number): Uint32Array<ArrayBuffer> => {
  const hashes = new Uint32Array(count);
  random(seed, 'hashes').fill(hashes);
  return hashes;
};
/** As they are read again of a manifest. */
const kept = (rows: SplitRows, how: HowToSplit): SplitBorders =>
  v.parse(SplitBorders, JSON.parse(JSON.stringify(fitBorders(rows, how, SHARE))));

/** 76 of 100 rows are of the first class, as of Adult's incomes. */
function people(count: number, seed: number) {
  const drawn = words(2 * count, seed);
  return {
    hashes: drawn.slice(0, count),
    classes: Uint8Array.from(drawn.subarray(count), (word) => (word < 0.76 * 2 ** 32 ? 0 : 1)),
    labels: ['<=50K', '>50K'],
  };
}
const first = (rows: ReturnType<typeof people>, count: number) => ({
  ...rows,
  hashes: rows.hashes.slice(0, count),
  classes: rows.classes.slice(0, count),
});
const without = (held: Uint32Array, count: number) => [...held.filter((row) => row < count)];
const shareOf = (classes: Uint8Array, rows: Uint32Array): number =>
  rows.filter((row) => classes[row] === 1).length / rows.length;

test('a split that is kept moves no row as a table of Adult’s size comes to twice its rows, and classes stay within a point', () => {
  const [half, whole] = [24_421, 48_842];
  for (const seed of [1, 2, 3]) {
    const all = people(whole, seed);
    const before = first(all, half);
    const borders = kept(before, { type: 'rows' });
    const then = splitRows(before, { type: 'rows' }, SHARE);
    const isAsThen = (held: Uint32Array) => String(held.filter((row) => row < half)) === String(then.heldOut);
    for (const rows of [half, 30_000, whole]) {
      const grown = first(all, rows);
      const { training, heldOut } = splitRows(grown, { type: 'rows' }, SHARE, borders);
      expect(isAsThen(heldOut)).toBe(true);
      const apart = Math.abs(shareOf(grown.classes, heldOut) - shareOf(grown.classes, training));
      expect(apart).toBeLessThan(rows === half ? 0.001 : 0.01);
      expect(Math.abs(heldOut.length / rows - SHARE)).toBeLessThan(0.01);
    }
    // By borders of all rows some would have moved: there is something to keep.
    expect(isAsThen(splitRows(all, { type: 'rows' }, SHARE).heldOut)).toBe(false);
  }
});

test('classes are known by what they are called, and a new one has the border of the share', () => {
  const before = first(people(1000, 7), 1000);
  const borders = kept(before, { type: 'rows' });
  const then = splitRows(before, { type: 'rows' }, SHARE, borders);
  const added = words(5000, 8);
  const grown = {
    hashes: Uint32Array.from([...before.hashes, ...added]),
    // A class that sorts before the others.
    classes: Uint8Array.from([...Array.from(before.classes, (own) => own + 1), ...added.map(() => 0)]),
    labels: [' none', ...before.labels],
  };
  const { heldOut } = splitRows(grown, { type: 'rows' }, SHARE, borders);
  expect(without(heldOut, 1000)).toEqual([...then.heldOut]);
  expect([...heldOut.filter((row) => row >= 1000)]).toEqual(
    [...grown.hashes.entries()]
      .filter(([row, hash]) => row >= 1000 && hash < SHARE * 2 ** 32)
      .map(([row]) => row),
  );
});

test('no border stands at the hash of a row, and of a class of two rows the next have a side too', () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const hashes = words(30, seed);
    const borders = kept({ hashes }, { type: 'rows' });
    if (borders.type !== 'rows') throw new Error('Borders of rows were fitted.');
    const below = borders.classes[0]?.below ?? 0;
    expect([...hashes].some((hash) => Math.abs(hash - below) <= 1)).toBe(false);
  }
  const rare = kept({ hashes: Uint32Array.of(3e9, 4e9) }, { type: 'rows' });
  expect(rare).toEqual({ type: 'rows', classes: [{ label: null, below: Math.ceil(SHARE * 2 ** 32) }] });
});

test('groups stay whole and on their side as others come, and a new one falls by its own hash', () => {
  for (const [groups, seed] of [
    [5, 1],
    [40, 2],
    [400, 3],
    [400, 4],
  ] as const) {
    const own = words(2 * groups, seed);
    // One group of a third of the rows, the others of few.
    const sizes = Array.from(own, (word, at) => (at === 0 ? groups : 1 + (word % 4)));
    const rowsOf = (count: number) =>
      Uint32Array.from(
        Array.from(own.subarray(0, count)).flatMap((hash, at) => Array<number>(sizes[at]!).fill(hash)),
      );
    const [before, all] = [rowsOf(groups), rowsOf(2 * groups)];
    const how = { type: 'groups', hashes: before } as const;
    const borders = kept({ hashes: before }, how);
    const then = splitRows({ hashes: before }, how, SHARE, borders);
    expect(then).toEqual(splitRows({ hashes: before }, how, SHARE));
    const { training, heldOut } = splitRows({ hashes: all }, { type: 'groups', hashes: all }, SHARE, borders);
    expect(without(heldOut, before.length)).toEqual([...then.heldOut]);
    const learnt = new Set(Array.from(training, (row) => all[row]));
    expect([...heldOut].some((row) => learnt.has(all[row]))).toBe(false);
    if (borders.type !== 'groups') throw new Error('Borders of groups were fitted.');
    expect(borders.others.length).toBeLessThan(4 + 2 * Math.sqrt(groups));
    for (const { from, to } of borders.others)
      expect(Array.from(own.subarray(0, groups)).filter((hash) => from <= hash && hash < to)).toHaveLength(1);
  }
});

test('of times the border stays: what is later is held out, whatever else comes', () => {
  const times = Array.from({ length: 100 }, (_, row) => (row * 37) % 50);
  const rows = { hashes: words(100, 9) };
  const borders = kept(rows, { type: 'time', times });
  expect(borders).toEqual({ type: 'time', from: 40 });
  const later = { type: 'time', times: [...times, 39, 40, 60, -5] } as const;
  const { heldOut } = splitRows({ hashes: words(104, 9) }, later, SHARE, borders);
  expect(without(heldOut, 100)).toEqual([...splitRows(rows, { type: 'time', times }, SHARE).heldOut]);
  expect([...heldOut.filter((row) => row >= 100)]).toEqual([101, 102]);
});
