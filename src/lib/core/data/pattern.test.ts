import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPattern } from './pattern.ts';

const fits = (source: string, text: string): boolean => {
  const read = readPattern(source);
  if (!read.ok) throw new Error(read.error);
  return read.value(text);
};

test('a pattern takes what a regular expression of the same letters takes, anchored at both ends', () => {
  const letter = fc.constantFrom('a', 'b', '7', '-', '.', '\\d', '\\w', '[a-c7]', '[^b]', '\\.', '\\-');
  const times = fc.constantFrom('', '?', '*', '+', '{2}', '{1,2}', '{0,3}', '{2,}');
  const source = fc
    .array(fc.tuple(letter, times), { maxLength: 5 })
    .map((parts) => parts.map(([one, many]) => one + many).join(''));
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', '7', '-', '.'), { maxLength: 6 })
    .map((all) => all.join(''));
  let taken = 0;
  fc.assert(
    fc.property(source, text, (pattern, cell) => {
      const expected = new RegExp(`^(?:${pattern})$`, 's').test(cell);
      if (expected) taken += 1;
      return fits(pattern, cell) === expected;
    }),
    { seed: 7, numRuns: 3000 },
  );
  expect(taken).toBeGreaterThan(200);
});

test('a pattern that would send a regular expression backtracking for years is answered at once', () => {
  // With backtracking this is some 10²⁶ steps: no limit of time is needed to see it.
  expect(fits('a*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(2000))).toBe(false);
});

test.each([
  ['(a|b)', /“\(” must be written “\\\(”/],
  ['*a', /nothing before it/],
  ['[a-', /never closes/],
  ['[]', /holds no letter/],
  ['[z-a]', /runs backwards/],
  ['a{3,1}', /runs backwards/],
  ['a{x}', /a count such as/],
  ['\\b', /not known here/],
  ['a\\', /ends with a backslash/],
  ['a{300}', /more than 256/],
])('%s is refused with its reason', (source, reason) => {
  const read = readPattern(source);
  expect(read.ok ? '' : read.error).toMatch(reason);
});
