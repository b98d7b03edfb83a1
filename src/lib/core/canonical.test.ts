import { expect, test } from 'vitest';
import { canonicalText } from './canonical.ts';

test('the text is that of RFC 8785, §3.2.2 and §3.2.3, whatever the order of keys', () => {
  expect(
    canonicalText({
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"\/',
      literals: [null, true, false],
    }),
  ).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
  expect(canonicalText({ b: 1, a: { d: 2, c: [] }, '€': 0 })).toBe(
    canonicalText({ '€': 0, a: { c: [], d: 2 }, b: 1 }),
  );
});

test('what is undefined is left out, and no number stands for one that JSON lacks', () => {
  expect(canonicalText({ a: undefined, b: null })).toBe('{"b":null}');
  expect(() => canonicalText({ a: NaN })).toThrow('no canonical text');
});
