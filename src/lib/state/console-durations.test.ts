import { describe, expect, test } from 'vitest';
import { durationInWords, took, unitOf } from './console-durations.ts';

describe('durations in the console', () => {
  test('words name the two largest parts', () => {
    expect(durationInWords(45_000)).toBe('45 s');
    expect(durationInWords(120_000)).toBe('2 min');
    expect(durationInWords(5_400_000)).toBe('1 h 30 min');
    expect(durationInWords(86_400_000 + 3 * 3_600_000 + 59_000)).toBe('1 day 3 h');
    expect(durationInWords(2 * 86_400_000)).toBe('2 days');
    expect(durationInWords(400)).toBe('0 s');
  });
  test('a short time is told in tenths of a second, a longer one by the clock', () => {
    expect([0, 420, 9_949, 9_950, 221_000].map(took)).toEqual(['0.0 s', '0.4 s', '9.9 s', '0:10', '3:41']);
  });
  test('a field takes the largest unit that needs no rounding', () => {
    expect(unitOf(7_200_000)).toBe('hours');
    expect(unitOf(120_000)).toBe('minutes');
    expect(unitOf(90_000)).toBe('seconds');
    expect(unitOf(0)).toBe('seconds');
  });
});
