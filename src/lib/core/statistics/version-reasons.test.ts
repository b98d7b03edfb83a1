// Parts in which a version does worse, what it leans on, and how well files kept the contract: sums of devices held to what is known of rows
// in one place.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { TableContract } from '../data/contract.ts';
import { VersionNumber } from '../ids.ts';
import { random } from '../random.ts';
import { clippedEffects } from './importance.ts';
import { askedStatistic, type Asked, type Figures } from './index.ts';
import { mostFirst, pairWords, worstFirst } from './ordered.ts';
import { pairCount } from './slices.ts';
import { crossableColumns, questionOf, subjects } from './usual-question.ts';
import { worsePairs } from './worse-pairs.ts';
import { checkQuestion, layoutOf, measureSurvey, readSurvey } from './survey.ts';
import type { Measured } from './statistic.ts';

const number = (name: string, mean: number, standardDeviation: number) =>
  ({
    type: 'number',
    name,
    minimum: null,
    maximum: null,
    missingAllowed: false,
    mean,
    standardDeviation,
  }) as const;
const contract: TableContract = {
  kind: 'table',
  columns: [
    number('age', 50, 10),
    { type: 'category', name: 'ward', categories: ['north', 'south'], missingAllowed: true },
    number('mass', 70, 12),
  ],
  target: { type: 'number', name: 'days', mean: 8, standardDeviation: 2 },
};
const WIDTH = 4;
const version = v.parse(VersionNumber, 2);
const draw = random(3, 'reasons');

/** f = 0.5·age + 1·[north] − 0.25·mass, encoded; off by a whole deviation in the south, and by a tenth elsewhere. */
function deviceOf(count: number): Measured {
  const features = new Float32Array(count * WIDTH);
  const predict = (given: Float32Array, rows: number): Float32Array =>
    Float32Array.from(
      { length: rows },
      (_, at) => 0.5 * given[at * WIDTH]! + given[at * WIDTH + 1]! - 0.25 * given[at * WIDTH + 3]!,
    );
  for (let row = 0; row < count; row += 1) {
    const ward = draw.below(3);
    features.set([draw.normal(), Number(ward === 0), Number(ward === 1), draw.normal()], row * WIDTH);
  }
  const outputs = predict(features, count);
  const targets = outputs.map((one, row) => one + (features[row * WIDTH + 2] === 1 ? 1 : 0.1));
  return { contract, count, features, targets, outputs, predict };
}
const devices = [deviceOf(10), deviceOf(30), deviceOf(25), deviceOf(7)];

function total(asked: Asked, of: readonly Measured[], deviation = 0, read = contract): Figures {
  expect(checkQuestion([asked], read)).toBeUndefined();
  const layout = layoutOf([asked], read);
  const values = new Float64Array(layout.length);
  for (const one of of) for (const [i, own] of measureSurvey(layout, [one], one).entries()) values[i]! += own;
  const [figures] = readSurvey(layout, read, { values, devices: of.length, deviations: [deviation] });
  return figures!;
}

test('the part in which a version is worst comes first, with the error that it has there', () => {
  const figures = total({ statistic: 'slices', version, columns: ['age', 'ward'] }, devices);
  if (figures.statistic !== 'slices') throw new Error('Parts were asked for.');
  expect(figures.rows).toBe(72);
  const [worst] = worstFirst(figures);
  // A deviation of the target is 2 days.
  expect(worst?.says).toBe('ward is south');
  expect(worst?.shown?.loss).toBeCloseTo(2, 5);
  const rows = (column: string): number =>
    figures.slices
      .filter((one) => one.column === column)
      .reduce((sum, one) => sum + (one.shown?.count ?? 0), 0);
  expect(rows('ward')).toBe(72);
  expect(figures.slices.map((one) => one.says)).toEqual([
    'is at most 40',
    'is above 40 and at most 50',
    'is above 50 and at most 60',
    'is above 60',
    'is north',
    'is south',
    'is missing',
  ]);
});

test('a part of few rows, or of no more than its noise, is not told', () => {
  const asked: Asked = { statistic: 'slices', version, columns: ['ward'] };
  const shown = (figures: Figures): boolean[] =>
    figures.statistic === 'slices' ? figures.slices.map((one) => one.shown !== null) : [];
  expect(shown(total(asked, [deviceOf(9)]))).toEqual([false, false, false]);
  expect(shown(total(asked, devices))).toEqual([true, true, true]);
  expect(shown(total(asked, devices, 40))).toEqual([false, false, false]);
});

test('parts of few rows are not told by what all others leave: the smallest of those goes with them', () => {
  const asked: Asked = { statistic: 'slices', version, columns: ['ward'] };
  const shown = (north: number, south: number, missing: number) => {
    const count = north + south + missing;
    const features = new Float32Array(count * WIDTH);
    for (let row = 0; row < north + south; row += 1) features[row * WIDTH + (row < north ? 1 : 2)] = 1;
    const rows = new Float32Array(count);
    const { slices, rows: all } = slicesOf(
      total(asked, [{ contract, count, features, targets: rows, outputs: rows }]),
    );
    return [all, ...slices.map((one) => one.shown?.count ?? null)];
  };
  expect(shown(30, 12, 3)).toEqual([45, 30, null, null]);
  expect(shown(12, 30, 1)).toEqual([43, null, 30, null]);
  expect(shown(30, 12, 0)).toEqual([42, 30, 12, null]);
  expect(shown(30, 6, 4)).toEqual([40, 30, null, null]);
  expect(shown(30, 6, 3)).toEqual([39, null, null, null]);
  expect(shown(30, 12, 10)).toEqual([52, 30, 12, 10]);
});

/** Of two classes: wrong twice in a row of ten, and in the south beyond 60 years four times of five. */
const classes: TableContract = {
  ...contract,
  target: {
    type: 'classes',
    name: 'ill',
    classes: ['no', 'yes'].map((label) => ({ label, values: [label] })),
  },
};
const inBadPair = (features: ArrayLike<number>, row: number): boolean =>
  features[row * WIDTH]! > 1 && features[row * WIDTH + 2] === 1;
function answeredBy(count: number): Measured {
  const { features } = deviceOf(count);
  const targets = new Int32Array(count);
  const outputs = new Float32Array(2 * count);
  for (let row = 0; row < count; row += 1)
    outputs[2 * row + Number(draw.next() < (inBadPair(features, row) ? 0.8 : 0.1))] = 1;
  return { contract: classes, count, features, targets, outputs };
}
const answered = [400, 50, 700, 850].map(answeredBy);
const crossing: Asked = {
  statistic: 'slices',
  version,
  columns: ['age', 'ward', 'mass'],
  crossed: ['age', 'ward', 'mass'],
};
const slicesOf = (figures: Figures) => {
  if (figures.statistic !== 'slices') throw new Error('Parts were asked for.');
  return figures;
};

test('a planted bad pair of parts ranks first beside its parts, and what devices sum is what all rows say', () => {
  const figures = slicesOf(total(crossing, answered, 0, classes));
  const [worst] = worstFirst(figures);
  expect(worst?.says).toBe('age is above 60, ward is south');
  expect(worst?.alone.map(({ says }) => says)).toEqual(['is above 60', 'is south']);
  // Four parts of age and of mass, three of the ward.
  expect(figures.pairs?.asked).toBe(12 + 16 + 12);
  expect(figures.pairs?.worse).toHaveLength(1);
  expect(pairWords(figures)).toMatch(/^Of 40 pairs of parts one is worse/);
  let [rows, wrong, old, oldWrong] = [0, 0, 0, 0];
  for (const { count, features, outputs } of answered)
    for (let row = 0; row < count; row += 1) {
      const isWrong = outputs![2 * row + 1]!;
      if (features[row * WIDTH]! > 1) [old, oldWrong] = [old + 1, oldWrong + isWrong];
      if (inBadPair(features, row)) [rows, wrong] = [rows + 1, wrong + isWrong];
    }
  expect(worst?.shown).toEqual({ count: rows, loss: wrong / rows });
  expect(worst?.alone[0]?.shown).toEqual({ count: old, loss: oldWrong / old });
  const pooled: Measured = {
    contract: classes,
    count: answered.reduce((sum, { count }) => sum + count, 0),
    features: Float32Array.from(answered.flatMap(({ features }) => [...features])),
    targets: Int32Array.from(answered.flatMap(({ targets }) => [...targets])),
    outputs: Float32Array.from(answered.flatMap(({ outputs }) => [...outputs!])),
  };
  expect(total(crossing, [pooled], 0, classes)).toEqual(figures);
  // Asked without pairs, the parts say the same.
  const { crossed: _, ...single } = crossing;
  expect(slicesOf(total(single, answered, 0, classes)).slices).toEqual(figures.slices);
});

test('a pair is told of squared errors too, and where noise could have made it, no longer', () => {
  const rows = deviceOf(400);
  const targets = rows.outputs!.map((one, row) => one + (inBadPair(rows.features, row) ? 1 : 0.1));
  const planted = [{ ...rows, targets }];
  const [worst] = worstFirst(slicesOf(total(crossing, planted)));
  expect(worst?.says).toBe('age is above 60, ward is south');
  expect(worst?.shown?.loss).toBeCloseTo(2, 5);
  const told = (deviation: number) =>
    slicesOf(total(crossing, answered, deviation, classes)).pairs?.worse.length;
  expect([0, 1, 12].map(told)).toEqual([1, 1, 0]);
});

test('a pair that is no worse than one of its parts, too small, or beside too few others, is not told', () => {
  const part = (rows: number, losses: number) => ({ rows, losses, squares: null });
  const pair = (rows: number, losses: number, parts: [number, number] = [0, 1]) => ({
    ...part(rows, losses),
    parts,
    cut: 2,
  });
  const exact = { least: 10, rows: 2000, hidden: new Set<number>(), deviation: 0 };
  const many = [part(200, 50), part(300, 60)];
  expect(worsePairs([pair(60, 40)], many, exact)).toHaveLength(1);
  // 40 of 60 in a part of which 133 of 200 are wrong: no worse than that one.
  expect(worsePairs([pair(60, 40)], [part(200, 133), part(300, 60)], exact)).toEqual([]);
  expect(worsePairs([pair(9, 9)], many, exact)).toEqual([]);
  // Nine others in the first part: the difference would tell of them.
  expect(worsePairs([pair(191, 191)], [part(200, 191), part(900, 200)], exact)).toEqual([]);
  // Two pairs that leave nine of the part they share: one of them is told. With ten others more, both.
  const shared = (rows: number) => [part(rows, 50), part(400, 80), part(400, 80)];
  const two = [pair(25, 25, [0, 1]), pair(25, 25, [0, 2])];
  expect(worsePairs(two, shared(59), exact)).toEqual([two[0]]);
  expect(worsePairs(two, shared(69), exact)).toEqual(two);
  // Of 449 rows nine are in neither part, 449 − 200 − 300 + 60: they would be told by the difference. Of 450, ten.
  expect(worsePairs([pair(60, 40)], many, { ...exact, rows: 449 })).toEqual([]);
  expect(worsePairs([pair(60, 40)], many, { ...exact, rows: 450 })).toHaveLength(1);
  // Both pairs of the first part with the others: 69 + 400 + 400 − 50 rows are in one of the three.
  expect(worsePairs(two, shared(69), { ...exact, rows: 828 })).toEqual([two[0]]);
  expect(worsePairs(two, shared(69), { ...exact, rows: 829 })).toEqual(two);
  expect(worsePairs(two, shared(69), { ...exact, hidden: new Set([1]) })).toEqual([two[1]]);
  // One error of eight deviations among ten rows is an outlier, and no pair: ten of a fifth of that are one.
  const numbers = (rows: number, losses: number, squares: number) => ({ rows, losses, squares });
  const mild = [numbers(1000, 2.99, 1.02), numbers(1000, 2.99, 1.02)];
  const outlier = { ...pair(10, 1.02), squares: 1.0001 };
  expect(worsePairs([outlier], mild, exact)).toEqual([]);
  const steady = { ...pair(10, 0.4), squares: 0.0161 };
  const calm = [numbers(1000, 2.4, 0.03), numbers(1000, 2.4, 0.03)];
  expect(worsePairs([steady], calm, exact)).toHaveLength(1);
  // Five of ten, where 45 of the other 190 are wrong: by chance one time of fourteen.
  expect(worsePairs([pair(10, 5)], many, exact)).toEqual([]);
});

test('columns that are crossed are of the question, cut into few parts, and make no more pairs than a question has', () => {
  const wide: TableContract = {
    ...contract,
    columns: [
      ...contract.columns,
      ...['town', 'house'].map((name, at) => ({
        type: 'category' as const,
        name,
        categories: Array.from({ length: at === 0 ? 21 : 20 }, (_, one) => `${one}`),
        missingAllowed: false,
      })),
      ...Array.from({ length: 6 }, (_, at) => number(`n${at}`, 0, 1)),
    ],
  };
  const check = (columns: string[], crossed: string[]) =>
    checkQuestion([{ statistic: 'slices', version, columns, crossed }], wide);
  expect(check(['age'], ['age', 'ward'])).toMatch(/“ward” is crossed and not among/);
  expect(check(['age', 'town'], ['age', 'town'])).toMatch(/“town” has 21 parts, .* 20 at most/);
  expect(check(['age', 'house'], ['age', 'age'])).toMatch(/once/);
  expect(check(['age', 'house'], ['age', 'house'])).toBeUndefined();
  // 20 with seven of 4, and 21 pairs of those: 560 + 336 and, with the ward, 60 + 7 · 12.
  const all = ['house', 'age', 'n0', 'n1', 'n2', 'n3', 'n4', 'n5'];
  expect(check(all, all)).toBeUndefined();
  const more = [...all.slice(0, 7), 'ward'];
  expect(pairCount(wide, more)).toBe(480 + 60 + 15 * 16 + 6 * 12);
  expect(crossableColumns(wide)).not.toContain('town');
});

test('of a line, the importance of a column is the mean size of its weight times its value', () => {
  const figures = total({ statistic: 'importance', version }, devices);
  if (figures.statistic !== 'importance') throw new Error('Importance was asked for.');
  const means = [0, 0, 0];
  for (const { features, count } of devices)
    for (let row = 0; row < count; row += 1) {
      means[0]! += Math.abs(0.5 * features[row * WIDTH]!) / 72;
      means[1]! += features[row * WIDTH + 1]! / 72;
      means[2]! += Math.abs(0.25 * features[row * WIDTH + 3]!) / 72;
    }
  expect(figures.rows).toBe(72);
  // In days.
  for (const [at, mean] of means.entries()) expect(figures.columns[at]?.mean).toBeCloseTo(2 * mean, 5);
  expect(mostFirst(figures)[0]?.name).toBe('age');
  const noisy = total({ statistic: 'importance', version }, devices, 3);
  // Of 4 deviations of the target, 2 days each, over 72 rows.
  expect(noisy.statistic === 'importance' && noisy.reach).toBeCloseTo((1.96 * 3 * 8) / 72, 9);
});

test('no row moves the importance by more than its bound, and a whole survey no further than its reach', () => {
  const clipped = clippedEffects(Float64Array.of(30, -40), 4);
  expect(Math.hypot(...clipped)).toBeCloseTo(1, 12);
  expect(clipped[1]! / clipped[0]!).toBeCloseTo(4 / 3, 12);
  expect([...clippedEffects(Float64Array.of(1, -2), 4)]).toEqual([0.25, 0.5]);
  const far = deviceOf(1);
  far.features.set([100, 1, 0, -100]);
  let asked = 0;
  const crossed = ['age', 'ward', 'mass'];
  for (const subject of subjects) {
    if (subject === 'groups') continue;
    const question = questionOf(subject, contract, { version, column: 'ward', crossed });
    for (const one of question) {
      const { reach } = layoutOf([one], contract);
      const broken = [{ kind: 'missing-value', column: 'age' }];
      const values = askedStatistic(one).measure({ ...far, checked: { refused: 1, broken } });
      expect(Math.hypot(...values)).toBeLessThanOrEqual(reach + 1e-9);
      asked += 1;
    }
  }
  expect(asked).toBeGreaterThanOrEqual(6);
});

test('devices are counted by the rules that their files broke, each once, and those that were not checked not at all', () => {
  const broken = (kind: string, column: string | null) => ({ kind, column });
  const checks = [
    { refused: 0, broken: [] },
    { refused: 3, broken: [broken('not-a-number', 'age'), broken('not-a-time', 'age')] },
    { refused: 1, broken: [broken('not-a-number', 'age'), broken('out-of-range', 'mass')] },
    { refused: 2, broken: [broken('duplicate', null), broken('unknown-class', 'days')] },
    undefined,
  ];
  const [one] = devices;
  const figures = total(
    { statistic: 'contract-rules' },
    checks.map((checked) => ({ ...one!, ...(checked === undefined ? {} : { checked }) })),
  );
  expect(figures).toEqual({
    statistic: 'contract-rules',
    checked: 4,
    whole: 1,
    columns: [
      { name: 'age', broken: [0, 2, 0, 0] },
      { name: 'ward', broken: [0, 0, 0, 0] },
      { name: 'mass', broken: [0, 0, 1, 0] },
      { name: 'days', broken: [0, 1, 0, 0] },
      { name: 'whole rows and files', broken: [0, 0, 0, 1] },
    ],
  });
});

test('pictures have no columns to be cut by', () => {
  const pictures = { kind: 'image', height: 2, width: 2, channels: 1, classes: ['a', 'b'] } as const;
  const questions: Asked[] = [
    { statistic: 'slices', version, columns: ['age'] },
    { statistic: 'importance', version },
  ];
  for (const asked of questions)
    expect(checkQuestion([asked], { ...pictures, classes: [...pictures.classes] })).toContain('pictures');
});
