import { expect, test } from 'vitest';
import { FASTEST_STEP, latencyAt, latencyStep, SLOWEST_STEP, stepMs } from './latency.ts';

test('a duration is told as the step that it does not go beyond', () => {
  // 2^(6/2) = 8 ms and 2^(7/2) = 11.3137 ms, which is told, shown and asked for as 11.31.
  expect([8, 8.01, 11.31, 11.3137].map(latencyStep)).toEqual([6, 7, 7, 8]);
  expect(stepMs(7)).toBe(11.31);
  for (const ms of [0.13, 1, 3, 250, 40_000]) {
    const end = stepMs(latencyStep(ms));
    expect(end >= ms && end / 1.42 < ms).toBe(true);
  }
  expect([1e-9, 1e9].map(latencyStep)).toEqual([FASTEST_STEP, SLOWEST_STEP]);
});

test('the worst, the worst quarter and the middle are ends of steps, by the number of devices that need no longer', () => {
  const told = [
    { step: 8, devices: 1 },
    { step: 2, devices: 3 },
    { step: 4, devices: 4 },
  ];
  // Of eight: four need 4 ms at most (three 2 ms), six 4 ms, all 16 ms.
  expect(latencyAt(told, 'median')).toBe(4);
  expect(latencyAt(told, 'worst-quarter')).toBe(4);
  expect(latencyAt(told, 'worst')).toBe(16);
  expect(latencyAt([], 'worst')).toBeUndefined();
});
