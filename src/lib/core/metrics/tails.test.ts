import { expect, test } from 'vitest';
import { hypergeometricTail } from './hypergeometric.ts';
import { student95, studentTail } from './student.ts';

test('Student’s tail is that of the tables: P(T > t) = 0.025', () => {
  // Abramowitz & Stegun, table 26.10; one degree of freedom is Cauchy's: ½ − arctan(t)/π.
  for (const [freedom, t] of [
    [1, 12.7062],
    [5, 2.57058],
    [9, 2.26216],
    [30, 2.04227],
    [1e6, 1.95997],
  ] as const) {
    expect(studentTail(t, freedom)).toBeCloseTo(0.025, 5);
    expect(student95(freedom)).toBeCloseTo(t, 4);
  }
  expect(studentTail(0.3, 1)).toBeCloseTo(0.5 - Math.atan(0.3) / Math.PI, 12);
  expect(studentTail(0, 7)).toBe(0.5);
});

test('Fisher’s tail counts: all of 3 drawn of 4 marked in 8 is 4/56, and every draw has at least what it must', () => {
  expect(hypergeometricTail(3, { drawn: 3, marked: 4, all: 8 })).toBeCloseTo(4 / 56, 12);
  expect(hypergeometricTail(2, { drawn: 3, marked: 4, all: 8 })).toBeCloseTo((4 + 24) / 56, 12);
  // 6 of 8 drawn, 5 marked: 3 at least; all 5 in C(3, 1)/C(8, 6) = 3/28.
  expect(hypergeometricTail(3, { drawn: 6, marked: 5, all: 8 })).toBe(1);
  expect(hypergeometricTail(5, { drawn: 6, marked: 5, all: 8 })).toBeCloseTo(3 / 28, 12);
});
