import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { TableContract } from '#lib/core/data/contract.ts';
import { histogramOf } from '#lib/core/statistics/histogram.ts';
import { SurveyView } from '#lib/protocol/survey-views.ts';
import { suggestedContract } from './suggest-contract.ts';

const contract: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'mass',
      minimum: 0,
      maximum: 160,
      missingAllowed: true,
      mean: 80,
      standardDeviation: 10,
    },
  ],
  target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 },
};
/** In 16 bins of 10. */
const survey = (counts: readonly number[], missing: number) =>
  v.parse(SurveyView, {
    survey: 1,
    run: 1,
    question: [{ statistic: 'distributions', columns: ['mass'], bins: 16 }],
    version: 0,
    askedAt: 1,
    endedAt: 2,
    state: 'answered',
    asked: 8,
    devices: 8,
    declined: [],
    reason: null,
    figures: [
      {
        statistic: 'distributions',
        columns: [
          {
            type: 'number',
            name: 'mass',
            missing,
            histogram: histogramOf({ minimum: 0, maximum: 160 }, counts),
          },
        ],
      },
    ],
    deviations: [0],
    mostRows: null,
    epsilon: null,
  });
const even = survey(
  Array.from({ length: 16 }, () => 50),
  1,
);
/** Pounds among kilograms, and nobody lacks it. */
const mixed = survey([0, 0, 0, 0, 0, 60, 300, 300, 60, 0, 0, 0, 0, 0, 90, 110], 0);
const printed = (which: string, of: SurveyView, given = contract) => {
  const notes: string[] = [];
  const lines = [...suggestedContract(which, [of], given, false, (sentence) => notes.push(sentence))];
  return { lines, notes };
};

test('all leaves out what looks like two units and says so, and its number takes it', () => {
  const { lines, notes } = printed('all', mixed);
  expect(JSON.parse(lines.join())).toMatchObject({
    columns: [{ minimum: 0, maximum: 160, missingAllowed: false }],
  });
  expect(notes).toEqual([expect.stringMatching(/^Proposal 1 is left out: mass may be of two units\. Ask/)]);
  expect(JSON.parse(printed('1', mixed).lines.join())).toMatchObject({ columns: [{ maximum: 100 }] });
});

test('where nothing is proposed no number is asked for, and no contract is printed that cannot be one', () => {
  expect(() => printed('1', even)).toThrow(/^--contract: Nothing is proposed/);
  expect(() => printed('some', even)).toThrow(/list, all, or numbers such as/);
  expect(() => printed('3', mixed)).toThrow(/numbers from 1 to 2 such as/);
  const rules = Array.from({ length: 201 }, () => ({ type: 'unique' as const, column: 'mass' }));
  expect(() => printed('2', mixed, { ...contract, rules })).toThrow(/with these it is no data contract/);
});
