import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numberIn } from './cell-number.ts';

const read = (text: string): number => {
  const bytes = new TextEncoder().encode(`xx${text}yy`);
  return numberIn(bytes, 2, bytes.length - 2);
};

test('every number is read as Number reads it, to the last bit', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(
      fc.oneof(
        finite.map(String),
        fc.integer().map(String),
        fc.tuple(finite, fc.nat(12)).map(([x, digits]) => (x % 1e6).toFixed(digits)),
      ),
      (text) => {
        expect(Object.is(read(text), Number(text))).toBe(true);
      },
    ),
    { seed: 1, numRuns: 20_000 },
  );
});

test.each([
  ['63.0', 63],
  ['.7', 0.7],
  ['5.', 5],
  ['+2', 2],
  ['-0.5', -0.5],
  ['  12  ', 12],
  ['1e3', 1000],
  ['1E-2', 0.01],
  ['0000000000000000000001', 1],
  // 17 digits: beyond what an exact quotient of doubles can do.
  ['0.12345678901234567', 0.12345678901234567],
  ['9007199254740993', 9007199254740992],
])('%s is %d', (text, expected) => {
  expect(read(text)).toBe(expected);
});

test.each([
  '',
  ' ',
  '-',
  '+',
  '.',
  'e5',
  '1e',
  '1e+',
  '1e5x',
  '1,5',
  '1 000',
  '0x10',
  'Infinity',
  'NaN',
  '--1',
  '1.2.3',
  '1e999',
  '١',
])('“%s” is no number', (text) => {
  expect(read(text)).toBeNaN();
});
