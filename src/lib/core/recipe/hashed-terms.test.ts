// Weights of hashed terms, fitted by a secure sum of devices' counts, against the same step fitted to the pooled rows.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { TableContract } from '../data/contract.ts';
import { digestOfText } from '../digest.ts';
import { FederationId, RunNumber, SurveyNumber, VersionNumber } from '../ids.ts';
import { noPrivacy } from '../privacy/rules.ts';
import { random } from '../random.ts';
import type { Figures } from '../statistics/index.ts';
import { usualStatistics } from '../statistics/rules.ts';
import { surveyPlan, surveyTotal, surveyWords } from '../statistics/survey-sum.ts';
import { checkQuestion, layoutOf, measureSurvey, readSurvey, type Question } from '../statistics/survey.ts';
import { encodedRows } from './encode.ts';
import { applyRecipe, fitRecipe } from './fit.ts';
import { fittedFromSurvey } from './from-survey.ts';
import { readIdf, writtenIdf } from './hashed-terms.ts';
import { hashingOfPinned } from './hashing-asked.ts';
import { openPinned, pinRecipe, checkRecipe } from './pinned.ts';
import { usualStep, type Recipe } from './recipe.ts';
import { rowValuesIn } from './row-values.ts';
import { pinFromFile, pinFromSurvey, UNASKED, unaskedShared, usualShared } from './shared-recipe.ts';
import { tableOf } from './table.ts';

const contract: TableContract = {
  kind: 'table',
  columns: [{ type: 'text', name: 'note', missingAllowed: true }],
  target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 },
};
const LEXICON = 'the a of fever cough rash knee chest pain mild severe left right since today'.split(' ');

/** Some rows say nothing. */
function devicesOf(): string[][] {
  const draw = random(5, 'notes');
  // Rare words last.
  const word = (): string => LEXICON[draw.below(1 + draw.below(LEXICON.length))]!;
  return [3, 1, 40, 60].map((rows) =>
    Array.from({ length: rows }, () => Array.from({ length: draw.below(12) }, word).join(' ')),
  );
}

const hashing = { of: 'words', longest: 2, buckets: 64 } as const;
const question: Question = [{ statistic: 'hashed-terms', columns: ['note'], ...hashing }];
const about = { version: v.parse(VersionNumber, 3), digest: digestOfText('a version') };
const plan = (asked: Question = question) => {
  const made = surveyPlan(
    { contract, privacy: noPrivacy, statistics: usualStatistics },
    {
      federation: v.parse(FederationId, 'notes'),
      run: v.parse(RunNumber, 1),
      survey: v.parse(SurveyNumber, 1),
      question: asked,
      ...about,
    },
    5,
  );
  if (!made.ok) throw new Error(made.error);
  return made.value;
};
const measured = (texts: readonly string[]) => ({
  contract,
  count: texts.length,
  features: new Float32Array(0),
  targets: new Float32Array(texts.length),
  texts: [texts],
});

function surveyed(devices: readonly (readonly string[])[]): readonly Figures[] {
  const made = plan();
  const sum = new Uint32Array(made.config.words + made.config.tail);
  for (const texts of devices) {
    const words = surveyWords(
      made,
      measureSurvey(made.layout, [measured(texts)], undefined),
      { data: texts.length, version: 0 },
      { survivors: 5, rounding: '', draw: (bytes) => new Uint8Array(bytes) },
    );
    for (const [at, word] of words.entries()) sum[at] = (sum[at]! + word) >>> 0;
  }
  const total = surveyTotal(made, sum, devices.length, 5);
  if (!total.ok) throw new Error('The sum is not one of so many devices.');
  return readSurvey(made.layout, contract, { ...total.value, devices: devices.length });
}

const recipe = (settings: Parameters<typeof usualStep>[1] = {}): Recipe => ({
  steps: [usualStep('hashed-terms', { columns: ['note'], ...hashing, ...settings })],
});
const table = (texts: readonly string[]) =>
  tableOf(
    ['note'],
    texts.map((text) => [text]),
    Array.from(texts.keys()),
  );

test('fitted by the sum of all devices, it has learnt the same bits as of the pooled rows, and encodes them alike', () => {
  const devices = devicesOf();
  const pooled = fitRecipe(recipe(), table(devices.flat()));
  const federated = fittedFromSurvey(recipe(), contract, surveyed(devices));
  if (!pooled.ok || !federated.ok) throw new Error('Both can be fitted.');
  expect(federated.value.fitted).toEqual(pooled.value.fitted);
  const pinned = pinRecipe(federated.value.fitted, contract, 'a survey');
  if (!pinned.ok) throw new Error(pinned.error);
  expect(pinned.value.columns).toEqual([{ type: 'hashed', name: 'note', buckets: 64 }]);
  const opened = openPinned(pinned.value, contract);
  if (!opened.ok) throw new Error(opened.error);
  for (const texts of devices) {
    const encode = (fitted: typeof opened.value) =>
      encodedRows(applyRecipe(fitted, table(texts))!, pinned.value.columns);
    expect(encode(opened.value)).toEqual(encode(pooled.value.fitted));
  }
  // Rare buckets weigh more, and those below the bound alike.
  const [state] = opened.value.states[0] as unknown as readonly { readonly idf: string }[];
  expect(new Set(readIdf(state!.idf, 64)).size).toBeGreaterThan(5);
});

test('no figure tells of a bucket that fewer than five rows hold, and a row counts in few where noise would be much', () => {
  const layout = layoutOf(
    [{ statistic: 'hashed-terms', columns: ['note'], ...hashing, buckets: 512, most: 64 }],
    contract,
  );
  expect(layout.reach).toBe(Math.sqrt(65));
  const long = Array.from({ length: 200 }, (_, at) => `word${at}`).join(' ');
  const values = measureSurvey(layout, [measured([long, ''])], undefined);
  expect(values[0]).toBe(2);
  expect(values.subarray(1).reduce((sum, held) => sum + held, 0)).toBe(64);
  // Drawn from all of it, as often among its last words as among its first.
  const last = measureSurvey(
    layout,
    [measured([Array.from({ length: 100 }, (_, at) => `word${at}`).join(' ')])],
    undefined,
  );
  expect(values.subarray(1).filter((held, at) => held > last[1 + at]!).length).toBeGreaterThan(10);
  const told = (deviation: number) =>
    readSurvey(layout, contract, {
      values: Float64Array.from(values, (_, at) => 4 * at),
      devices: 9,
      deviations: [deviation],
    })[0];
  expect(told(0)).toMatchObject({
    rows: 0,
    least: 5,
    most: 64,
    columns: [{ held: [0, 8, 12, ...Array.from({ length: 509 }, (_, at) => 16 + 4 * at)] }],
  });
  expect(told(100)).toMatchObject({ least: 200, columns: [{ name: 'note' }] });
});

test('before anybody was asked all buckets weigh the same, and a survey asks by the hashing that the federation has', () => {
  const pinned = pinFromSurvey(unaskedShared(contract), contract, UNASKED);
  if (!pinned.ok) throw new Error(pinned.error.message);
  expect(hashingOfPinned(pinned.value.pinned)).toEqual({ of: 'words', longest: 1, buckets: 2048 });
  const steps = JSON.stringify({
    format: 'tributary-recipe',
    version: 1,
    steps: [{ step: 'hashed-terms', buckets: 512, idf: false }],
  });
  expect(pinFromFile(steps, 'steps.json', contract, undefined)).toMatchObject({ ok: true });
});

test('weights are two letters each, and what is none of them is no recipe', () => {
  expect(writtenIdf([0, 163, 4095])).toBe('AACj__');
  expect(readIdf('AACj__', 3)).toEqual(Float64Array.of(0, 1.63, 40.95));
  expect(readIdf('AACj__', 4)).toBeUndefined();
  expect(readIdf('A*', 1)).toBeUndefined();
  const bad = { recipe: recipe(), states: [[{ name: 'note', idf: 'AA' }]], inputs: ['note'] };
  expect(pinRecipe(bad, contract, 'somebody')).toMatchObject({
    error: expect.stringMatching(/cannot read what stands as learnt/) as unknown,
  });
});

test('what cannot be is refused with what to do', () => {
  const figures = surveyed(devicesOf());
  const refusal = (settings: Parameters<typeof recipe>[0], of = figures) => {
    const fit = fittedFromSurvey(recipe(settings), contract, of);
    return fit.ok ? 'fitted' : fit.error.message;
  };
  expect(refusal({ buckets: 128 })).toMatch(/the survey asked for 64 buckets of words.*Set them alike/);
  expect(refusal({ least: 2 })).toMatch(/fewer than 5 rows hold. Set “least”/);
  expect(refusal({}, [])).toMatch(/no survey says how many rows hold each bucket of “note”/);
  expect(refusal({ idf: false }, [])).toBe('fitted');
  const [one] = figures;
  if (one?.statistic !== 'hashed-terms') throw new Error('Terms were asked about.');
  const drawn = fittedFromSurvey(recipe(), contract, [{ ...one, most: 64 }]);
  expect(drawn.ok ? drawn.value.reports[0]!.notes.join() : drawn.error.message).toMatch(
    /counting 64 buckets of each text at most/,
  );
  expect(refusal({}, [{ ...one, least: 1000 }])).toMatch(/the noise hides how many rows/);
  const again = { ...question[0]!, buckets: 32 } as Question[number];
  expect(checkQuestion([...question, again], contract)).toMatch(/terms of “note” once, by one hashing/);
  expect(checkQuestion([{ ...question[0]!, columns: ['y'] } as Question[number]], contract)).toMatch(
    /no column of texts “y”/,
  );
  expect(checkRecipe({ contract, recipe: undefined }, undefined)).toMatchObject([
    { path: 'recipe', message: expect.stringMatching(/“note” holds texts.*Choose a recipe/) as unknown },
  ]);
  expect(checkRecipe({ contract, recipe: undefined }, 'Boosted trees')).toMatchObject([
    { message: expect.stringMatching(/learnt from sums over numbers and categories/) as unknown },
  ]);
  const own = fitRecipe(recipe({ least: 1 }), table(devicesOf().flat()));
  if (!own.ok) throw new Error(own.error.message);
  // Also where the settings were changed once it was fitted.
  for (const settings of [{ least: 1 }, { least: 1, idf: false }])
    expect(rowValuesIn({ ...own.value.fitted, recipe: recipe(settings) }, contract)).toMatch(
      /a single row holds. Set “least” to 5/,
    );
  expect(usualShared(contract).steps.map(({ step }) => step)).toEqual(['hashed-terms']);
});
