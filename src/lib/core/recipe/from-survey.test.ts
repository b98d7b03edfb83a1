// A recipe fitted by a secure sum of devices' statistics, against the same recipe fitted to the pooled rows.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { canonicalText, type Canonical } from '../canonical.ts';
import type { TableContract } from '../data/contract.ts';
import { digestOfText } from '../digest.ts';
import { FederationId, RunNumber, SurveyNumber, VersionNumber } from '../ids.ts';
import { noPrivacy } from '../privacy/rules.ts';
import { random } from '../random.ts';
import type { Figures } from '../statistics/index.ts';
import { usualStatistics } from '../statistics/rules.ts';
import { surveyPlan, surveyTotal, surveyWords } from '../statistics/survey-sum.ts';
import { measureSurvey, readSurvey, type Question } from '../statistics/survey.ts';
import { fitRecipe } from './fit.ts';
import { fittedFromSurvey } from './from-survey.ts';
import { openPinned, pinRecipe } from './pinned.ts';
import { usualStep, type Recipe } from './recipe.ts';
import { tableOf, type Table } from './table.ts';

const NUMBER = /-?\d+\.?\d*(e-?\d+)?/g;
const NUMBERS = ['age', 'mass', 'dose'];
const WARDS = ['east', 'north', 'west'];
/** Not what the rows have: scales of the contract are nobody's. */
const contract: TableContract = {
  kind: 'table',
  columns: [
    ...NUMBERS.map((name) => ({
      type: 'number' as const,
      name,
      minimum: -500,
      maximum: 1500,
      missingAllowed: true,
      mean: 100,
      standardDeviation: 50,
    })),
    { type: 'category', name: 'ward', categories: WARDS, missingAllowed: true },
    {
      type: 'number',
      name: 'seen',
      reads: 'time',
      minimum: 18262,
      maximum: 20088,
      missingAllowed: false,
      mean: 19000,
      standardDeviation: 500,
    },
  ],
  target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 },
};
const number = (value: number): number => Math.fround((value - 100) / 50) * 50 + 100;

type Row = readonly [age: number, mass: number, dose: number, ward: number, seen: number];

/** NaN where a number is missing, −1 where the ward is; as the 32-bit floats of kept rows have them. */
function devicesOf(seed: number): Row[][] {
  const draw = random(seed, 'devices');
  return [3, 1, 40, 400].map((count, device) =>
    Array.from({ length: count }, () => [
      number(50 + 12 * draw.normal() + device),
      draw.below(4) === 0 ? NaN : number(80 + 15 * draw.normal()),
      number(20 * draw.normal() - 300),
      draw.below(4) - 1,
      18500 + draw.below(1000),
    ]),
  );
}

const encoded = (rows: readonly Row[]): Float32Array<ArrayBuffer> =>
  Float32Array.from(
    rows.flatMap(([age, mass, dose, ward, seen]) => [
      ...[age, mass, dose].flatMap((value) => (Number.isNaN(value) ? [0, 1] : [(value - 100) / 50, 0])),
      ...WARDS.map((_, at) => (at === ward ? 1 : 0)),
      (seen - 19000) / 500,
    ]),
  );

function surveyed(devices: readonly (readonly Row[])[]): readonly Figures[] {
  const question: Question = [
    { statistic: 'moments', columns: NUMBERS },
    { statistic: 'distributions', columns: [...NUMBERS, 'ward', 'seen'], bins: 16 },
  ];
  const plan = surveyPlan(
    { contract, privacy: noPrivacy, statistics: usualStatistics },
    {
      federation: v.parse(FederationId, 'wards'),
      run: v.parse(RunNumber, 1),
      survey: v.parse(SurveyNumber, 1),
      question,
      version: v.parse(VersionNumber, 1),
      digest: digestOfText('version'),
    },
    devices.length,
  );
  if (!plan.ok) throw new Error(plan.error);
  const survivors = devices.length;
  const sum = new Uint32Array(plan.value.config.words + plan.value.config.tail);
  for (const rows of devices) {
    const measured = {
      contract,
      count: rows.length,
      features: encoded(rows),
      targets: new Float32Array(rows.length),
    };
    const values = measureSurvey(plan.value.layout, [measured], undefined);
    const words = surveyWords(
      plan.value,
      values,
      { data: rows.length, version: 0 },
      { survivors, rounding: 'test', draw: (bytes) => new Uint8Array(bytes) },
    );
    for (let i = 0; i < sum.length; i += 1) sum[i]! += words[i]!;
  }
  const total = surveyTotal(plan.value, sum, devices.length, survivors);
  if (!total.ok) throw new Error(total.error.kind);
  return readSurvey(plan.value.layout, contract, { ...total.value, devices: devices.length });
}

const tableFrom = (rows: readonly Row[]): Table =>
  tableOf(
    [...NUMBERS, 'ward', 'seen'],
    rows.map(([age, mass, dose, ward, seen]) => [
      ...[age, mass, dose].map((value) => (Number.isNaN(value) ? '' : String(value))),
      WARDS[ward] ?? '',
      new Date(seen * 86_400_000).toISOString().slice(0, 10),
    ]),
    Array.from(rows.keys()),
  );

const cast = usualStep('cast', { columns: NUMBERS });
const drop = (...columns: string[]) => usualStep('drop', { columns });
const oneHot = usualStep('one-hot', { columns: ['ward'] });

test.each<readonly [string, Recipe['steps']]>([
  ['scale', [drop('ward', 'seen'), cast, usualStep('scale')]],
  [
    'impute the mean',
    [drop('ward', 'seen'), cast, usualStep('impute', { method: 'mean' }), usualStep('scale')],
  ],
  [
    'say where, and scale that too',
    [
      drop('ward', 'seen'),
      cast,
      usualStep('impute', { columns: ['mass'], method: 'mean', indicator: true }),
      usualStep('scale'),
    ],
  ],
  [
    'a constant, then the scale of what is filled',
    [
      drop('ward', 'seen'),
      cast,
      usualStep('impute', { columns: ['mass'], method: 'constant', value: '60' }),
      usualStep('scale', { rounded: true }),
    ],
  ],
  [
    'categories, the most frequent in gaps',
    [drop(...NUMBERS, 'seen'), usualStep('impute', { columns: ['ward'], method: 'most-frequent' }), oneHot],
  ],
  [
    'edges of one’s own, and dates',
    [
      drop('mass', 'dose', 'ward'),
      usualStep('dates', { columns: ['seen'], cyclic: true }),
      usualStep('cast', { columns: ['age'] }),
      usualStep('bin', { columns: ['age'], by: 'edges', edges: '40, 50.5, 60' }),
    ],
  ],
] as const)('%s: what the sum of four devices teaches is what the pooled rows teach, to 1e-6', (_, steps) => {
  const devices = devicesOf(1);
  const recipe: Recipe = { steps };
  const federated = fittedFromSurvey(recipe, contract, surveyed(devices));
  const pooled = fitRecipe(recipe, tableFrom(devices.flat()));
  if (!federated.ok || !pooled.ok)
    throw new Error(
      `Both can be fitted: ${federated.ok ? (pooled.ok ? '' : pooled.error.message) : federated.error.message}`,
    );
  const { fitted } = federated.value;
  const shape = (states: readonly Canonical[]): string => canonicalText(states).replace(NUMBER, '#');
  const numbersOf = (states: readonly Canonical[]): number[] =>
    canonicalText(states).match(NUMBER)?.map(Number) ?? [];
  expect(shape(fitted.states)).toBe(shape(pooled.value.fitted.states));
  const wanted = numbersOf(pooled.value.fitted.states);
  for (const [at, value] of numbersOf(fitted.states).entries())
    expect(Math.abs(value - wanted[at]!)).toBeLessThanOrEqual(1e-6 * Math.abs(wanted[at]!));
  expect(fitted.inputs).toEqual(pooled.value.fitted.inputs);
  // Pinned, it is opened again as it was, and makes as many columns.
  const pinned = pinRecipe(fitted, contract, 'survey 1');
  if (!pinned.ok) throw new Error(pinned.error);
  expect(pinned.value.columns.map(({ name, type }) => [name, type])).toEqual(
    pooled.value.columns.map(({ name, type }) => [name, type]),
  );
  expect(openPinned(pinned.value, contract)).toEqual({ ok: true, value: fitted });
});

test('bins and medians are read of the histogram, min-max of the contract’s range, rare categories are one', () => {
  const devices = devicesOf(3);
  const figures = surveyed(devices);
  const states = (...steps: Recipe['steps']): Canonical => {
    const fitted = fittedFromSurvey({ steps: [drop('seen'), cast, ...steps] }, contract, figures);
    if (!fitted.ok) throw new Error(fitted.error.message);
    return fitted.value.fitted.states[2]!;
  };
  const wide = { columns: ['age'] };
  expect(states(usualStep('scale', { ...wide, method: 'min-max' }), oneHot)).toEqual([
    { name: 'age', shift: -500, factor: 2000 },
  ]);
  expect(states(usualStep('bin', { ...wide, by: 'width', bins: 4 }), oneHot)).toEqual([
    { name: 'age', edges: [0, 500, 1000] },
  ]);
  // 125 wide: as near as that.
  const middle = states(usualStep('impute', { ...wide, method: 'median' }), oneHot) as [{ fill: number }];
  expect(Math.abs(middle[0].fill - 50)).toBeLessThan(30);
  const counts = WARDS.map((_, at) => devices.flat().filter(([, , , ward]) => ward === at).length);
  const rarest = Math.min(...counts) + 1;
  const kept = WARDS.filter((_, at) => counts[at]! >= rarest);
  expect(states(usualStep('one-hot', { columns: ['ward'], rarest }))).toEqual([
    { name: 'ward', labels: [...kept, 'other'], other: kept.length },
  ]);
});

test('what sums are not enough for is refused by its step, with what to do', () => {
  const figures = surveyed(devicesOf(2));
  const refusal = (steps: Recipe['steps'], from = figures): string => {
    const fitted = fittedFromSurvey({ steps }, contract, from);
    return fitted.ok ? 'fitted' : fitted.error.message;
  };
  const first = drop('ward', 'seen');
  expect(refusal([usualStep('terms')])).toMatch(/^Step 1 \(terms\): it needs the words.*hashed-terms/);
  expect(refusal([first, cast, usualStep('clip')])).toMatch(/^Step 3 \(clip\): quantiles.*of your own/);
  expect(refusal([first, cast, usualStep('scale', { method: 'robust' })])).toMatch(/Use standard or min-max/);
  expect(refusal([first, cast, usualStep('impute', { method: 'most-frequent' })])).toMatch(/Use the mean/);
  expect(refusal([first, usualStep('scale', { columns: ['age'] })])).toMatch(
    /“age” holds numbers, as they were written.*cast/,
  );
  expect(refusal([usualStep('scale', { columns: ['height'] })])).toMatch(/no column “height”/);
  expect(refusal([usualStep('dates', { columns: ['seen'] }), usualStep('scale')])).toMatch(
    /no survey says mean and deviation of “seen \(year\)”/,
  );
  expect(refusal([cast])).toMatch(/After the last step “ward”, “seen” still stand/);
  const moments = figures.find((one) => one.statistic === 'moments')!;
  const hidden = { ...moments, columns: [{ ...moments.columns[0]!, mean: null }] };
  expect(refusal([first, cast, usualStep('scale')], [hidden])).toMatch(/no survey says .* of “age”/);
});

test('a recipe that was altered, or that not every device can do, is not gone by', () => {
  const fitted = fittedFromSurvey(
    { steps: [drop('ward', 'seen'), cast, usualStep('scale')] },
    contract,
    surveyed(devicesOf(4)),
  );
  if (!fitted.ok) throw new Error(fitted.error.message);
  const pinned = pinRecipe(fitted.value.fitted, contract, 'survey 1');
  if (!pinned.ok) throw new Error(pinned.error);
  const refused = (change: object): string => {
    const opened = openPinned({ ...pinned.value, ...change }, contract);
    return opened.ok ? 'opened' : opened.error;
  };
  expect(refused({})).toBe('opened');
  const text = pinned.value.text.replace('"factor":', '"factor":1');
  expect(refused({ text })).toMatch(/altered/);
  expect(refused({ text, digest: digestOfText(text) })).toMatch(/does not make the columns/);
  expect(refused({ text: '{}', digest: digestOfText('{}') })).toMatch(/cannot be read/);
  const other = { ...contract, columns: contract.columns.slice(1) };
  expect(pinRecipe(fitted.value.fitted, other, 'survey 1')).toMatchObject({
    ok: false,
    error: expect.stringMatching(/needs the columns “age”/),
  });
  const pooled = fitRecipe(
    { steps: [drop('ward', 'seen'), cast, usualStep('dedupe')] },
    tableFrom(devicesOf(4).flat()),
  );
  if (!pooled.ok) throw new Error(pooled.error.message);
  expect(pinRecipe(pooled.value.fitted, contract, 'a file')).toMatchObject({
    ok: false,
    error: expect.stringMatching(/^Step 3 \(dedupe\) cannot be shared/),
  });
});

test('a recipe that would make more than is held is refused before it is done', () => {
  const letters = Array.from('abcdefghij');
  const wards: TableContract = {
    kind: 'table',
    columns: letters.map((name) => ({
      type: 'category',
      name,
      categories: [...letters],
      missingAllowed: true,
    })),
    target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 },
  };
  const pinned = (steps: Recipe['steps'], states: readonly Canonical[]): string => {
    const made = pinRecipe({ recipe: { steps }, states, inputs: letters }, wards, 'a test');
    return made.ok ? 'pinned' : made.error;
  };
  const named = letters.map((name) => ({ name }));
  const hash = usualStep('hash-text', { columns: letters, buckets: 900 });
  expect(pinned([hash], [named])).toMatch(/^Step 1 \(hash-text\): it would make 9000 columns in all/);
  // Each is as long as the two before together.
  const crosses = Array.from({ length: 60 }, (_, at) => ({
    step: usualStep('cross', { columns: [at === 0 ? 'a' : `x${at}`, at < 2 ? 'b' : `x${at - 1}`] }),
    state: { name: `x${at + 1}` },
  }));
  expect(
    pinned(
      crosses.map(({ step }) => step),
      crosses.map(({ state }) => state),
    ),
  ).toMatch(/\(cross\): its name is not that of its columns together/);
  const longer = Array.from({ length: 60 }, () =>
    usualStep('replace', { columns: ['a'], find: 'a', how: 'part', with: 'a'.repeat(200) }),
  );
  expect(
    pinned(
      longer,
      longer.map(() => [{ name: 'a' }]),
    ),
  ).toMatch(/\(replace\): it would make texts that are too long/);
  const sums = (...steps: Recipe['steps']): string => {
    const fit = fittedFromSurvey({ steps }, wards, []);
    return fit.ok ? 'fitted' : fit.error.message;
  };
  expect(sums(hash)).toMatch(/^Step 1 \(hash-text\): it would make 9000 columns/);
  expect(sums(usualStep('cross', { columns: letters }))).toMatch(/would be 10000000000 pairs of categories/);
});
