// Parts in which a version does worse, what it leans on, and how well files kept the contract: sums of devices held to what is known of rows
// in one place.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { TableContract } from '../data/contract.ts';
import { VersionNumber } from '../ids.ts';
import { random } from '../random.ts';
import { clippedEffects } from './importance.ts';
import { askedStatistic, type Asked, type Figures } from './index.ts';
import { mostFirst, worstFirst } from './ordered.ts';
import { questionOf, subjects } from './usual-question.ts';
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

function total(asked: Asked, of: readonly Measured[], deviation = 0): Figures {
  expect(checkQuestion([asked], contract)).toBeUndefined();
  const layout = layoutOf([asked], contract);
  const values = new Float64Array(layout.length);
  for (const one of of) for (const [i, own] of measureSurvey(layout, [one], one).entries()) values[i]! += own;
  const [figures] = readSurvey(layout, contract, { values, devices: of.length, deviations: [deviation] });
  return figures!;
}

test('the part in which a version is worst comes first, with the error that it has there', () => {
  const figures = total({ statistic: 'slices', version, columns: ['age', 'ward'] }, devices);
  if (figures.statistic !== 'slices') throw new Error('Parts were asked for.');
  expect(figures.rows).toBe(72);
  const [worst] = worstFirst(figures);
  // A deviation of the target is 2 days.
  expect(worst).toMatchObject({ column: 'ward', says: 'is south' });
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
  for (const subject of subjects) {
    if (subject === 'groups') continue;
    const question = questionOf(subject, contract, { version, column: 'ward' });
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
