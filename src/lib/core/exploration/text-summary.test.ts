import { expect, test } from 'vitest';
import { random } from '../random.ts';
import { explore } from './explore.ts';
import { nearDuplicates } from './near-duplicates.ts';

const words = Array.from({ length: 200 }, (_, at) => `word${at}`);
const draw = random(4, 'texts');
const text = (length: number): string => Array.from({ length }, () => words[draw.below(200)]!).join(' ');

test('a column of prose is told by its words, and its likenesses are to be looked at', () => {
  const labels = Array.from({ length: 30 }, (_, at) => `${text(40)} the ${at < 12 ? 'fever' : 'cough'}`);
  labels.push(`${labels[3]!} again`);
  const codes = Int32Array.from({ length: 32 }, (_, row) => (row === 31 ? -1 : row));
  const { columns, warnings, associations } = explore({
    rows: 32,
    columns: [{ type: 'category', name: 'note', codes, labels }],
  });
  expect(associations.names).toEqual([]);
  const [column] = columns;
  if (column?.type !== 'text') throw new Error('Prose is text.');
  const { summary } = column;
  expect(summary).toMatchObject({ count: 31, missing: 1, distinct: 31, alike: { count: 1, rows: [30] } });
  expect(summary.words).toMatchObject({ minimum: 42, maximum: 43 });
  // “the” is in all of them; fever in twelve, and in the one that was written again.
  expect(summary.top.some(({ word }) => word === 'the')).toBe(false);
  expect(summary.top).toContainEqual({ word: 'fever', texts: 13 });
  expect(warnings.find(({ column: of }) => of === 'note')).toMatchObject({ kind: 'duplicates', rows: [30] });
});

test('texts that share four fifths of their runs of words are alike, those that share half are not', () => {
  const one = text(120).split(' ');
  const changed = (share: number): string =>
    [...one.slice(0, one.length * (1 - share)), ...text(120 * share).split(' ')].join(' ');
  expect(nearDuplicates([one.join(' '), changed(0.04)]).rows).toEqual([1]);
  expect(nearDuplicates([one.join(' '), changed(0.5), text(120), '']).count).toBe(0);
  // The same wording twice is told of elsewhere: as a row that repeats another.
  expect(nearDuplicates([one.join(' '), one.join(' ')]).count).toBe(0);
});
