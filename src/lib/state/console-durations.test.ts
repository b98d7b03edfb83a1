import { describe, expect, test } from 'vitest';
import { ageInWords, bytesInWords, clock, durationInWords, unitOf } from './console-durations.ts';

describe('durations in the console', () => {
  test('a clock counts whole seconds and never runs below zero', () => {
    expect(clock(0)).toBe('0:00');
    expect(clock(59_999)).toBe('0:59');
    expect(clock(221_000)).toBe('3:41');
    expect(clock(3_729_000)).toBe('1:02:09');
    expect(clock(-5_000)).toBe('0:00');
  });
  test('words name the two largest parts', () => {
    expect(durationInWords(45_000)).toBe('45 s');
    expect(durationInWords(120_000)).toBe('2 min');
    expect(durationInWords(5_400_000)).toBe('1 h 30 min');
    expect(durationInWords(86_400_000 + 3 * 3_600_000 + 59_000)).toBe('1 day 3 h');
    expect(durationInWords(2 * 86_400_000)).toBe('2 days');
    expect(durationInWords(400)).toBe('0 s');
  });
  test('a field takes the largest unit that needs no rounding', () => {
    expect(unitOf(7_200_000)).toBe('hours');
    expect(unitOf(120_000)).toBe('minutes');
    expect(unitOf(90_000)).toBe('seconds');
    expect(unitOf(0)).toBe('seconds');
  });
  test('an age is spoken of in one part', () => {
    expect(ageInWords(900)).toBe('just now');
    expect(ageInWords(40_000)).toBe('40 s ago');
    expect(ageInWords(200_000)).toBe('3 min ago');
  });
  test('sizes are decimal, with one digit behind the point below ten', () => {
    expect(bytesInWords(812)).toBe('812 B');
    expect(bytesInWords(796_840)).toBe('797 kB');
    expect(bytesInWords(1_663_370)).toBe('1.7 MB');
    expect(bytesInWords(999_600)).toBe('1.0 MB');
    expect(bytesInWords(25_400_000)).toBe('25 MB');
  });
});
