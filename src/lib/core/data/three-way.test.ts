import { expect, test } from 'vitest';
import { murmur128, targetSeed } from './example-hash.ts';
import { applyChange, type RowChange } from './row-change.ts';
import type { DataContract } from './contract.ts';
import { describeChange } from './dataset-states.ts';
import { UNLABELLED, type Examples } from './examples.ts';
import { rowIdentities } from './row-identities.ts';
import { countsOf, mergeChange, threeWay, type Divergence, type StateRows } from './three-way.ts';
import { bytesOf } from '../digest.ts';
import { random } from '../random.ts';

/** Rows of one number each, hashed as an import hashes them; `occurrence` words of equal rows are not told apart here. */
function rows(...numbers: readonly number[]): Examples {
  const features = Float32Array.from(numbers);
  const hash = new Uint32Array(4);
  const hashes = numbers.flatMap((_, row) => {
    murmur128(hash, bytesOf(features), row * 4, (row + 1) * 4, targetSeed(0, true));
    return [hash[0]!, hash[1]!];
  });
  return {
    count: numbers.length,
    features,
    targets: new Int32Array(numbers.length),
    hashes: Uint32Array.from(hashes),
  };
}
/** Identity → number. */
const state = (found: Readonly<Record<number, number>>): StateRows => ({
  examples: rows(...Object.values(found)),
  identities: Uint32Array.from(Object.keys(found), Number),
});
const merged = (base: StateRows, mine: StateRows, theirs: StateRows): Examples =>
  applyChange(mine.examples, mergeChange(mine, theirs, threeWay(base, mine, theirs, true).taken, true));
const numbersOf = ({ features }: Examples): number[] => [...features];

const contract: DataContract = {
  kind: 'table',
  columns: [
    {
      ...{ type: 'number', name: 'x', missingAllowed: false },
      ...{ minimum: null, maximum: null, mean: 0, standardDeviation: 1 },
    },
  ],
  target: { type: 'classes', name: 'y', classes: ['no', 'yes'].map((label) => ({ label, values: [label] })) },
};
const base = state({ 0: 10, 1: 11, 2: 12, 3: 13 });

test('what one side alone changed, added or removed is taken, and from either side the rows are the same in the same order', () => {
  const mine = state({ 0: 90, 2: 12, 3: 13, 4: 14, 7: 17 });
  const theirs = state({ 0: 10, 1: 11, 2: 92, 5: 15, 6: 16 });
  const found = threeWay(base, mine, theirs, true);
  expect(found.conflicts).toEqual([]);
  expect(found.taken.map((one) => one.identity)).toEqual([2, 3, 5, 6]);
  const both = merged(base, mine, theirs);
  expect(numbersOf(both)).toEqual([90, 92, 14, 15, 16, 17]);
  expect(merged(base, theirs, mine)).toEqual(both);
  const change = mergeChange(mine, theirs, found.taken, true);
  expect(change).toMatchObject({ replaced: Uint32Array.of(1), removed: Uint32Array.of(2) });
  expect(change.inserted).toEqual({ rows: Uint32Array.of(3, 4), identities: Uint32Array.of(5, 6) });
});

test.each([
  ['changed by both, not alike', { 0: 90, 1: 11 }, { 0: 91, 1: 11 }, [0]],
  ['changed by both, alike', { 0: 90, 1: 11 }, { 0: 90, 1: 11 }, []],
  ['changed here, removed there', { 0: 90, 1: 11 }, { 1: 11 }, [0]],
  ['removed here, changed there', { 1: 11 }, { 0: 90, 1: 11 }, [0]],
  ['removed by both', { 1: 11 }, { 1: 11 }, []],
  ['changed by one', { 0: 90, 1: 11 }, { 0: 10, 1: 12 }, []],
])('a row %s', (_, mine, theirs, conflicts) => {
  const from = state({ 0: 10, 1: 11 });
  const found = threeWay(from, state(mine), state(theirs), true);
  expect(found.conflicts.map((one) => one.identity)).toEqual(conflicts);
  // Until it is chosen, one’s own reading stands.
  if (conflicts.length > 0) expect(found.taken).toEqual([]);
});

test('the same row added on both sides comes once, as the one that came first', () => {
  const [mine, theirs] = [state({ 0: 10, 5: 50, 6: 60 }), state({ 0: 10, 4: 60, 7: 50, 8: 80 })];
  const both = merged(state({ 0: 10 }), mine, theirs);
  expect(numbersOf(both)).toEqual([10, 60, 50, 80]);
  expect(merged(state({ 0: 10 }), theirs, mine)).toEqual(both);
});

test('what comes as what is here already, by another identity or hash, is not counted, neither before the merge nor by its commit', () => {
  const [from, mine, there] = [
    state({ 0: 10, 1: 11 }),
    state({ 0: 90, 1: 11, 6: 50, 7: 60 }),
    state({ 0: 90, 1: 91, 4: 60, 5: 50, 8: 80 }),
  ];
  // The lesser word of two is the merge's, whichever side asks.
  const hashes = there.examples.hashes.slice();
  hashes[1] = 0;
  const theirs: StateRows = { ...there, examples: { ...there.examples, hashes } };
  const { taken } = threeWay(from, mine, theirs, true);
  const counts = { changed: 1, added: 1, removed: 0 };
  expect(countsOf(mine, theirs, taken)).toEqual(counts);
  const change = mergeChange(mine, theirs, taken, true);
  const after = applyChange(mine.examples, change);
  expect(numbersOf(after)).toEqual([90, 91, 60, 50, 80]);
  expect(change.inserted?.identities).toEqual(Uint32Array.of(4, 5, 8));
  expect(describeChange(contract, after, change)).toMatchObject(counts);
});

test('a picture added on both sides is one: a label goes before none, and of two labels one is chosen, which comes to the same from either side', () => {
  /** Of each identity a picture of one number, and its label. */
  const pictures = (
    found: Readonly<Record<number, readonly [picture: number, label: number]>>,
  ): StateRows => {
    const numbers = Object.values(found).map(([picture]) => picture);
    const targets = Int32Array.from(Object.values(found), ([, label]) => label);
    const examples = { ...rows(...numbers), targets };
    const hash = new Uint32Array(4);
    for (const [row, target] of targets.entries()) {
      const bytes = bytesOf(examples.features);
      murmur128(hash, bytes, row * 4, (row + 1) * 4, targetSeed(target, true));
      examples.hashes.set(hash.subarray(0, 2), row * 2);
    }
    return { examples, identities: Uint32Array.from(Object.keys(found), Number) };
  };
  const from = pictures({ 0: [10, 0] });
  const mine = pictures({ 0: [10, 0], 1: [50, 0], 4: [70, UNLABELLED], 5: [60, 1], 6: [80, 1] });
  const theirs = pictures({ 0: [10, 0], 2: [60, 0], 3: [50, 0], 7: [80, 0], 8: [70, 1], 9: [90, 0] });
  const [there, back] = [threeWay(from, mine, theirs, false), threeWay(from, theirs, mine, false)];
  expect(there.conflicts).toEqual([
    { identity: 2, base: null, mine: 3, theirs: 1 },
    { identity: 6, base: null, mine: 4, theirs: 3 },
  ]);
  expect(back.conflicts.map((one) => one.identity)).toEqual([2, 6]);
  expect(countsOf(mine, theirs, there.taken)).toEqual({ changed: 1, added: 1, removed: 0 });
  const labelled = (one: StateRows, other: StateRows, taken: readonly Divergence[]) => {
    const { features, targets } = applyChange(one.examples, mergeChange(one, other, taken, false));
    return Array.from(features, (picture, row) => [picture, targets[row]]);
  };
  const [sixty] = there.conflicts;
  const taking = [...there.taken, sixty!].toSorted((a, b) => a.identity - b.identity);
  const both = labelled(mine, theirs, taking);
  expect(both).toEqual([
    ...[
      [10, 0],
      [50, 0],
      [60, 0],
      [80, 1],
      [70, 1],
      [90, 0],
    ],
  ]);
  // Chosen there as here: of the picture 60 their label, of 80 this one.
  const same = [...back.taken, back.conflicts[1]!].toSorted((a, b) => a.identity - b.identity);
  expect(labelled(theirs, mine, same)).toEqual(both);
  // Of a table they are so many cases.
  expect(threeWay(from, mine, theirs, true).conflicts).toEqual([]);
});

test('rows that became alike only in the merge stay rows of their own, with hashes of their own, from either side', () => {
  const [mine, theirs] = [state({ 0: 10, 1: 99, 2: 12 }), state({ 0: 99, 1: 11, 2: 12 })];
  const from = state({ 0: 10, 1: 11, 2: 12 });
  const both = merged(from, mine, theirs);
  expect(numbersOf(both)).toEqual([99, 99, 12]);
  expect(both.hashes.slice(0, 2)).toEqual(rows(99).hashes);
  expect(both.hashes[2]).toBe(both.hashes[0]);
  expect(both.hashes[3]).not.toBe(both.hashes[1]);
  expect(merged(from, theirs, mine)).toEqual(both);
  // Pictures that are alike are duplicates.
  const change = mergeChange(mine, theirs, threeWay(from, mine, theirs, false).taken, false);
  expect(applyChange(mine.examples, change).hashes).toEqual(rows(99, 99, 12).hashes);
});

test('a row is who it was through every change, also where a merge brought it', () => {
  const change = (replaced: readonly number[], removed: readonly number[], ...come: readonly number[]) => ({
    replaced: Uint32Array.from(replaced),
    removed: Uint32Array.from(removed),
    examples: come.length === 0 ? undefined : rows(...come),
  });
  const inserted = { rows: Uint32Array.of(2), identities: Uint32Array.of(3) };
  const kept: readonly { commit: { number: number; parent: number }; change: RowChange }[] = [
    { commit: { number: 1, parent: 0 }, change: change([1], [0], 90, 13) },
    { commit: { number: 2, parent: 0 }, change: change([], [], 14, 15) },
    { commit: { number: 3, parent: 2 }, change: { ...change([], [0], 13), inserted } },
    { commit: { number: 4, parent: 3 }, change: change([], [1], 16) },
  ];
  expect([0, 1, 2, 3, 4, 5].map((number) => rowIdentities(3, kept, number))).toEqual([
    Uint32Array.of(0, 1, 2),
    Uint32Array.of(1, 2, 3),
    Uint32Array.of(0, 1, 2, 4, 5),
    Uint32Array.of(1, 2, 3, 4, 5),
    Uint32Array.of(1, 3, 4, 5, 6),
    undefined,
  ]);
});

test('whatever both sides did, their conflicts are the same from either side, and so is what is merged where there are none', () => {
  const draw = random(7, 'three-way');
  const below = (limit: number): number => draw.below(limit);
  const reached = { conflicts: 0, merged: 0, alike: 0 };
  for (let round = 0; round < 500; round += 1) {
    const side = (first: number): StateRows => {
      const free = [20, 21, 22, 23, 24, 25].filter(() => below(2) === 0);
      const found: Record<number, number> = {};
      for (let identity = 0; identity < 4; identity += 1) {
        const what = below(4);
        if (what < 2) found[identity] = 10 + identity;
        else if (what === 2) found[identity] = free.pop() ?? 10 + identity;
      }
      for (const value of free.slice(0, 2)) found[(first += 2)] = value;
      return state(found);
    };
    const [mine, theirs] = [side(4), side(5)];
    const [there, back] = [threeWay(base, mine, theirs, true), threeWay(base, theirs, mine, true)];
    expect(back.conflicts.map((one) => one.identity)).toEqual(there.conflicts.map((one) => one.identity));
    if (there.conflicts.length > 0) {
      reached.conflicts += 1;
      continue;
    }
    reached.merged += 1;
    const both = merged(base, mine, theirs);
    expect(merged(base, theirs, mine)).toEqual(both);
    const hashes = numbersOf(both).map((_, row) => both.hashes.slice(row * 2, row * 2 + 2).join());
    expect(new Set(hashes).size).toBe(hashes.length);
    if (new Set(numbersOf(both)).size < both.count) reached.alike += 1;
  }
  expect(Math.min(...Object.values(reached))).toBeGreaterThan(5);
});
