import { expect, test } from 'vitest';
import { random, type Random } from '../random.ts';
import { afterRound, firstFedex, type FedexState } from './fedex.ts';
import { drawnPlace } from './tuned-rounds.ts';
import type { TrialReport } from './tuner.ts';

const report = (settings: number, loss: number, rows = 10): TrialReport => ({
  settings,
  loss,
  rows,
});

test('a round by hand: the configuration of the lower loss becomes likelier, by a quarter of √(2 ln 2)', () => {
  const first = firstFedex(2);
  const after = afterRound(first, [report(0, -0.4), report(1, 0.2)]);
  // Against the mean of −0.1: gradients 10 (−0.4 + 0.1)/(20 · 0.55) and as much above 0, which are as large as their own weighed size.
  const step = Math.sqrt(2 * Math.LN2) / 4;
  expect(after.chances[0]! / after.chances[1]!).toBeCloseTo(Math.exp(2 * step), 10);
  expect(after.rounds).toBe(1);
  // A device that measures alone is held against what earlier rounds came to.
  expect(afterRound(after, [report(1, -0.3)]).chances[1]!).toBeGreaterThan(after.chances[1]!);
  expect(afterRound(first, [report(0, 0.2)]).chances).toEqual(first.chances);
});

test('devices with more rows count for more, and what is no number moves nothing', () => {
  const first = firstFedex(2);
  expect(afterRound(first, [report(0, Number.NaN), report(1, 1, 0)])).toBe(first);
  // By rows, configuration 0 came to (1 · 0.9 + 9 · 0.1)/10 = 0.18 and the other to 0.3; by devices to 0.5 and 0.3.
  const weighed = afterRound(first, [report(0, 0.9, 1), report(0, 0.1, 9), report(1, 0.3)]);
  expect(weighed.chances[0]!).toBeGreaterThan(weighed.chances[1]!);
});

test('whatever devices say, what comes of it is finite, or the round moves nothing', () => {
  const first = afterRound(firstFedex(3), [report(0, -0.1), report(2, 0.1)]);
  for (const loss of [1e155, -1e155, 1e308, -1e308]) {
    expect(afterRound(first, [report(0, loss), report(1, 0)])).toBe(first);
    expect(afterRound(first, [report(0, 1e308), report(0, 1e308)])).toBe(first);
    const { chances, squares } = afterRound(first, [report(1, loss)]);
    for (const one of [...chances, squares]) expect(one).toBeGreaterThan(0);
  }
});

test('a draw from 0 to 1 takes each configuration by its chance', () => {
  const among = [0.2, 0.5, 0.3].map((chance) => ({ chance }));
  expect([0, 0.19, 0.2, 0.69, 0.71, 0.999, 1].map((draw) => drawnPlace(among, draw))).toEqual([
    0, 0, 1, 1, 2, 2, 2,
  ]);
});

/** The state after every round of devices that measure `lossOf` the configuration drawn for them. */
function* played(
  seed: number,
  { configurations, devices, rounds }: Record<'configurations' | 'devices' | 'rounds', number>,
  lossOf: (configuration: number, draw: Random, round: number) => number,
): Generator<FedexState> {
  const draw = random(seed, 'fedex');
  let state = firstFedex(configurations);
  for (let round = 0; round < rounds; round += 1) {
    const reports = Array.from({ length: devices }, () => {
      const among = state.chances.map((chance) => ({ chance }));
      const configuration = drawnPlace(among, draw.next());
      return report(configuration, lossOf(configuration, draw, round));
    });
    state = afterRound(state, reports);
    yield state;
  }
}
const lastOf = (states: Iterable<FedexState>): readonly number[] => [...states].at(-1)!.chances;
const seeds = Array.from({ length: 20 }, (_, seed) => seed);
/** Standard deviation of what devices measure of one configuration. */
const NOISE = 0.1;

test('of four alike the luck of 8 devices makes one the winner after 80 rounds in 1 of 20 seeds', () => {
  const setting = { configurations: 4, devices: 8, rounds: 80 };
  const most = seeds.map((seed) =>
    Math.max(...lastOf(played(seed, setting, (_, draw) => -0.1 + NOISE * draw.normal()))),
  );
  expect(most.filter((chance) => chance > 0.8)).toHaveLength(1);
});

test('the better of four, by two standard deviations of a device, passes 0.8 within 15 rounds of 8 devices in 20 of 20 seeds', () => {
  const setting = { configurations: 4, devices: 8, rounds: 15 };
  const changes = [-0.05, -0.05, -0.25, -0.05];
  const found = seeds.filter((seed) =>
    [...played(seed, setting, (one, draw) => changes[one]! + NOISE * draw.normal())].some(
      ({ chances }) => chances[2]! > 0.8,
    ),
  );
  expect(found).toEqual(seeds);
});

test('one that undoes all keeps the others from being told apart no longer than 40 rounds of 6 devices, in 20 of 20 seeds', () => {
  const setting = { configurations: 4, devices: 6, rounds: 40 };
  const changes = [-0.02, -0.05, -0.25, 1];
  const found = seeds.filter(
    (seed) => lastOf(played(seed, setting, (one, draw) => changes[one]! + NOISE * draw.normal()))[2]! > 0.8,
  );
  expect(found).toEqual(seeds);
});

test('what was found stays found for 1,500 rounds in 10 of 10 seeds, however alike devices that all draw it become', () => {
  const setting = { configurations: 2, devices: 6, rounds: 1_500 };
  const least = seeds.slice(0, 10).map((seed) => {
    let isFound = false;
    let least = 1;
    const states = played(seed, setting, (one, draw, round) => {
      const left = Math.exp(-round / 50);
      return left * ((one === 0 ? -0.2 : -0.05) + 0.02 * draw.normal());
    });
    for (const { chances } of states) {
      isFound ||= chances[0]! > 0.99;
      if (isFound) least = Math.min(least, chances[0]!);
    }
    return isFound ? least : 0;
  });
  expect(Math.min(...least)).toBeGreaterThan(0.9);
});

test('devices that all had one configuration move neither the chances nor what later steps are divided by', () => {
  const state = { ...firstFedex(2), squares: 1e-30 };
  const after = afterRound(state, [report(0, 0.1), report(0, 0.2), report(0, 0.7)]);
  expect(after).toMatchObject({ chances: state.chances, squares: state.squares });
});
