// Surveys end to end in numbers: what devices measure is added up word by word, as a secure sum does, and the figures of the total are held
// against those of all rows in one place, worked out in another way.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { TableContract } from '../data/contract.ts';
import { digestOfText } from '../digest.ts';
import { FederationId, RunNumber, SurveyNumber, VersionNumber } from '../ids.ts';
import { figure } from '../metrics/figures.ts';
import { groupFairness } from '../metrics/group-fairness.ts';
import { outputScorer } from '../model/scoring.ts';
import { softmaxRows } from '../model/head.ts';
import { noPrivacy, type Noised, type Privacy } from '../privacy/rules.ts';
import { random } from '../random.ts';
import { areaUnderCurve } from '../metrics/score-curve.ts';
import { lowestMean } from './accuracies.ts';
import { quantile } from './histogram.ts';
import type { Figures } from './index.ts';
import { usualStatistics } from './rules.ts';
import { surveyPlan, surveyTotal, surveyWords, type SurveyPlan } from './survey-sum.ts';
import { checkQuestion, measureSurvey, readSurvey, type Question } from './survey.ts';
import type { Measured } from './statistic.ts';

const contract: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age',
      minimum: 18,
      maximum: 100,
      missingAllowed: false,
      mean: 50,
      standardDeviation: 10,
    },
    {
      type: 'number',
      name: 'mass',
      minimum: null,
      maximum: null,
      missingAllowed: true,
      mean: 70,
      standardDeviation: 12,
    },
    { type: 'category', name: 'sex', categories: ['female', 'male'], missingAllowed: true },
  ],
  target: {
    type: 'classes',
    name: 'ill',
    classes: [
      { label: 'no', values: ['no'] },
      { label: 'yes', values: ['yes'] },
    ],
  },
};
const WIDTH = 5;
const version = v.parse(VersionNumber, 3);

interface Row {
  readonly age: number;
  readonly mass: number | null;
  readonly sex: 0 | 1 | null;
  readonly ill: 0 | 1;
  /** The two logits that a version gives it. */
  readonly logits: readonly [number, number];
}

function rowsOf(count: number, seed: number): Row[] {
  const draw = random(seed, 'rows');
  return Array.from({ length: count }, () => {
    const ill = draw.next() < 0.3 ? 1 : 0;
    // 32-bit floats, as rows are encoded: what is pooled is what the devices hold.
    const age = Math.fround(Math.min(4.9, Math.max(-3.1, draw.normal() + 0.4 * ill)));
    const mass =
      draw.next() < 0.2 ? null : Math.fround(Math.min(3.9, Math.max(-3.9, 0.6 * age + draw.normal())));
    const sex = draw.next() < 0.1 ? null : draw.next() < 0.5 ? 0 : 1;
    return { age, mass, sex, ill, logits: [0, Math.fround(2 * draw.normal() + 1.8 * ill - 1)] };
  });
}

function measuredOf(rows: readonly Row[]): Measured {
  const features = new Float32Array(rows.length * WIDTH);
  const outputs = new Float32Array(rows.length * 2);
  for (const [at, { age, mass, sex, logits }] of rows.entries()) {
    features.set([age, mass ?? 0, mass === null ? 1 : 0], at * WIDTH);
    if (sex !== null) features[at * WIDTH + 3 + sex] = 1;
    outputs.set(logits, at * 2);
  }
  softmaxRows(outputs, 2);
  return {
    contract,
    count: rows.length,
    features,
    targets: Int32Array.from(rows, ({ ill }) => ill),
    outputs,
  };
}

/** Devices of very different sizes. */
function devicesOf(rows: readonly Row[]): Row[][] {
  const ends = [3, 10, 40, 41, 300, 800, rows.length];
  return ends.map((end, index) => rows.slice(ends[index - 1] ?? 0, end));
}

function planOf(question: Question, privacy: Privacy, cohort: number, mostRows = 100): SurveyPlan {
  expect(checkQuestion(question, contract)).toBeUndefined();
  const plan = surveyPlan(
    { contract, privacy, statistics: { ...usualStatistics, mostRows } },
    {
      federation: v.parse(FederationId, 'wards'),
      run: v.parse(RunNumber, 1),
      survey: v.parse(SurveyNumber, 1),
      question,
      version,
      digest: digestOfText('version'),
    },
    cohort,
  );
  if (!plan.ok) throw new Error(plan.error);
  return plan.value;
}

function surveyed(
  question: Question,
  devices: readonly (readonly Row[])[],
  privacy: Privacy = noPrivacy,
  { seed = 1, mostRows = 100 } = {},
): {
  readonly figures: readonly Figures[];
  readonly values: Float64Array;
  readonly deviations: readonly number[];
} {
  const plan = planOf(question, privacy, devices.length, mostRows);
  const survivors = devices.length;
  const sum = new Uint32Array(plan.config.words + plan.config.tail);
  for (const [index, rows] of devices.entries()) {
    const measured = measuredOf(rows);
    const values = measureSurvey(plan.layout, [measured], measured);
    const draws = random(seed, 'noise', index);
    const draw = (bytes: number): Uint8Array => {
      const words = new Uint32Array(Math.ceil(bytes / 4));
      draws.fill(words);
      return new Uint8Array(words.buffer, 0, bytes);
    };
    const rounding = `${seed}/${index}`;
    const count = { data: rows.length, version: rows.length };
    const words = surveyWords(plan, values, count, { survivors, rounding, draw });
    for (let i = 0; i < sum.length; i += 1) sum[i]! += words[i]!;
  }
  const total = surveyTotal(plan, sum, devices.length, survivors);
  if (!total.ok) throw new Error(total.error.kind);
  const figures = readSurvey(plan.layout, contract, { ...total.value, devices: devices.length });
  return { figures, ...total.value };
}

const of = <Name extends Figures['statistic']>(
  name: Name,
  figures: readonly Figures[],
): Extract<Figures, { statistic: Name }> => {
  const found = figures.find((one) => one.statistic === name);
  if (found === undefined) throw new Error(`There are no figures of ${name}.`);
  return found as Extract<Figures, { statistic: Name }>;
};

const all = rowsOf(1500, 1);
const devices = devicesOf(all);
const close = (got: number | null | undefined, wanted: number): void =>
  expect(Math.abs((got ?? Number.NaN) / wanted - 1)).toBeLessThan(1e-6);

test('histograms, categories and classes of a cohort are those of all rows, exactly', () => {
  const question: Question = [
    { statistic: 'target' },
    { statistic: 'distributions', columns: ['age', 'mass', 'sex'], bins: 16 },
  ];
  const { figures } = surveyed(question, devices);
  expect(figures).toEqual(surveyed(question, [all]).figures);

  const count = (holds: (row: Row) => boolean): number => all.filter(holds).length;
  expect(of('target', figures).classes).toEqual([
    { label: 'no', count: count(({ ill }) => ill === 0) },
    { label: 'yes', count: count(({ ill }) => ill === 1) },
  ]);
  const [age, mass, sex] = of('distributions', figures).columns;
  if (age?.type !== 'number' || mass?.type !== 'number' || sex?.type !== 'category')
    throw new Error('Types.');
  expect(age.histogram.minimum).toBe(18);
  expect(age.histogram.counts).toEqual(
    Array.from({ length: 16 }, (_, bin) => {
      const [from, to] = [18 + (82 / 16) * bin, 18 + (82 / 16) * (bin + 1)];
      return count(({ age: scaled }) => scaled * 10 + 50 >= from && scaled * 10 + 50 < to);
    }),
  );
  // Without bounds: four deviations around the mean.
  expect([mass.histogram.minimum, mass.histogram.maximum]).toEqual([22, 118]);
  expect(mass.missing).toBe(count((row) => row.mass === null));
  expect(mass.missing).toBeGreaterThan(100);
  expect(sex.categories[1]).toEqual({ label: 'male', count: count((row) => row.sex === 1) });
  expect(sex.missing).toBe(count((row) => row.sex === null));

  const ages = all.map((row) => row.age * 10 + 50).sort((a, b) => a - b);
  const median = age.histogram.quantiles.find((one) => one.of === 0.5)!.value!;
  expect(Math.abs(median - ages[750]!)).toBeLessThan(82 / 16);
});

test('means, deviations and correlations are those of all rows to a millionth', () => {
  const { figures } = surveyed([{ statistic: 'moments', columns: ['age', 'mass'] }], devices);
  const { columns, correlations, complete } = of('moments', figures);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, one) => sum + one, 0) / values.length;
  const deviation = (values: readonly number[]): number =>
    Math.sqrt(mean(values.map((one) => (one - mean(values)) ** 2)));
  const ages = all.map((row) => row.age * 10 + 50);
  close(columns[0]?.mean, mean(ages));
  close(columns[0]?.standardDeviation, deviation(ages));
  const both = all.flatMap((row) =>
    row.mass === null ? [] : [{ age: row.age * 10 + 50, mass: row.mass * 12 + 70 }],
  );
  const masses = both.map((row) => row.mass);
  expect([columns[0]?.count, columns[1]?.count, complete]).toEqual([1500, both.length, both.length]);
  close(columns[1]?.mean, mean(masses));
  close(columns[1]?.standardDeviation, deviation(masses));
  const ofBoth = both.map((row) => row.age);
  const covariance = mean(both.map((row) => (row.age - mean(ofBoth)) * (row.mass - mean(masses))));
  close(correlations[1], covariance / deviation(ofBoth) / deviation(masses));
  expect(correlations[0]).toBe(1);
  // Pearson's, and not what n − 1 in one place and n in another would make of it.
  expect(correlations[1]).toBe(correlations[2]);
});

test('F1 out of a summed confusion matrix is that of all rows exactly, and the mean of the devices’ own is another; AUC is within a thousandth', () => {
  const { figures } = surveyed([{ statistic: 'evaluation', version }], devices);
  const { tally, auc } = of('evaluation', figures);
  const score = (rows: readonly Row[]) => {
    const scorer = outputScorer(2, true);
    scorer.add(
      Float32Array.from(rows.flatMap((row) => row.logits)),
      rows.map(({ ill }) => ill),
      rows.length,
    );
    return scorer.tally();
  };
  const pooled = score(all);
  expect(figure(tally, 'f1-macro')).toBe(figure(pooled, 'f1-macro'));
  expect(tally.count).toBe(1500);
  close(figure(tally, 'loss'), figure(pooled, 'loss')!);
  const own = devices.map((rows) => figure(score(rows), 'f1-macro') ?? 0);
  expect(Math.abs(own.reduce((sum, one) => sum + one, 0) / 7 - figure(pooled, 'f1-macro')!)).toBeGreaterThan(
    0.02,
  );

  // Pairs of an ill and a well row, counted one by one.
  const scores = (wanted: number): number[] =>
    all.filter(({ ill }) => ill === wanted).map(({ logits }) => logits[1]);
  let above = 0;
  for (const ill of scores(1)) for (const well of scores(0)) above += ill > well ? 1 : ill === well ? 0.5 : 0;
  const exact = above / scores(1).length / scores(0).length;
  expect(exact).toBeGreaterThan(0.6);
  expect(Math.abs(auc[0]! - exact)).toBeLessThan(0.001);
});

test('a regression’s errors are those of all rows', () => {
  const numbers: TableContract = {
    ...contract,
    target: { type: 'number', name: 'stay', mean: 10, standardDeviation: 4 },
  };
  const question: Question = [{ statistic: 'evaluation', version }];
  const plan = surveyPlan(
    { contract: numbers, privacy: noPrivacy, statistics: usualStatistics },
    {
      federation: v.parse(FederationId, 'wards'),
      run: v.parse(RunNumber, 1),
      survey: v.parse(SurveyNumber, 1),
      question,
      version,
      digest: digestOfText('version'),
    },
    5,
  );
  if (!plan.ok) throw new Error(plan.error);
  const targets = Float32Array.of(0, 1, -0.5, 2);
  const outputs = Float32Array.of(0.5, 1, -1, 1);
  const measured = { contract: numbers, count: 4, features: new Float32Array(4 * WIDTH), targets, outputs };
  const { layout } = plan.value;
  const read = (values: Float64Array, devices: number) =>
    of('evaluation', readSurvey(layout, numbers, { values, devices, deviations: [0] })).tally;
  const tally = read(measureSurvey(layout, [measured], measured), 1);
  // Errors 0.5, 0, −0.5 and −1 of a deviation of 4: squares 1.5 · 16, absolutes 2 · 4; the targets are 10, 14, 8 and 18.
  close(figure(tally, 'rmse'), Math.sqrt(24 / 4));
  close(figure(tally, 'mae'), 2);
  close(figure(tally, 'r2'), 1 - 24 / (100 + 196 + 64 + 324 - 50 ** 2 / 4));

  // Over seven devices the figures are those of their rows together, but for the order in which floats are added.
  const draw = random(3, 'errors');
  const rowsOf = (count: number) => {
    const truth = Float32Array.from({ length: count }, () => draw.normal());
    const said = truth.map((one) => one + draw.normal() / 3);
    return {
      contract: numbers,
      count,
      features: new Float32Array(count * WIDTH),
      targets: truth,
      outputs: said,
    };
  };
  const parts = [5, 40, 11, 3, 90, 27, 64].map(rowsOf);
  const pooledRows = {
    ...rowsOf(0),
    count: 240,
    features: new Float32Array(240 * WIDTH),
    targets: Float32Array.from(parts.flatMap((part) => [...part.targets])),
    outputs: Float32Array.from(parts.flatMap((part) => [...part.outputs])),
  };
  const vectors = parts.map((part) => measureSurvey(layout, [part], part));
  const summed = vectors.reduce((sum, one) => sum.map((value, at) => value + one[at]!));
  const [together, pooled] = [read(summed, 7), read(measureSurvey(layout, [pooledRows], pooledRows), 1)];
  for (const name of ['rmse', 'mae', 'r2'] as const)
    expect(figure(together, name)).toBeCloseTo(figure(pooled, name)!, 12);
  const errors = pooledRows.targets.map((truth, at) => 4 * (truth - pooledRows.outputs[at]!));
  close(
    figure(together, 'rmse'),
    Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / pooledRows.count),
  );
});

test('each device counts once in the accuracies, whatever its rows, and the worst tenth is that of devices', () => {
  const rows = (hits: number, misses: number): Row[] =>
    Array.from({ length: hits + misses }, (_, at) => ({
      age: 0,
      mass: 0,
      sex: 0,
      ill: 1,
      logits: at < hits ? [0, 1] : [1, 0],
    }));
  const { figures } = surveyed(
    [{ statistic: 'accuracies', version }],
    [rows(1, 1), rows(90, 10), rows(1000, 0), [], rows(9, 1)],
  );
  const { histogram, mean, worstTenth } = of('accuracies', figures);
  expect(histogram.counts.map((count, bin) => [bin, count]).filter(([, count]) => count !== 0)).toEqual([
    [10, 1],
    [18, 2],
    [19, 1],
  ]);
  close(mean, (10.5 + 2 * 18.5 + 19.5) / 4 / 20);
  close(worstTenth, 10.5 / 20);
  expect(lowestMean([3, 0, 0, 27], 0.2)).toBeCloseTo((3 * 0.125 + 3 * 0.875) / 6, 12);
});

test('classes from device to device are told of sums alone: their spread, who holds any, and how far devices are apart', () => {
  const rows = (yes: number, no: number): Row[] =>
    Array.from({ length: yes + no }, (_, at) => ({ ...rowsOf(1, 1)[0]!, ill: at < yes ? 1 : 0 }));
  const { figures } = surveyed([{ statistic: 'labels' }], [rows(4, 0), rows(0, 10), rows(50, 50), []]);
  const { devices, classes, divergence } = of('labels', figures);
  close(devices, 3);
  // Entropy of the mean, 1 of 1, less the mean of 0, 0 and 1.
  close(divergence, 2 / 3);
  const [, yes] = classes;
  close(yes?.holders, 2);
  close(yes?.mean, 0.5);
  close(yes?.deviation, Math.sqrt(1.25 / 3 - 0.25));
  expect(of('labels', surveyed([{ statistic: 'labels' }], [[], []]).figures).divergence).toBeNull();
});

test('groups are compared by counts, and a group too small to speak of is not', () => {
  const few = [
    ...rowsOf(80, 5).map((row): Row => ({ ...row, sex: 0 })),
    ...rowsOf(9, 6).map((row): Row => ({ ...row, sex: 1 })),
  ];
  const { figures } = surveyed(
    [{ statistic: 'groups', version, column: 'sex' }],
    [few.slice(0, 50), few.slice(50)],
  );
  const [female, male] = of('groups', figures).groups;
  expect(male).toEqual({ group: 'male', shown: null });
  const women = few.filter(({ sex }) => sex === 0);
  const right = women.filter(({ ill, logits }) => (logits[1] > 0 ? 1 : 0) === ill);
  expect(female!.shown!.count).toBe(80);
  close(female!.shown!.accuracy, right.length / 80);
  close(female!.shown!.given[1], women.filter(({ logits }) => logits[1] > 0).length / 80);
  const ill = women.filter((row) => row.ill === 1);
  close(female!.shown!.recall[1], ill.filter(({ logits }) => logits[1] > 0).length / ill.length);
});

test('gaps between groups are those of all rows in one place, by Fairlearn’s definitions, and none is told of rates over few', () => {
  const all = rowsOf(400, 7);
  const of$ = (rows: readonly Row[]) =>
    of(
      'groups',
      surveyed([{ statistic: 'groups', version, column: 'sex' }], [rows.slice(0, 90), rows.slice(90)])
        .figures,
    );
  const known = all.filter(({ sex }) => sex !== null);
  const pooled = groupFairness({
    groups: known.map(({ sex }) => String(sex)),
    isPositive: known.map(({ ill }) => ill),
    isSelected: known.map(({ logits }) => logits[1] > 0),
  });
  const [, ill] = of$(all).gaps;
  close(ill!.parityGap, pooled.parityGap!);
  close(ill!.parityRatio, pooled.parityRatio!);
  close(ill!.truePositiveGap, pooled.truePositiveGap!);
  close(ill!.falsePositiveGap, pooled.falsePositiveGap!);
  close(ill!.oddsGap, pooled.oddsGap!);
  expect([ill!.parityBand, ill!.oddsBand]).toEqual([0, 0]);
  // Nine ill men among many: how many of them are found is nobody’s to know.
  let men = 0;
  const few = all.filter(({ sex, ill: isIll }) => sex !== 1 || isIll === 0 || (men += 1) <= 9);
  const told = of$(few);
  expect(told.groups[1]!.shown!.recall).toEqual([expect.any(Number), null]);
  expect(told.groups[1]!.shown!.falsely).toEqual([null, expect.any(Number)]);
  expect(told.gaps[1]).toMatchObject({ truePositiveGap: null, oddsGap: null, parityGap: expect.any(Number) });
});

test('of a thousand releases the counts of groups have the stated noise, and their rates lie within the stated band', () => {
  const rows = rowsOf(1500, 8);
  const parts = Array.from({ length: 5 }, (_, part) => rows.filter((__, at) => at % 5 === part));
  const question: Question = [{ statistic: 'groups', version, column: 'sex' }];
  const exact = of('groups', surveyed(question, parts).figures);
  const counts = surveyed(question, parts).values;
  const quiet: Noised = {
    type: 'distributed',
    clipNorm: 1,
    noiseMultiplier: 0.01,
    delta: 1e-5,
    epsilon: 1e6,
  };
  let square = 0;
  let within = 0;
  let stated = 0;
  const REPEATS = 1000;
  for (let seed = 0; seed < REPEATS; seed += 1) {
    const { values, deviations, figures } = surveyed(question, parts, quiet, { seed, mostRows: 300 });
    stated = deviations[0]!;
    square +=
      Array.from(values).reduce((sum, value, at) => sum + (value - counts[at]!) ** 2, 0) / values.length;
    const { gaps } = of('groups', figures);
    if (Math.abs(gaps[1]!.parityGap! - exact.gaps[1]!.parityGap!) <= gaps[1]!.parityBand) within += 1;
  }
  expect(stated).toBeGreaterThan(2);
  // The variance of a mean of 8,000 squares, six deviations wide.
  expect(Math.abs(square / REPEATS / stated ** 2 - 1)).toBeLessThan(6 * Math.sqrt(2 / (8 * REPEATS)));
  expect(within / REPEATS).toBeGreaterThan(0.95);
});

const privacy: Noised = { type: 'distributed', clipNorm: 1, noiseMultiplier: 0.7, delta: 1e-5, epsilon: 100 };

test('the noise of a release has the stated variance, which is that of one device’s rows', () => {
  const mostRows = 50;
  const question: Question = [{ statistic: 'distributions', columns: ['age', 'mass', 'sex'], bins: 64 }];
  const empty = Array.from({ length: 6 }, (): Row[] => []);
  const draws: number[] = [];
  let stated = 0;
  for (let seed = 0; seed < 8; seed += 1) {
    const { values, deviations } = surveyed(question, empty, privacy, { seed, mostRows });
    draws.push(...values);
    stated = deviations[0]!;
  }
  // 0.7 times what 50 rows, each in one cell of three columns, can change; rounding adds less than a hundredth.
  const least = 0.7 * 50 * Math.sqrt(3);
  expect(stated / least).toBeGreaterThan(1);
  expect(stated / least).toBeLessThan(1.01);
  const square = draws.reduce((sum, value) => sum + value * value, 0) / draws.length / stated ** 2;
  expect(draws.length).toBeGreaterThan(1000);
  expect(Math.abs(square - 1)).toBeLessThan(5 * Math.sqrt(2 / draws.length));
  // All values of a survey have the same noise, for what a row can change of all of them: a row and an error in a part of each column.
  const columns = ['age', 'mass', 'sex'];
  // Crossed, in a part of each of three pairs of columns too.
  for (const [crossed, squares] of [[undefined, 6] as const, [columns, 12] as const]) {
    const slices: Question = [{ statistic: 'slices', version, columns, crossed }];
    const { deviations } = surveyed(slices, empty, privacy, { mostRows });
    expect(deviations[0]! / (0.7 * 50 * Math.sqrt(squares))).toBeGreaterThan(1);
    expect(deviations[0]! / (0.7 * 50 * Math.sqrt(squares))).toBeLessThan(1.01);
  }
});

test('under noise a device counts as no more than the stated rows, and local privacy doubles what the noise must hide', () => {
  const mostRows = 20;
  const [large, small] = [rowsOf(2000, 3), rowsOf(10, 4)];
  const quiet = { ...privacy, noiseMultiplier: 0.05 };
  const { figures, deviations } = surveyed(
    [{ statistic: 'target' }],
    [large, small, small, small, small],
    quiet,
    {
      mostRows,
    },
  );
  const counted = of('target', figures).classes!.reduce((sum, { count }) => sum + count, 0);
  // 20 of the 2000, and all of the four times ten.
  expect(Math.abs(counted - 60)).toBeLessThan(6 * Math.sqrt(2) * deviations[0]!);
  expect(deviations[0]).toBeLessThan(2);
  const noise = (type: Noised['type']): number => {
    const { encoding } = planOf([{ statistic: 'target' }], { ...privacy, type }, 6).config;
    return encoding.type === 'noisy' ? encoding.quantum * Math.sqrt(encoding.variance) : 0;
  };
  expect(noise('local') / noise('distributed')).toBeCloseTo(2, 1);
  expect(noise('central')).toBe(noise('distributed'));
});

test('questions beyond the contract are refused in words that name what is wrong', () => {
  const ask = (...question: Question): string | undefined => checkQuestion(question, contract);
  expect(ask({ statistic: 'distributions', columns: ['height'], bins: 16 })).toMatch(/no column “height”/);
  expect(ask({ statistic: 'moments', columns: ['sex'] })).toMatch(/“sex” holds a category/);
  expect(ask({ statistic: 'moments', columns: ['age', 'age'] })).toMatch(/once/);
  expect(ask({ statistic: 'groups', version, column: 'age' })).toMatch(/“age” holds a number/);
  expect(ask({ statistic: 'target' }, { statistic: 'target' })).toMatch(/once/);
  const other = v.parse(VersionNumber, 4);
  expect(ask({ statistic: 'evaluation', version }, { statistic: 'accuracies', version: other })).toMatch(
    /one version/,
  );
  const plan = surveyPlan(
    { contract, privacy: noPrivacy },
    {
      federation: v.parse(FederationId, 'wards'),
      run: v.parse(RunNumber, 1),
      survey: v.parse(SurveyNumber, 1),
      question: [{ statistic: 'target' }],
      version,
      digest: digestOfText('version'),
    },
    5,
  );
  expect(!plan.ok && plan.error).toMatch(/asks for no statistics/);
});

test('a total in which some device does not count is refused', () => {
  const plan = planOf([{ statistic: 'target' }], noPrivacy, 5);
  const words = new Uint32Array(plan.config.words + plan.config.tail);
  words[plan.config.words] = 4;
  expect(surveyTotal(plan, words, 5, 5)).toEqual({
    ok: false,
    error: { kind: 'weights', got: 4, least: 5, most: 5 },
  });
});

test('quantiles are interpolated within their bin, and a curve of nothing has no area', () => {
  const range = { minimum: 0, maximum: 10 };
  expect(quantile(range, [0, 4, 4, 0, 0], 0.5)).toBe(4);
  expect(quantile(range, [0, 4, 4, 0, 0], 0.25)).toBe(3);
  expect(quantile(range, [-3, 4, -1, 4, 0], 1)).toBe(8);
  expect(quantile(range, [-1, 0, 0, 0, 0], 0.5)).toBeNull();
  expect(areaUnderCurve([0, 0, 2], [2, 0, 0])).toBe(1);
  expect(areaUnderCurve([1, 1], [1, 1])).toBe(0.5);
  expect(areaUnderCurve([0, 0], [1, 1])).toBeUndefined();
});
