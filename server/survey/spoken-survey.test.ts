import * as v from 'valibot';
import { expect, test } from 'vitest';
import { patientCohortContract } from '#lib/modalities/table/sample-patient-cohort.ts';
import { SurveyView } from '#lib/protocol/survey-views.ts';
import { spokenSurvey } from './spoken-survey.ts';

const view = (over: object): SurveyView =>
  v.parse(SurveyView, {
    survey: 3,
    run: 1,
    question: [{ statistic: 'target' }],
    version: 2,
    askedAt: 1,
    endedAt: 2,
    state: 'answered',
    asked: 8,
    devices: 6,
    declined: [],
    reason: null,
    figures: null,
    deviations: [0],
    mostRows: null,
    epsilon: null,
    ...over,
  });
const lines = (over: object): string[] => [...spokenSurvey(view(over), patientCohortContract, null)];

test('one that came to nothing says why, and who did not answer', () => {
  expect(
    lines({
      state: 'failed',
      devices: null,
      reason: 'Too few stayed.',
      declined: ['Its person has paused it.'],
    }),
  ).toEqual([
    'Survey 3: nothing was opened. Too few stayed.',
    '  not answered by some: Its person has paused it.',
  ]);
});

test('each statistic has its lines; of what cannot be had, nothing is made up', () => {
  const quantiles = [
    { of: 0.5, value: 55.512 },
    { of: 0.95, value: null },
  ];
  const histogram = { minimum: 0, maximum: 100, counts: [1, 2], quantiles };
  const shown = { count: 40, accuracy: 0.75, given: [0.5, null], recall: [0.8, 0.7] };
  expect(
    lines({
      figures: [
        {
          statistic: 'distributions',
          columns: [
            { type: 'number', name: 'age', missing: 0, histogram },
            { type: 'category', name: 'sex', missing: 3, categories: [{ label: 'female', count: 1200 }] },
          ],
        },
        {
          statistic: 'moments',
          columns: [
            { name: 'age', count: 10, mean: 55.512, standardDeviation: null },
            { name: 'bmi', count: 10, mean: 26, standardDeviation: 4 },
          ],
          correlations: [1, -0.571, -0.571, 1],
          complete: 10,
        },
        {
          statistic: 'evaluation',
          version: 2,
          tally: { type: 'classification', count: 4, lossSum: 2, confusion: [2, 0, 1, 1] },
          auc: [0.8125],
        },
        {
          statistic: 'accuracies',
          version: 2,
          histogram: { minimum: 0, maximum: 1, counts: [], quantiles: [] },
          mean: 0.8,
          worstTenth: null,
        },
        {
          statistic: 'groups',
          version: 2,
          column: 'sex',
          labels: ['healthy', 'disease'],
          groups: [
            { group: 'female', shown },
            { group: 'male', shown: null },
          ],
        },
      ],
    }).filter((line) => !/^  (?!Accuracy|AUC|female|male)/.test(line)),
  ).toEqual([
    'Survey 3: the sum over 6 of 8 devices.',
    'age: 50.0 % below 55.51, 95.0 % below –',
    'sex: female 1,200, 3 missing',
    'age: mean 55.51, deviation –, 10 rows',
    'bmi: mean 26, deviation 4, 10 rows',
    'goes together: age and bmi (-0.57)',
    'differ most along: mostly age, less bmi (78.5 %)',
    'differ most along: mostly age, bmi (21.4 %)',
    'version 2 on 4 held-out rows:',
    '  Accuracy: 75.0 %',
    '  AUC: 0.813',
    'accuracy from device to device: mean 80.0 %, worst tenth of the devices –',
    'version 2 by sex:',
    '  female: 40 rows, accuracy 75.0 %; healthy given to 50.0 %, found of 80.0 %; disease given to –, found of 70.0 %',
    '  male: too few rows to say anything of',
  ]);
});
