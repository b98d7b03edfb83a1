import { describe, expect, test } from 'vitest';
import { random } from '../random.ts';
import { costOf, epsilonOf } from './budget.ts';
import { affordsAfter, epsilonAfter, lossAfter, lossEpsilon, NO_LOSS, roundsWithin } from './loss-account.ts';
import { poissonSample } from './poisson-sample.ts';
import { rdpEpsilon } from './rdp.ts';
import type { Noised } from './rules.ts';

const central: Noised = { type: 'central', clipNorm: 1, noiseMultiplier: 1, delta: 1e-5, epsilon: 8 };
const sampled: Noised = { ...central, samplingRate: 0.01 };

describe('what a participant lost', () => {
  test('without sampling adds up exactly, and with it as published for the sampled Gaussian', () => {
    expect(epsilonAfter(central, 3)).toBe(epsilonOf(3 * costOf(central), 1e-5, 'central'));
    // dp_accounting 0.6.0: q 0.01, σ 1, 1000 releases, δ 10⁻⁵ → 2.101367 at order 7.8; ours is that of all fractional orders.
    expect(epsilonAfter(sampled, 1000)).toBeCloseTo(2.101367, 2);
    expect(epsilonAfter(sampled, 1000)).toBe(rdpEpsilon(0.01, 1, 1000, 1e-5).epsilon);
  });

  test('by releases of several kinds is more than by any of them, and never more than their sum', () => {
    const other: Noised = { ...sampled, samplingRate: 0.05, noiseMultiplier: 2 };
    const both = lossAfter(lossAfter(NO_LOSS, sampled, 500), other, 200);
    const mixed = lossEpsilon(both, 1e-5, 'central');
    const single = [epsilonAfter(sampled, 500), epsilonAfter(other, 200)];
    expect(mixed).toBeGreaterThan(Math.max(...single));
    // Each at half of δ: what basic composition says.
    const halves = [lossEpsilon(lossAfter(NO_LOSS, sampled, 500), 5e-6, 'central')].concat(
      lossEpsilon(lossAfter(NO_LOSS, other, 200), 5e-6, 'central'),
    );
    expect(mixed).toBeLessThan(halves[0]! + halves[1]!);
    // One that it was in for certain adds at least what it costs alone.
    const certain = lossEpsilon(lossAfter(both, central), 1e-5, 'central');
    expect(certain).toBeGreaterThan(epsilonAfter(central, 1));
    expect(lossAfter(both, sampled).sampled).toContainEqual({
      samplingRate: 0.01,
      noiseMultiplier: 1,
      releases: 501,
    });
  });

  test('of Skellam noise and of draws is accounted for at whole orders, which is no less', () => {
    const both = lossAfter(lossAfter(NO_LOSS, sampled, 500), { ...central, type: 'distributed' });
    expect(lossEpsilon(both, 1e-5, 'distributed')).toBeGreaterThanOrEqual(lossEpsilon(both, 1e-5, 'central'));
  });

  test('fits into a budget as often as it says, and not once more', () => {
    const most = roundsWithin(sampled);
    expect(epsilonAfter(sampled, most)).toBeLessThanOrEqual(8);
    expect(epsilonAfter(sampled, most + 1)).toBeGreaterThan(8);
    expect(affordsAfter(sampled, lossAfter(NO_LOSS, sampled, most - 1))).toBe(true);
    expect(affordsAfter(sampled, lossAfter(NO_LOSS, sampled, most))).toBe(false);
    // Without the draw the same noise holds two.
    expect(roundsWithin(central)).toBeLessThan(most / 100);
    expect(roundsWithin({ ...sampled, epsilon: 0.01 })).toBe(0);
  });
});

test('each of a population is drawn by itself: how many, and which together, is what independent chances make', () => {
  const source = random(5, 'draw');
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => source.below(256));
  const people = [...Array(20).keys()];
  const rate = 0.3;
  const times = 4000;
  const sizes: number[] = [];
  let both = 0;
  for (let i = 0; i < times; i += 1) {
    const drawn = poissonSample(people, rate, bytes);
    sizes.push(drawn.length);
    if (drawn.includes(3) && drawn.includes(4)) both += 1;
    expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
  }
  const mean = sizes.reduce((sum, one) => sum + one, 0) / times;
  const variance = sizes.reduce((sum, one) => sum + (one - mean) ** 2, 0) / times;
  // Binomial(20, 0.3): mean 6, variance 4.2. A sample of fixed size would have none.
  expect(Math.abs(mean - 6)).toBeLessThan(5 * Math.sqrt(4.2 / times));
  expect(Math.abs(variance - 4.2)).toBeLessThan(5 * 4.2 * Math.sqrt(2 / times));
  expect(Math.abs(both / times - rate ** 2)).toBeLessThan(5 * Math.sqrt((0.09 * 0.91) / times));
  // The rarest chance that there is, and none beyond it.
  const all = (byte: number) => (count: number) => new Uint8Array(count).fill(byte);
  expect(poissonSample(people, 2 ** -48, all(0))).toEqual(people);
  expect(poissonSample(people, 2 ** -49, all(0))).toEqual([]);
  expect(poissonSample(people, 1 - 2 ** -50, all(255))).toEqual([]);
});
