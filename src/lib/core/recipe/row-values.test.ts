// What of somebody's rows a recipe that he fitted would take along.
import { expect, test } from 'vitest';
import type { TableContract } from '../data/contract.ts';
import { fitRecipe } from './fit.ts';
import type { Settings } from './fields.ts';
import { usualStep } from './recipe.ts';
import { rowValuesIn } from './row-values.ts';
import { tableOf } from './table.ts';

const number = { type: 'number', minimum: 0, maximum: 99, missingAllowed: true } as const;
const contract: TableContract = {
  kind: 'table',
  columns: [
    { ...number, name: 'age', mean: 50, standardDeviation: 10 },
    { ...number, name: 'lead', mean: 1, standardDeviation: 1 },
    { ...number, name: 'seen', reads: 'time', mean: 19_000, standardDeviation: 100 },
    { type: 'category', name: 'sex', categories: ['female', 'male'], missingAllowed: true },
    { type: 'category', name: 'ward', categories: ['a × b', 'c'], missingAllowed: true },
  ],
  target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 },
};
const names = contract.columns.map(({ name }) => name);
const table = tableOf(
  names,
  [
    ['41.5', '<0.1', '2022-05-17', 'female', 'a × b'],
    ['62.5', '0.37', '2022-06-18', 'Male', 'c'],
    ['', '2.25', '', '', 'c'],
  ],
  [0, 1, 2],
);

/** `columns`: what the steps need; others are left out at once. */
function held(columns: readonly string[], ...steps: (readonly [name: string, settings: Settings])[]): string {
  const left = names.filter((name) => !columns.includes(name));
  const recipe = {
    steps: [
      usualStep('drop', { columns: left }),
      ...steps.map(([name, settings]) => usualStep(name, settings)),
    ],
  };
  const fit = fitRecipe(recipe, table);
  if (!fit.ok) throw new Error(fit.error.message);
  return rowValuesIn(fit.value.fitted, contract) ?? 'nothing';
}

const told = (...columns: string[]) => ['one-hot', { columns }] as const;
const cast = ['cast', { columns: ['age'], to: 'number' }] as const;
const bins = (settings: Settings = {}) =>
  ['bin', { columns: ['age'], by: 'edges', edges: '40, 60', ...settings }] as const;

test('numbers and times are values of rows, whatever else stands among them', () => {
  expect(held(['lead'], told('lead'))).toMatch(
    /^Step 2 \(one-hot\) holds the numbers that rows have in “lead”/,
  );
  expect(held(['seen'], told('seen'))).toMatch(/holds the times that rows have in “seen”/);
  const none = ['impute', { columns: ['age'], method: 'constant', value: 'none' }] as const;
  expect(held(['age'], none, told('age'))).toMatch(/numbers that rows have in “age”.*Bin them/);
  const parts = ['dates', { columns: ['seen'] }] as const;
  expect(held(['seen'], parts, told('seen (day)'))).toMatch(/what rows have in “seen \(day\)”/);
});

test('crossed columns are as known as all that they are made of', () => {
  const cross = (...columns: string[]) => ['cross', { columns }] as const;
  expect(held(['age', 'sex'], cross('sex', 'age'), told('sex', 'sex × age'), cast)).toMatch(
    /what rows have in “sex × age”.*Bin numbers at edges of your own first/,
  );
  const kept = bins({ keep: true });
  const all = told('sex', 'ward', 'sex × age (bin) × ward');
  const crossed = cross('sex', 'age (bin)', 'ward');
  expect(held(['age', 'sex', 'ward'], cast, kept, crossed, all)).toBe('nothing');
  const place = ['replace', { columns: ['ward'], find: 'c', with: 'Jones' }] as const;
  expect(held(['age', 'sex', 'ward'], cast, kept, place, crossed, all)).toMatch(
    /holds “.*Jones.*”, which is no category of “(ward|sex × age \(bin\) × ward)”/,
  );
});

test('categories of the contract, bins at edges of one’s own and a constant of one’s own are nobody’s', () => {
  const unknown = ['impute', { columns: ['sex'], method: 'constant', value: 'unknown' }] as const;
  expect(held(['sex', 'ward'], unknown, told('sex', 'ward'))).toBe('nothing');
  expect(held(['age'], cast, bins({ as: 'number' }), told('age'))).toBe('nothing');
  expect(held(['age'], cast, bins({ by: 'width', bins: 2 }))).toMatch(/Give edges of your own/);
});
