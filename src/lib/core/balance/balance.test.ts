// Rows that balance classes: SMOTE and SMOTE-NC against neighbours that scikit-learn found and the example of the paper, and what is added.
import { expect, test } from 'vitest';
import type { TableContract } from '../data/contract.ts';
import { learnt, type LearnerRows } from '../learners/learner.ts';
import { forest } from '../learners/forest.ts';
import { readOptions } from '../named-options.ts';
import { random, type Random } from '../random.ts';
import { balancedRows } from './balanced-rows.ts';
import type { Balance } from './balances.ts';
import { rowLayout, rowsBetween } from './smote.ts';

type Columns = TableContract['columns'];
const number = (name: string, missingAllowed = false): Columns[number] => ({
  type: 'number',
  name,
  minimum: null,
  maximum: null,
  missingAllowed,
  mean: 0,
  standardDeviation: 1,
});
const category = (name: string, ...categories: string[]): Columns[number] => ({
  type: 'category',
  name,
  categories,
  missingAllowed: true,
});
const contractOf = (columns: Columns): TableContract => ({
  kind: 'table',
  columns,
  target: {
    type: 'classes',
    name: 'kind',
    classes: ['common', 'rare', 'never'].map((label) => ({ label, values: [label] })),
  },
});

function inOneGo<T>(steps: Generator<unknown, T, undefined>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Rows as they stand, always the same neighbour, always so far. */
const fixed = (neighbour: number, share: number): Random => ({
  ...random(1),
  shuffle: (items) => items,
  below: () => neighbour,
  next: () => share,
});

const flags = (code: number, of: number): number[] =>
  Array.from({ length: of }, (_, at) => Number(at === code));
const madeOf = (
  columns: Columns,
  rows: readonly (readonly number[])[],
  draw: Random,
  wanted = rows.length,
) => {
  const layout = rowLayout({ columns })!;
  const made = inOneGo(rowsBetween(layout, Float32Array.from(rows.flat()), wanted, draw));
  return Array.from({ length: wanted }, (_, row) => [
    ...made.subarray(row * layout.width, (row + 1) * layout.width),
  ]);
};
const f32 = (values: readonly number[]): number[] => values.map(Math.fround);

// Drawn by numpy (RandomState(7)), rounded; the neighbours of each row by scikit-learn 1.9.1: by the Euclidean distance of the numbers,
// and by that of Chawla et al. 2002, §6.1, the median deviation by numpy.
const points = [
  [1.69, -0.93, 0.02],
  [0.41, -1.58, 0],
  [0, -3.51, 0.51],
  [0.6, -1.25, -0.09],
  [0.51, -0.52, -0.12],
  [-1.45, 1.11, 0.06],
  [0.27, -3.05, 0.83],
  [0.15, -0.77, 1.01],
  [-0.05, -2.9, -0.2],
  [-2.29, 2.1, -0.21],
  [-0.74, 2.14, -0.83],
  [0.54, -4.13, -0.33],
];
const kinds = [1, 0, 1, 2, 1, 1, 1, 1, 1, 2, 2, 2];
const signs = [1, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1];
const byNumbers = [
  [3, 4, 1, 7, 8],
  [3, 4, 7, 8, 0],
  [6, 8, 11, 1, 3],
  [1, 4, 0, 7, 8],
  [3, 1, 7, 0, 8],
  [9, 10, 4, 7, 3],
  [2, 8, 11, 1, 3],
  [4, 3, 1, 0, 6],
  [2, 6, 11, 1, 3],
  [5, 10, 4, 7, 3],
  [5, 9, 4, 7, 3],
  [2, 8, 6, 1, 3],
];
const byAll = [
  [3, 4, 1, 7, 8],
  [3, 8, 0, 4, 7],
  [8, 6, 11, 1, 3],
  [1, 0, 4, 7, 8],
  [7, 3, 0, 1, 8],
  [9, 10, 4, 7, 3],
  [2, 8, 11, 1, 7],
  [4, 3, 1, 0, 6],
  [2, 6, 11, 1, 3],
  [5, 10, 4, 7, 3],
  [9, 5, 4, 3, 7],
  [2, 8, 6, 1, 3],
];

test.each([
  ['numbers alone', byNumbers, false],
  ['numbers and categories', byAll, true],
])(
  'of %s a row lies between a row and its five neighbours, as scikit-learn finds them',
  (_, golden, mixed) => {
    const columns = ['a', 'b', 'c'].map((name) => number(name));
    const all = mixed ? [...columns, category('kind', 'x', 'y', 'z'), category('sign', '-', '+')] : columns;
    const rows = points.map((point, row) =>
      mixed ? [...point, ...flags(kinds[row]!, 3), ...flags(signs[row]!, 2)] : point,
    );
    for (let neighbour = 0; neighbour < 5; neighbour += 1) {
      // All the way: the row is the neighbour itself; a quarter of it: from the row towards it.
      const there = madeOf(all, rows, fixed(neighbour, 1));
      expect(there.map((row) => row.slice(0, 3))).toEqual(golden.map((of) => f32(points[of[neighbour]!]!)));
      const quarter = madeOf(all, rows, fixed(neighbour, 0.25))[0]!.slice(0, 3);
      const [from, to] = [f32(points[0]!), f32(points[golden[0]![neighbour]!]!)];
      expect(quarter).toEqual(f32(from.map((value, at) => value + 0.25 * (to[at]! - value))));
    }
  },
);

test('the example of the paper (§6.1): what most neighbours have, and of equally many the row’s own or the nearest’s', () => {
  const letters = ['A', 'B', 'C', 'D', 'E', 'K'];
  const columns = [
    ...['x', 'y', 'z'].map((name) => number(name)),
    ...['p', 'q', 'r'].map((name) => category(name, ...letters)),
  ];
  const row = (numbers: readonly number[], text: string): number[] => [
    ...numbers,
    ...[...text].flatMap((letter) => flags(letters.indexOf(letter), 6)),
  ];
  const three = [row([1, 2, 3], 'ABC'), row([4, 6, 5], 'ADE'), row([3, 5, 6], 'ABK')];
  // F3 is nearer to F1 (4 + 9 + 9 + Med²) than F2 is (9 + 16 + 4 + 2 Med²). A twice; B as the row has it; K of the nearer.
  expect(madeOf(columns, three, fixed(0, 0.5), 1)).toEqual([row([2, 3.5, 4.5], 'ABK')]);
});

test('a number that most neighbours lack is lacking; where one end lacks it, it is the other’s', () => {
  const columns = [number('a'), number('b', true)];
  const lacking = (a: number): number[] => [a, 0, 1];
  const known = (a: number, b: number): number[] => [a, b, 0];
  const [first] = madeOf(columns, [known(0, 5), lacking(1), lacking(2), lacking(3)], fixed(0, 0.5));
  expect(first).toEqual(lacking(0.5));
  const [second] = madeOf(columns, [lacking(0), known(1, 4), known(2, 6), lacking(9)], fixed(0, 0.5));
  expect(second).toEqual(known(0.5, 4));
});

test('a number that has two values in the class keeps to them', () => {
  const rows = [
    [0, 1],
    [1, 2],
    [0, 4],
    [1, 8],
  ];
  const made = madeOf([number('flag'), number('size')], rows, fixed(0, 0.4), 4);
  expect(made.every(([flag]) => flag === 0 || flag === 1)).toBe(true);
  expect(made.some(([, size]) => !Number.isInteger(size))).toBe(true);
});

test('of a single row there are copies, and nothing lies between texts', () => {
  expect(madeOf([number('a')], [[7]], fixed(0, 0.5), 2)).toEqual([[7], [7]]);
  expect(rowLayout({ columns: [number('a'), { type: 'text', name: 't', missingAllowed: true }] })).toBe(
    undefined,
  );
});

const contract = contractOf([number('a'), number('b')]);
/** Twenty of the commonest, six of the rare, none of a third. */
const unbalanced: LearnerRows = {
  count: 26,
  features: Float32Array.from({ length: 52 }, (_, at) => ((at * 37) % 101) / 10),
  targets: Int32Array.from({ length: 26 }, (_, row) => Number(row % 4 === 3)),
};
const balanced = (how: Exclude<Balance, 'none'>, rows = unbalanced, seed = 1) => {
  const done = inOneGo(balancedRows(contract, rows, how, seed));
  if (!done.ok) throw new Error(done.error);
  return done.value;
};

test.each(['repeat', 'synthetic'] as const)(
  'by %s each class there is comes to the commonest, behind the rows themselves',
  (how) => {
    const { rows, added } = balanced(how);
    expect(added).toEqual([0, 14, 0]);
    expect(rows).toMatchObject({ count: 40, added: 14 });
    expect(rows.features.subarray(0, 52)).toEqual(unbalanced.features);
    expect([...rows.targets.subarray(26)].every((own) => own === 1)).toBe(true);
    const seen = new Set(
      Array.from({ length: 26 }, (_, row) => String(unbalanced.features.subarray(2 * row, 2 * row + 2))),
    );
    const isSeen = Array.from({ length: 14 }, (_, row) =>
      seen.has(String(rows.features.subarray(52 + 2 * row, 54 + 2 * row))),
    );
    expect(isSeen).toEqual(isSeen.map(() => how === 'repeat'));
    // By the seed alone, and what is balanced stays as it is.
    expect(balanced(how).rows).toEqual(rows);
    expect(balanced(how, unbalanced, 2).rows).not.toEqual(rows);
    expect(balanced(how, rows)).toEqual({ rows, added: [0, 0, 0] });
  },
);

test('rows that would not be held are refused before they are made', () => {
  // As long as it says, and holding nothing.
  const features = new Float32Array(0);
  Object.defineProperty(features, 'length', { value: 26 * 5_000_000 });
  const done = inOneGo(balancedRows(contract, { ...unbalanced, features }, 'repeat', 1));
  expect(done).toEqual({ ok: false, error: expect.stringMatching(/26 rows would be 40/) });
});

test('a forest judges no tree by rows that were added: its curve is left away', () => {
  const options = readOptions(forest, { trees: 2 });
  if (!options.ok) throw new Error(options.error.message);
  const curve = (rows: LearnerRows) =>
    learnt(forest.learn({ contract, rows, options: options.value, seed: 1 })).curve;
  expect(curve(unbalanced)).toHaveLength(2);
  expect(curve(balanced('synthetic').rows)).toBe(undefined);
});
