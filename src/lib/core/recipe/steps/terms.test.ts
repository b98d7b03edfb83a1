import { expect, test } from 'vitest';
import { usualStep, type Recipe } from '../recipe.ts';
import { applyRecipe, fitRecipe } from '../fit.ts';
import { tableOf, termsAt, type Table } from '../table.ts';
import type { Settings } from '../fields.ts';
import { MOST_LETTERS, splitterOf } from '../terms-of.ts';

const texts = [
  'the cat sat on the mat by the door',
  'the dog sat by the open door today',
  'a cat and a dog met on the long road',
];
const table = (cells: readonly string[]): Table =>
  tableOf(
    ['t'],
    cells.map((cell) => [cell]),
    Array.from(cells.keys()),
  );
const recipe = (settings: Settings): Recipe => ({
  steps: [usualStep('terms', { columns: ['t'], rarest: 1, ...settings })],
});
function fitted(settings: Settings, cells: readonly string[] = texts) {
  const done = fitRecipe(recipe(settings), table(cells));
  if (!done.ok) throw new Error(done.error.message);
  return done.value;
}
function termsIn(rows: Table, row: number) {
  const [column] = rows.columns;
  if (column?.type !== 'terms') throw new Error('A column of terms was made.');
  return new Map(termsAt(column, row).map(({ term, weight }) => [term, weight]));
}

test('weights are scikit-learn’s TF-IDF, each text of the length that is asked for', () => {
  const { table: done } = fitted({ longest: 1, sublinear: false, length: 2 });
  const own = termsIn(done, 0);
  // idf = ln((1 + 3)/(1 + df)) + 1: of “the” (three rows) 1, of “cat” and “sat” (two) ln(4/3) + 1, of “mat” (one) ln 2 + 1.
  const [all, two, one] = [1, Math.log(4 / 3) + 1, Math.LN2 + 1];
  // the ×3; cat, sat, on, by, door in two rows; mat in one.
  const length = Math.hypot(3 * all, two, two, two, two, two, one);
  expect(own.get('the')).toBeCloseTo((2 * 3 * all) / length, 6);
  expect(own.get('cat')).toBeCloseTo((2 * two) / length, 6);
  expect(own.get('mat')).toBeCloseTo((2 * one) / length, 6);
  expect(Math.hypot(...own.values())).toBeCloseTo(2, 6);
});

test('words in a row are terms, runs of letters are, and what most rows hold comes last in the list', () => {
  const { columns } = fitted({ longest: 2 });
  const [column] = columns;
  if (column?.type !== 'terms') throw new Error('A column of terms was made.');
  expect(column.terms).toContain('the door');
  expect(column.terms.indexOf('the')).toBeGreaterThan(column.terms.indexOf('mat'));
  expect([...splitterOf('letters', 4)('Über uns')]).toEqual([
    ' üb',
    'übe',
    'ber',
    'er ',
    ' übe',
    'über',
    'ber ',
    ' un',
    'uns',
    'ns ',
    ' uns',
    'uns ',
  ]);
});

test('of a text that is too long the first letters are read', () => {
  for (const [of, longest] of [
    ['words', 1],
    ['letters', 3],
  ] as const) {
    const long = 'cat '.repeat(MOST_LETTERS / 4);
    expect(new Set(splitterOf(of, longest)(`${long}dog`))).toEqual(new Set(splitterOf(of, longest)('cat')));
  }
  expect([...splitterOf('words', 1)('a'.repeat(2 * MOST_LETTERS))][0]).toHaveLength(MOST_LETTERS);
});

test('a new text has the terms that rows to learn from taught, the weightiest where it holds more than any of them', () => {
  const done = fitted({ longest: 1, sublinear: false }, ['one two', 'two three', 'three one']);
  const served = applyRecipe(done.fitted, table(['one two three three four', '', 'four five']));
  if (served === undefined) throw new Error('A recipe reads what it learnt.');
  // All three are in two rows of three: twice three, and of one and two that which stands first in the list.
  expect([...termsIn(served, 0).keys()]).toEqual(['one', 'three']);
  expect(termsIn(served, 1).size + termsIn(served, 2).size).toBe(0);
  const [column] = served.columns;
  expect(column?.type === 'terms' && column.pairs.every(Number.isFinite)).toBe(true);
});

test('what was learnt in training encodes the same bits again', () => {
  const done = fitted({});
  expect(applyRecipe(done.fitted, table(texts))?.columns).toEqual(done.table.columns);
});

test('what cannot be is refused with what to do', () => {
  const refusal = (settings: Settings) => {
    const done = fitRecipe(recipe(settings), table(texts));
    return done.ok ? 'taken' : done.error.message;
  };
  expect(refusal({ rarest: 9 })).toMatch(/no term of “t” is in enough rows. Ask for fewer/);
  expect(() => usualStep('terms', { of: 'letters', longest: 2 })).toThrow(/needs 3 or more/);
});
