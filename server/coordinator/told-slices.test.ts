import { expect, test } from 'vitest';
import type { Gate } from '#lib/core/gates/gate.ts';
import type { SliceTally } from '#lib/core/gates/slice-tally.ts';
import { settled } from '#lib/core/metrics/tally-sums.ts';
import { exampleSpec } from '../../test/simulation/example-spec.ts';
import { countedTally } from '../../test/support/counted-tally.ts';
import { askedFor, ToldSlices, wrongSlice } from './told-slices.ts';

const tally = (hits: number, count: number) => countedTally([hits, count - hits, 0, 0], count);
const part = (name: string, hits: number, count: number): SliceTally => ({
  column: 'sex',
  part: `is ${name}`,
  tally: tally(hits, count),
});
const shown = (told: ToldSlices) =>
  told.view()!.map(({ part: name, shown: one }) => [name, one?.tally.count ?? null]);

test('slices are told once two devices are in them and ten rows beside those of the largest, as sums over all rows', () => {
  const told = new ToldSlices();
  expect(told.view()).toBeUndefined();
  told.add([part('Female', 8, 60)], tally(20, 100));
  // Sixty rows, but of one device; and then it would know the one row of the other.
  expect(shown(told)).toEqual([['is Female', null]]);
  told.add([part('Female', 1, 1)], tally(20, 40));
  // A third counted, and has none.
  told.add([part('Female', 0, 0)], tally(20, 40));
  expect(shown(told)).toEqual([['is Female', null]]);
  told.add([part('Female', 3, 9)], tally(10, 20));
  expect(told.view()).toEqual([
    {
      column: 'sex',
      part: 'is Female',
      counted: 4,
      isEmpty: false,
      shown: { participants: 3, tally: settled(tally(12, 70)) },
    },
  ]);
});

test('a part is not told either where all rows less the told ones would tell of a few', () => {
  const told = new ToldSlices();
  for (const _ of [1, 2]) told.add([part('Female', 5, 10), part('Male', 20, 26)], tally(30, 39));
  // 78 rows less 20 and 52 leave 6 of neither part.
  const expected = [
    ['is Female', null],
    ['is Male', 52],
  ];
  expect(shown(told)).toEqual(expected);
  // Rows of a device that counted none of them, or another column, are no cover.
  told.add([], tally(500, 1000));
  told.add([{ ...part('Female', 100, 200), column: 'other' }], tally(500, 1000));
  expect(shown(told).slice(0, 2)).toEqual(expected);
});

test('two views after one another do not differ by one device, or by few rows in any part', () => {
  const told = new ToldSlices();
  const add = (female: number, male: number) =>
    told.add([part('Female', 1, female), part('Male', 1, male)], tally(2, female + male));
  add(20, 20);
  add(20, 20);
  const first = [
    ['is Female', 40],
    ['is Male', 40],
  ];
  expect(shown(told)).toEqual(first);
  add(20, 20);
  expect(shown(told)).toEqual(first);
  // Two devices more, but few rows of women: the men’s sum would tell of them, as that of all rows is known.
  add(3, 20);
  expect(shown(told)).toEqual(first);
  expect(told.view()!.map(({ counted }) => counted)).toEqual([2, 2]);
  add(7, 0);
  expect(shown(told)).toEqual([
    ['is Female', 70],
    ['is Male', 80],
  ]);
});

test('a part that grows enough later is told then only if what was left before stays of many', () => {
  const told = new ToldSlices();
  const add = (a: number, b: number, c: number) =>
    told.add([part('A', 1, a), part('B', 1, b), part('C', 1, c)], tally(2, a + b + c));
  add(50, 9, 2);
  add(50, 9, 2);
  // B and C are told together, as what A leaves: 22 rows.
  expect(shown(told)).toEqual([
    ['is A', 100],
    ['is B', null],
    ['is C', null],
  ]);
  add(50, 20, 0);
  add(50, 20, 0);
  // B has 58 now; all rows less A and B would tell of the 4 of C.
  expect(shown(told)).toEqual([
    ['is A', 200],
    ['is B', null],
    ['is C', null],
  ]);
});

test('only all parts of the columns that conditions name are taken', () => {
  const gates: Gate[] = [
    { kind: 'quality', metric: 'accuracy', slice: { column: 'sex', part: 'is Male' }, threshold: 0.7 },
  ];
  const sex = {
    type: 'category' as const,
    name: 'sex',
    categories: ['Female', 'Male'],
    missingAllowed: false,
  };
  const spec = exampleSpec();
  if (spec.contract.kind !== 'table') throw new Error('Not a table.');
  const asking = { gates, contract: { ...spec.contract, columns: [sex] } };
  const both = [part('Female', 5, 10), part('Male', 5, 10)];
  expect(askedFor(both, asking)).toEqual(both);
  expect(askedFor(both.slice(1), asking)).toBeUndefined();
  expect(askedFor([...both, { ...both[0]!, column: 'other' }], asking)).toBeUndefined();
});

test('parts that hold more rows than were scored, or one that is named twice, are refused', () => {
  const shape = { type: 'classification', classes: 2 } as const;
  const refused = (...slices: SliceTally[]) => wrongSlice(slices, tally(10, 20), shape);
  expect(refused(part('Female', 5, 10), part('Male', 5, 10))).toBeUndefined();
  expect(refused(part('Female', 5, 10), part('Male', 5, 11))).toMatch(/hold 21 rows, and 20 were scored/);
  expect(refused(part('Female', 5, 10), part('Female', 1, 2))).toMatch(/counted twice/);
  expect(refused({ ...part('Female', 5, 10), tally: { ...tally(5, 10), count: 9 } })).toMatch(
    /do not add up/,
  );
  const { scores: _, ...before } = tally(5, 10);
  expect(refused({ ...part('Female', 5, 10), tally: before })).toMatch(/say nothing of scores/);
});
