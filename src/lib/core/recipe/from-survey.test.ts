// A recipe fitted by a secure sum of devices' moments, against the same recipe fitted to the pooled rows.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { canonicalText, type Canonical } from '../canonical.ts';
import type { TableContract } from '../data/contract.ts';
import { digestOfText } from '../digest.ts';
import { FederationId, RunNumber, SurveyNumber, VersionNumber } from '../ids.ts';
import { noPrivacy } from '../privacy/rules.ts';
import { random } from '../random.ts';
import type { Figures } from '../statistics/moments.ts';
import { usualStatistics } from '../statistics/rules.ts';
import { surveyPlan, surveyTotal, surveyWords } from '../statistics/survey-sum.ts';
import { measureSurvey, readSurvey, type Question } from '../statistics/survey.ts';
import { applyRecipe, fitRecipe } from './fit.ts';
import { fittedFromSurvey } from './from-survey.ts';
import { usualStep, type Recipe } from './recipe.ts';
import { tableOf, type Table } from './table.ts';

const NUMBER = /-?\d+\.?\d*(e-?\d+)?/g;
const NAMES = ['age', 'mass', 'dose'];
/** Not what the rows have: scales of the contract are nobody's. */
const contract: TableContract = {
  kind: 'table',
  columns: NAMES.map((name) => ({
    type: 'number',
    name,
    minimum: -500,
    maximum: 1500,
    missingAllowed: true,
    mean: 100,
    standardDeviation: 50,
  })),
  target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 },
};
const number = (value: number): number => Math.fround((value - 100) / 50) * 50 + 100;

/** [devices][rows][columns], NaN where missing; as the 32-bit floats of kept rows have them. */
function devicesOf(seed: number): number[][][] {
  const draw = random(seed, 'devices');
  return [3, 1, 40, 400].map((count, device) =>
    Array.from({ length: count }, () => [
      number(50 + 12 * draw.normal() + device),
      draw.below(4) === 0 ? NaN : number(80 + 15 * draw.normal()),
      number(20 * draw.normal() - 300),
    ]),
  );
}

function surveyed(devices: readonly (readonly number[][])[]): Figures {
  const question: Question = [{ statistic: 'moments', columns: NAMES }];
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
    const features = Float32Array.from(
      rows.flatMap((row) => row.flatMap((value) => (Number.isNaN(value) ? [0, 1] : [(value - 100) / 50, 0]))),
    );
    const measured = { contract, count: rows.length, features, targets: new Float32Array(rows.length) };
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
  const [figures] = readSurvey(plan.value.layout, contract, { ...total.value, devices: devices.length });
  if (figures?.statistic !== 'moments') throw new Error('Moments were asked for.');
  return figures;
}

const tableFrom = (rows: readonly (readonly number[])[]): Table =>
  tableOf(
    NAMES,
    rows.map((row) => row.map((value) => (Number.isNaN(value) ? '' : String(value)))),
    Array.from(rows.keys()),
  );

test.each([
  [[usualStep('cast'), usualStep('scale')]],
  [[usualStep('cast'), usualStep('impute', { method: 'mean' }), usualStep('scale')]],
  [
    [
      usualStep('cast', { columns: ['age', 'mass', 'dose'], to: 'number' }),
      usualStep('scale', { columns: ['dose'] }),
    ],
  ],
] as const)(
  'means and variances of the sum of four devices are those of the pooled rows, to 1e-6 (%#)',
  (own) => {
    const devices = devicesOf(1);
    const rows = devices.flat();
    const recipe: Recipe = { steps: own };
    const federated = fittedFromSurvey(recipe, surveyed(devices), rows.length);
    const pooled = fitRecipe(recipe, tableFrom(rows));
    if (!federated.ok || !pooled.ok) throw new Error('Both can be fitted.');
    const shape = (states: readonly Canonical[]): string => canonicalText(states).replace(NUMBER, '#');
    const numbersOf = (states: readonly Canonical[]): number[] =>
      canonicalText(states).match(NUMBER)?.map(Number) ?? [];
    expect(shape(federated.value.states)).toBe(shape(pooled.value.fitted.states));
    const wanted = numbersOf(pooled.value.fitted.states);
    expect(wanted.length).toBeGreaterThan(1);
    for (const [at, value] of numbersOf(federated.value.states).entries())
      expect(Math.abs(value / wanted[at]! - 1)).toBeLessThan(1e-6);
    expect(federated.value.inputs).toEqual(pooled.value.fitted.inputs);
    // Every device then prepares its own rows with it.
    expect(applyRecipe(federated.value, tableFrom(devices[1]!))?.columns).toHaveLength(3);
  },
);

test('what sums are not enough for is refused by its step', () => {
  const figures = surveyed(devicesOf(2));
  const refusal = (own: Recipe['steps'], from = figures): string => {
    const fitted = fittedFromSurvey({ steps: own }, from, 444);
    return fitted.ok ? 'fitted' : fitted.error;
  };
  expect(refusal([usualStep('cast'), usualStep('impute')])).toMatch(
    /^Step 2 \(impute\): sums are not enough/,
  );
  expect(refusal([usualStep('scale', { columns: ['height'] })])).toMatch(/did not ask about “height”/);
  const hidden = { ...figures, columns: [{ ...figures.columns[0]!, mean: null }] };
  expect(refusal([usualStep('scale')], hidden)).toMatch(/says nothing of “age”/);
});
