// What is chosen on the page of statistics, as a question, and what it says of a survey.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { VersionNumber } from '#lib/core/ids.ts';
import { checkQuestion, layoutOf } from '#lib/core/statistics/survey.ts';
import { usualStatistics } from '#lib/core/statistics/rules.ts';
import { groupColumns, questionOf } from '#lib/core/statistics/usual-question.ts';
import { patientCohortContract } from '#lib/modalities/table/sample-patient-cohort.ts';
import type { SurveyView } from '#lib/protocol/survey-views.ts';
import { statisticsFrom, statisticsTyped } from './console-draft-statistics.ts';
import { costWords, histogramItems, questionWords, surveySentence } from './console-survey-question.ts';

const version = v.parse(VersionNumber, 3);
const contract = patientCohortContract;
const images = { kind: 'image', height: 2, width: 2, channels: 1, classes: ['a', 'b'] } as const;

test('each subject makes a question that fits the contract, of pictures too', () => {
  const data = questionOf('data', contract, { version, column: '' });
  expect(data.map(({ statistic }) => statistic)).toEqual(['target', 'distributions', 'moments']);
  expect(groupColumns(contract)).toEqual(['sex', 'chest_pain', 'smoker']);
  const groups = questionOf('groups', contract, { version, column: 'sex' });
  for (const question of [data, groups, questionOf('version', contract, { version, column: '' })])
    expect(checkQuestion(question, contract)).toBeUndefined();
  expect(questionOf('data', { ...images, classes: [...images.classes] }, { version, column: '' })).toEqual([
    { statistic: 'target' },
  ]);
  const texts = {
    ...contract,
    columns: [
      ...Array.from({ length: 60 }, (_, at) => ({ ...contract.columns[0]!, name: `n${at}` })),
      { type: 'text' as const, name: 'note', missingAllowed: true },
    ],
  };
  const many = questionOf('data', texts, {
    version,
    column: '',
    hashing: { of: 'words', longest: 1, buckets: 8192 },
  });
  const words = layoutOf(many, texts).parts.reduce((sum, { counts, sums }) => sum + counts + 4 * sums, 0);
  expect(words).toBeLessThan(9990);
  expect(questionWords({ question: groups, version })).toBe('groups (version 3)');
});

test('a survey is told in words, with its noise and what it cost', () => {
  const view = {
    state: 'answered',
    asked: 8,
    devices: 6,
    declined: ['Its person has paused it.'],
    reason: null,
    deviations: [0, 150],
    mostRows: 100,
    epsilon: 1.5,
  } as unknown as SurveyView;
  expect(surveySentence(view)).toBe(
    'The sum over 6 of 8 devices. Some do not answer: Its person has paused it.',
  );
  expect(costWords(view, 1e-5)).toMatch(/noise of ± 290 .* 100 rows at most.* ε 1.5 at δ 0.00001/);
  expect(costWords({ ...view, deviations: [0, 0] }, 1e-5)).toBeUndefined();
});

test('bins beyond all rows are left out, and those between them stay', () => {
  const histogram = { minimum: 0, maximum: 10, counts: [0, 2, 0, 3, 0], quantiles: [] };
  expect(histogramItems(histogram)).toEqual([
    { label: '2 – 4', value: 2, text: '2' },
    { label: '4 – 6', value: 0, text: '0' },
    { label: '6 – 8', value: 3, text: '3' },
  ]);
});

test('what a federation allows is typed as it was read, and is nothing where it is off', () => {
  expect(statisticsTyped(statisticsFrom({ statistics: usualStatistics }))).toEqual({
    statistics: usualStatistics,
  });
  expect(statisticsTyped(statisticsFrom({}))).toEqual({});
});
