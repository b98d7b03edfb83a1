import { expect, test } from 'vitest';
import { categoryMatcher, categoryOf, categorySpellings, MISSING, UNKNOWN } from './cell-category.ts';

const of = (categories: readonly (readonly string[])[], text: string): number =>
  categoryOf(categorySpellings(categories), text);

test('a hospital’s 1.0 is another’s 1', () => {
  const codes = [['0'], ['1', '2']];
  expect(['0', '0.0', '1.0', ' 2'.trim(), '02', '+1'].map((text) => of(codes, text))).toEqual([
    0, 0, 1, 1, 1, 1,
  ]);
  expect(of(codes, '3')).toBe(UNKNOWN);
  expect(of(codes, '1.5')).toBe(UNKNOWN);
});

test('case does not matter unless it tells two categories apart', () => {
  expect(of([['Female'], ['Male']], 'FEMALE')).toBe(0);
  expect(of([['a'], ['A']], 'A')).toBe(1);
  expect(of([['ab'], ['AB']], 'Ab')).toBe(UNKNOWN);
});

test('a missing word is missing, unless the contract has a category of that spelling', () => {
  for (const word of ['', '?', 'NA', 'n/a', 'NaN', 'null']) expect(of([['yes'], ['no']], word)).toBe(MISSING);
  expect(of([['DE'], ['NA']], 'NA')).toBe(1);
});

test('the matcher answers as the rules do for thousands of spellings, remembered or not', () => {
  const categories = [['red'], ['green'], ['7']];
  const matcher = categoryMatcher(categories);
  const cells = Array.from(
    { length: 6000 },
    (_, i) => ['red', 'GREEN', '7.0', '', `free text ${i}`][i % 5] ?? '',
  );
  for (const cell of [...cells, ...cells]) {
    const bytes = new TextEncoder().encode(`..${cell}.`);
    expect(matcher.match(bytes, 2, bytes.length - 1, () => cell)).toBe(of(categories, cell));
  }
});
