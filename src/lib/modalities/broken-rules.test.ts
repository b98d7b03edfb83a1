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
