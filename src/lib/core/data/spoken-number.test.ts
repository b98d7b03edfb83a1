import { expect, test } from 'vitest';
import { spokenNumber } from './spoken-number.ts';

test('a border stays where it is, f32 noise goes, and a time is a date', () => {
  const years = { mean: 2010, standardDeviation: 5 };
  expect(spokenNumber(years, Math.fround(0.9))).toBe('2014.5');
  expect(spokenNumber({ mean: 3, standardDeviation: 2 }, Math.fround(-1.5 + 1e-8))).toBe('0');
  // 2024-05-17 is day 19,860.
  expect(spokenNumber({ mean: 19_850, standardDeviation: 10, reads: 'time' }, 1)).toBe('2024-05-17');
  expect(spokenNumber({ mean: 19_850, standardDeviation: 10, reads: 'time' }, 1.05)).toBe(
    '2024-05-17T12:00:00Z',
  );
});
