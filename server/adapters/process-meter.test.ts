import { expect, test } from 'vitest';
import { openProcessMeter } from './process-meter.ts';

test('memory is the most of the stretch, not of the process: as it was seen, or exactly where it was never more', () => {
  let now = { cpuMs: 10, presentBytes: 500, largestEver: 900 };
  const meter = openProcessMeter(() => now);
  const whole = meter.meter();
  const see = (presentBytes: number, largestEver = 900): void => {
    now = { cpuMs: now.cpuMs + 1, presentBytes, largestEver };
    meter.look();
  };
  see(700);
  see(300);
  const later = meter.meter();
  see(400);
  see(200);
  expect(later()).toEqual({ cpuMs: 2, largestBytes: 400 });
  expect(whole()).toEqual({ cpuMs: 4, largestBytes: 700 });
  // Between two looks.
  see(250, 1000);
  expect([later(), whole(), meter.meter()()]).toEqual([
    { cpuMs: 3, largestBytes: 1000 },
    { cpuMs: 5, largestBytes: 1000 },
    { cpuMs: 0, largestBytes: 250 },
  ]);
  meter.close();
});

test('of this very process it tells something', () => {
  const { meter, close } = openProcessMeter();
  const { cpuMs, largestBytes } = meter()();
  close();
  expect(cpuMs).toBeGreaterThanOrEqual(0);
  expect(largestBytes).toBeGreaterThan(1e6);
});
