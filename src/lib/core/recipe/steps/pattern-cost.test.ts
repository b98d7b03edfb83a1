// Which regular expressions are refused before they meet a cell.
import { expect, test } from 'vitest';
import { whySlow } from './pattern-cost.ts';

test.each([
  '(\\d+),(\\d+)',
  '^\\s+|\\s+$',
  '(\\d{1,2})/(\\d{1,2})/(\\d{2,4})',
  '\\d+(,\\d+)?',
  '\\((?<unit>[^)\\]]*)\\)',
  '[^:]*:.*',
  '\\w+\\s+\\w+',
  '.*mg',
  '(?:ab)+c',
  '^(?:male|m)\\b.?$',
  '\\p{L}+',
  '\\x41\\u0042+?',
])('%s is taken', (pattern) => {
  expect(() => new RegExp(pattern, 'gu')).not.toThrow();
  expect(whySlow(pattern)).toBeUndefined();
});

test.each([
  ['(a+)+b', /outer repetition/],
  ['((a+))+$', /outer repetition/],
  ['(?:(?:a+))+$', /outer repetition/],
  ['(?<n>(a|a))*b', /outer repetition/],
  ['(?:a{1,9}){1,30}b', /outer repetition/],
  ['.*.*.*.*x', /not told by the letter after/],
  ['a?a?a?a?aaaa', /not told/],
  ['\\d+\\b\\d*x', /not told/],
  ['\\p{L}+\\p{N}+x', /not told/],
  ['[b-d]+[^e]*x', /not told/],
  ['\u{1F600}+[^a]*x', /not told/],
  ['(?:ab)+a*x', /not told/],
  [Array(9).fill('(?:a|a)b').join(''), /in 512 ways; 16 are the most/],
  [Array(9).fill('(?:a?)?b').join(''), /in 512 ways/],
  ['(?=a)b', /looks ahead/],
  ['(?<!a)b', /looks ahead/],
  ['(a*)\\1x', /repeats what a group found/],
])('%s is refused', (pattern, why) => {
  expect(() => new RegExp(pattern, 'gu')).not.toThrow();
  expect(whySlow(pattern)).toMatch(why);
});
