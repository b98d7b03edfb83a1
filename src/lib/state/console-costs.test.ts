import { expect, test } from 'vitest';
import { costOf, costRows, pricedWords, runCosts } from './console-costs.ts';
import { runRecords } from './console-runs.ts';
import { versionFixture } from './console-views.fixture.ts';

const hour = 3_600_000;

test('costs are processor hours and gigabytes of models by their prices; without a price nothing is said', () => {
  const spent = { cpuMs: hour / 2, bytesDown: 3e9 };
  expect(costOf({ cpuHour: 0.04, gigabyteOut: 0.09 }, spent)).toBeCloseTo(0.02 + 0.27, 12);
  expect(costOf({ cpuHour: 0.04, gigabyteOut: null }, spent)).toBeCloseTo(0.02, 12);
  expect(costOf({ cpuHour: null, gigabyteOut: null }, spent)).toBeNull();
  expect(pricedWords({ cpuHour: 0.04, gigabyteOut: null })).toMatch(/^of processor time alone/);
  expect(pricedWords({ cpuHour: null, gigabyteOut: 0 })).toMatch(/^of models sent alone/);
  expect(pricedWords({ cpuHour: null, gigabyteOut: null })).toBeNull();
});

test('a run has what its rounds cost, and what a point of accuracy came to where all of them were metered', () => {
  const versions = [versionFixture(0, 50), versionFixture(1, 70), versionFixture(2, 80)];
  const numbers = versions.flatMap(({ round }) => round ?? []);
  const rounds = numbers.map((round) => ({ round: Number(round), cpuMs: hour, largestBytes: 5e8 }));
  const prices = { cpuHour: 0.5, gigabyteOut: null };
  const told = (metered: typeof rounds) => {
    const rows = costRows({ rounds: metered, prices }, versions);
    return { rows, runs: runCosts(rows, runRecords([], versions, 'accuracy'), versions, prices, 'accuracy') };
  };
  const all = told(rounds);
  expect(all.rows.map(({ round, bytesDown, cost }) => [round, bytesDown, cost])).toEqual(
    versions
      .slice(1)
      .map((one) => [one.round, one.bytesDown, 0.5])
      .reverse(),
  );
  // From 70 to 80 % by two rounds.
  expect(all.runs).toEqual([
    { run: 1, rounds: 2, cpuMs: 2 * hour, cost: 1, aRound: 0.5, aPoint: expect.closeTo(0.1, 10) },
  ]);
  expect(told(rounds.slice(1)).runs[0]).toMatchObject({ rounds: 1, cost: 0.5, aPoint: null });
  expect(told([]).runs).toEqual([]);
});
