// Surveys with real participants against the real server: what a coordinator is told is what the rows of all devices say, or that with the
// stated noise; and what was charged for it stands.
import { figure } from '#lib/core/metrics/figures.ts';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { VersionNumber } from '#lib/core/ids.ts';
import { costOf, epsilonOf } from '#lib/core/privacy/budget.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import { checkRecipe } from '#lib/core/recipe/pinned.ts';
import { recipeText, usualStep } from '#lib/core/recipe/recipe.ts';
import { usualSecureSum } from '#lib/core/secure-sum/rules.ts';
import { usualStatistics } from '#lib/core/statistics/rules.ts';
import { layoutOf, measureSurvey, readSurvey, type Question } from '#lib/core/statistics/survey.ts';
import { ShownSurvey, type SurveyView } from '#lib/protocol/survey-views.ts';
import * as v from 'valibot';
import { sqliteRecords } from '../../server/adapters/sqlite/records.ts';
import { readOwnData } from '../../server/participants/own-data.ts';
import { askSurvey, listSurveys } from '../../server/survey/ask-survey.ts';
import { fittedRecipe } from '../../server/survey/fit-recipe.ts';
import { spokenSurvey } from '../../server/survey/spoken-survey.ts';
import { securePatients } from '../support/secure-patients.ts';
import { faults, federation, stage, type Stage } from '../support/secure-stage.ts';

const undoings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undoings.splice(0).reverse()) await undo();
});

const six = [0, 1, 2, 3, 4, 5];
const first = v.parse(VersionNumber, 0);
/** No round ever opens: seven devices are waited for. */
const base = {
  ...securePatients(undefined, 5, { goal: 7, minimum: 7 }),
  statistics: { ...usualStatistics, mostSurveys: 1 },
};

async function asked(one: Stage, question: Question): Promise<SurveyView> {
  const { survey } = await one.coordinator.survey(federation, question);
  await one.coordinator.until(federation, () => true, 0);
  for (let tries = 0; tries < 400; tries += 1) {
    const found = (await one.coordinator.surveys(federation)).find((view) => view.survey === survey);
    if (found !== undefined && found.state !== 'asking') return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('The survey did not end.');
}

test('six devices answer with sums that are exactly those of all their rows, and no more often than was promised', async () => {
  const one = await stage({ ...base, secureSum: usualSecureSum }, undoings);
  one.start(six);
  await one.coordinator.until(federation, (view) => view.checkedIn === 6, 20_000);
  const ofMoments = ['age', 'cholesterol'];
  const ofData: Question = [
    { statistic: 'target' },
    { statistic: 'distributions', columns: ['age', 'cholesterol', 'chest_pain'], bins: 16 },
    { statistic: 'moments', columns: ofMoments },
  ];
  const whole = await asked(one, [
    ...ofData,
    { statistic: 'evaluation', version: first },
    { statistic: 'accuracies', version: first },
    { statistic: 'groups', version: first, column: 'sex' },
  ]);
  expect(whole).toMatchObject({
    state: 'answered',
    asked: 6,
    devices: 6,
    declined: [],
    epsilon: null,
    mostRows: null,
  });

  const { own } = await readOwnData(
    { indices: six, clients: 7, seed: 1, data: { type: 'sample' } } as unknown as Parameters<
      typeof readOwnData
    >[0],
    base,
  );
  const { contract } = base;
  const layout = layoutOf(ofData, contract);
  const values = measureSurvey(
    layout,
    own.map(({ examples }) => ({ ...examples, contract })),
    undefined,
  );
  const pooled = readSurvey(layout, contract, { values, devices: 1, deviations: [] });
  expect(whole.figures!.slice(0, 2)).toEqual(pooled.slice(0, 2));
  const [, , moments, evaluation, accuracies, groups] = whole.figures!;
  if (moments?.statistic !== 'moments' || pooled[2]?.statistic !== 'moments') throw new Error('No moments.');
  for (const [at, column] of pooled[2].columns.entries()) {
    expect(moments.columns[at]!.mean! / column.mean!).toBeCloseTo(1, 8);
    expect(moments.columns[at]!.standardDeviation! / column.standardDeviation!).toBeCloseTo(1, 8);
  }
  if (evaluation?.statistic !== 'evaluation' || groups?.statistic !== 'groups')
    throw new Error('No evaluation.');
  // What was said of the rows fits a recipe, from a terminal too.
  if (contract.kind !== 'table') throw new Error('Patients are a table.');
  const others = contract.columns.map(({ name }) => name).filter((name) => !ofMoments.includes(name));
  const steps = [usualStep('drop', { columns: others }), usualStep('cast'), usualStep('scale')];
  const recipe = fittedRecipe(recipeText({ steps }), 'steps.json', [whole], contract);
  expect(recipe.from).toBe('survey 1, the sum of 6 devices');
  const [age] = recipe.columns;
  if (age?.type !== 'number') throw new Error('Age is a number.');
  expect(age.mean / pooled[2].columns[0]!.mean!).toBeCloseTo(1, 8);
  expect(checkRecipe({ contract, recipe }, undefined)).toEqual([]);
  expect(() => fittedRecipe('usual', 'usual', [], contract)).toThrow(/Ask one first/);
  // A fifth of the rows is held out.
  const rows = own.reduce((sum, { examples }) => sum + examples.count, 0);
  expect(evaluation.tally.count / rows).toBeGreaterThan(0.1);
  expect(evaluation.tally.count / rows).toBeLessThan(0.3);
  expect(evaluation.auc.length).toBe(1);
  expect(groups.groups.reduce((sum, { shown }) => sum + shown!.count, 0)).toBe(evaluation.tally.count);
  if (accuracies?.statistic !== 'accuracies') throw new Error('No accuracies.');
  expect(accuracies.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(6);

  // No device tells its own scores here: what the version does is what the survey says.
  const told = {
    participants: 6,
    // Its areas with it: of what scores say beside them, a survey counts nothing.
    tally: { ...evaluation.tally, scores: { areas: evaluation.auc } },
    figure: figure(evaluation.tally, 'accuracy'),
    spread: null,
    personal: null,
    survey: { survey: whole.survey, deviation: 0 },
  };
  const evaluated = async () => (await one.coordinator.federation(federation)).head.evaluation;
  expect(await evaluated()).toEqual(told);

  await expect(asked(one, [{ statistic: 'target' }])).rejects.toThrow(/1 survey at most/);
  expect(faults(one.lines)).toEqual([]);

  await one.restart();
  expect(await evaluated()).toEqual(told);
  const kept = await one.coordinator.surveys(federation);
  expect(kept).toEqual([whole]);
}, 60_000);

const privacy: Noised = { type: 'central', clipNorm: 0.5, noiseMultiplier: 3, delta: 1e-5, epsilon: 2.2 };

test('under privacy a survey is noisy by the stated amount, is charged before it is opened, and none is asked once the budget is spent: also after a restart', async () => {
  const one = await stage({ ...base, statistics: usualStatistics, privacy }, undoings);
  one.start(six);
  await one.coordinator.until(federation, (view) => view.checkedIn === 6, 20_000);
  const { epsilon, figures, deviations, mostRows } = await asked(one, [{ statistic: 'target' }]);
  expect(epsilon).toBe(epsilonOf(costOf({ ...privacy, type: 'distributed' }), 1e-5, 'distributed'));
  // Three times what 100 rows of one device can change; all six stayed where five must.
  expect(mostRows).toBe(100);
  expect(deviations[0]! / (300 * Math.sqrt(6 / 5))).toBeCloseTo(1, 2);
  const target = figures?.[0];
  if (target?.statistic !== 'target') throw new Error('No target.');
  expect(target.classes!.every(({ count }) => Math.abs(count) < 600 + 6 * deviations[0]!)).toBe(true);
  // As `npx tributary survey` asks.
  const token = await one.coordinator.apiToken();
  const again = { url: one.url, federation, token, question: { asked: [{ statistic: 'target' } as const] } };
  const { survey: second, view } = await askSurvey(again);
  expect([second.survey, second.state, second.devices]).toEqual([2, 'answered', 6]);
  expect([...spokenSurvey(second, view.spec.contract, privacy.delta)]).toEqual([
    'Survey 2: the sum over 6 of 6 devices.',
    expect.stringMatching(/^each count below carries noise of ±64\d \(95 %\)$/),
    expect.stringMatching(/^heart_disease: healthy -?[\d,]+, disease -?[\d,]+$/),
    expect.stringMatching(/^A device counted as 100 rows at most; .* ε \d\.\d+ at δ 0\.00001\.$/),
  ]);
  await expect(askSurvey(again)).rejects.toThrow(/budget .* of 6 of 6 devices is spent/);
  await expect(askSurvey({ ...again, token: 'guessed' })).rejects.toThrow(/does not know this API token/);
  expect((await listSurveys(again)).surveys.map(({ survey }) => survey)).toEqual([2, 1]);
  await expect(asked(one, [{ statistic: 'target' }])).rejects.toThrow(/budget .* of 6 of 6 devices is spent/);
  const { privacy: spent } = await one.coordinator.federation(federation);
  expect(spent!.releases).toBe(2);

  // Nothing is shown to anybody before the coordinator says so, and what is costs no more.
  const shown = async () => {
    const answer = await fetch(`${one.url}/api/federations/${federation}/shown-surveys`);
    return v.parse(v.array(ShownSurvey), await answer.json());
  };
  expect(await shown()).toEqual([]);
  expect((await one.coordinator.showSurvey(federation, 2, true)).isShown).toBe(true);
  await one.coordinator.showSurvey(federation, 2, true);
  await expect(one.coordinator.showSurvey(federation, 9, true)).rejects.toThrow(/Survey 9 has no figures/);

  await one.restart();
  expect((await one.coordinator.federation(federation)).privacy).toEqual(spent);
  const { survey, question: of, endedAt, devices, figures: seconds, deviations: noise } = second;
  expect(await shown()).toEqual([
    { survey, question: of, endedAt, devices, figures: seconds, deviations: noise },
  ]);
  await one.coordinator.showSurvey(federation, 2, false);
  expect(await shown()).toEqual([]);
  expect(faults(one.lines)).toEqual([]);

  const records = await sqliteRecords(join(await one.stop(), 'tributary.sqlite'));
  undoings.push(() => records.close());
  const journal = await records.journal(federation);
  const kinds = journal.map(({ type }) => type).filter((type) => /survey|charged/.test(type));
  expect(kinds).toEqual([
    'survey-asked',
    'privacy-charged',
    'survey-answered',
    'survey-asked',
    'privacy-charged',
    'survey-answered',
    'survey-shown',
    'survey-hidden',
  ]);
  const [charge] = journal.filter(({ type }) => type === 'privacy-charged');
  expect(charge!.payload).toMatchObject({ survey: 1, mechanism: 'distributed', noiseMultiplier: 3 });
}, 60_000);
