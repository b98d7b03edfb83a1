import { expect, test } from 'vitest';
import { exampleSpec } from '../../../../test/simulation/example-spec.ts';
import { forecastDevice, forecastFleet, suggestions } from './forecast.ts';

test('a device is told its epochs in whole batches, and its first version whole', () => {
  const told = forecastDevice({ localEpochs: 2, batchSize: 10 }, 40, 95, 3, {
    update: 100,
    version: 800,
    step: 200,
  });
  // ⌈95 / 10⌉ = 10 batches of 3 ms.
  expect(told).toMatchObject({ epochMs: 30, roundMs: 60, up: 100, down: 200 });
  expect(told.bytes).toBe(800 + 39 * 200 + 40 * 100);
  expect(told.hours).toBeCloseTo((40 * 60) / 3_600_000, 12);
});

test('a fleet is told by a histogram that names nobody, and a round by the last update that it waits for', () => {
  const { rules } = exampleSpec({
    rules: { goal: 3, minimum: 2, overSelection: 1, maximumRounds: 10, reportingDeadlineMs: 60_000 },
  });
  const told = forecastFleet([1_234, 200, 2_345, 70_000], 6, rules);
  expect(told).toMatchObject({ devices: 6, measured: 4, late: 1, roundMs: 70_000 });
  expect(told.trainingMs).toEqual({ median: 1_800, slowest: 70_000 });
  expect(told.histogram.filter(({ devices }) => devices > 0)).toEqual([
    { upToMs: 250, devices: 1 },
    { upToMs: 2_000, devices: 1 },
    { upToMs: 4_000, devices: 1 },
    { upToMs: 128_000, devices: 1 },
  ]);
  const few = forecastFleet([], 1, rules);
  expect([few.roundMs, few.trainingMs, few.histogram]).toEqual([null, null, []]);
});

test('more are asked than are waited for: the slowest third holds nobody up', () => {
  const { rules } = exampleSpec({ rules: { goal: 2, minimum: 2, overSelection: 1.5 } });
  expect(forecastFleet([1_000, 1_100, 9_000], 3, rules).roundMs).toBe(1_100);
});

test('what stands out is said, and nothing where nothing does', () => {
  const { rules, plan } = exampleSpec({
    rules: { goal: 3, minimum: 2, overSelection: 1, reportingDeadlineMs: 60_000 },
  });
  const of = {
    plan: { ...plan, localEpochs: 4 },
    rules,
    transfer: { uplink: 'f32' },
    updateBytes: 4e6,
    modelBytes: 4e6,
  };
  const told = suggestions(forecastFleet([1_000, 70_000, 800_000], 3, rules), of);
  expect(told).toHaveLength(4);
  expect(told[0]).toMatch(/^2 of 3 devices .* fewer than 4 local epochs/);
  expect(
    suggestions(forecastFleet([1_000, 1_000, 1_000], 3, rules), { ...of, updateBytes: 400_000 }),
  ).toEqual([]);
});
