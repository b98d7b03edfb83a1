import { expect, test } from 'vitest';
import { brokenRules } from './broken-rules.ts';

test.each([
  [50, /every one of them lies in range/],
  [51, /each of the first 50 texts lies in range/],
])('a fix for %i different cells speaks of those that were looked at', (cells, words) => {
  const broken = brokenRules();
  for (let i = 0; i < cells; i += 1)
    broken.addCell(
      {
        kind: 'out-of-range',
        column: 'height',
        message: '',
        found: `${1500 + i}`,
        expected: 'a number between 0 and 300',
        fits: (value) => value >= 0 && value <= 300,
      },
      { file: 'a.csv', row: i + 2 },
    );
  expect(broken.list()[0]?.fix).toMatch(words);
});

test('what is not read is gathered by what it is, and further kinds together', () => {
  const broken = brokenRules();
  for (const kind of ['µ-law', 'FLAC', 'FLAC', ...Array.from({ length: 20 }, (_, i) => `kind ${i}`), 'FLAC'])
    broken.addRow('unsupported', `This is ${kind}.`, { file: 'a.zip' });
  const list = broken.list();
  expect(list.map(({ count, fix }) => [count, fix]).slice(0, 3)).toEqual([
    [10, 'This is kind 10.'],
    [3, 'This is FLAC.'],
    [1, 'This is µ-law.'],
  ]);
  expect(new Set(list.map(({ fix }) => fix)).size).toBe(list.length);
});
