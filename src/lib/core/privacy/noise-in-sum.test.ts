import { describe, expect, test } from 'vitest';
import { seededBytes } from '../../../../server/simulate/seeded-bytes.ts';
import { random } from '../random.ts';
import { honestAmong, leastSummed, thresholdOf } from '../secure-sum/rules.ts';
import { costOf, epsilonOf, releasesWithin } from './budget.ts';
import { normOf } from './clip.ts';
import { drawsAreExact, noiseInSum, noisyUnits, wrapChance, type NoiseInSum } from './noise-in-sum.ts';
import type { Noised } from './rules.ts';
import { ringSensitivity, skellamEpsilon } from './skellam.ts';

const inSum = (over: Partial<Noised> = {}): Noised => ({
  type: 'distributed',
  clipNorm: 0.5,
  noiseMultiplier: 2,
  delta: 1e-5,
  epsilon: 8,
  ...over,
});
const plan = (privacy: Noised, length: number, cohort: number): NoiseInSum => {
  const noise = noiseInSum(privacy, length, cohort);
  if (noise === undefined) throw new Error('There is no room.');
  return noise;
};

describe('the noise of a sum', () => {
  test.each([
    [2, 7, 1e3],
    [0.3, 100, 2e5],
    [4, 200, 2e6],
  ])(
    'is z times what a rounded update can change it by: z %d, %d devices, %d values',
    (z, cohort, length) => {
      const privacy = inSum({ noiseMultiplier: z });
      const { quantum, variance } = plan(privacy, length, cohort);
      const { l2 } = ringSensitivity(privacy.clipNorm, 1 / quantum, length);
      const deviation = Math.sqrt(variance) * quantum;
      expect(deviation / l2).toBeGreaterThanOrEqual(z);
      expect(deviation / l2).toBeLessThan(z * 1.0002);
      // Rounding adds little to it, and a quantum is a power of two.
      expect(l2 / privacy.clipNorm).toBeLessThan(1.05);
      expect(Number.isInteger(Math.log2(quantum))).toBe(true);
    },
  );

  test('costs no more than the budget counts, and hardly less: by the accountant of the mechanism’s authors', () => {
    for (const [z, length, steps] of [
      [0.5, 100, 1],
      [2, 1e4, 11],
      [8, 1e6, 300],
    ] as const) {
      const privacy = inSum({ noiseMultiplier: z });
      const { quantum, variance } = plan(privacy, length, 100);
      const sensitivity = ringSensitivity(privacy.clipNorm, 1 / quantum, length);
      const deviation = Math.sqrt(variance) * quantum;
      const { epsilon } = skellamEpsilon(sensitivity, deviation, 1 / quantum, steps, 1e-5);
      const counted = epsilonOf(steps * costOf(privacy), 1e-5, 'distributed');
      expect(counted).toBeGreaterThanOrEqual(epsilon);
      expect(counted / epsilon).toBeLessThan(1.002);
    }
  });

  test('costs more than the Gaussian’s exact account: as many releases, or fewer', () => {
    expect(releasesWithin(inSum({ type: 'central' }))).toBe(11);
    expect(releasesWithin(inSum())).toBe(9);
  });

  test('has no room where rounding would add more than a quarter to what a device can change', () => {
    expect(noiseInSum(inSum({ noiseMultiplier: 500 }), 5e6, 100)).toBeUndefined();
    expect(noiseInSum(inSum({ noiseMultiplier: 500 }), 100, 100)).toBeDefined();
  });

  test('leaves the ring in no sum that is allowed: coarser units are chosen where it could', () => {
    for (const cohort of [5, 200, 20_000, 2_000_000]) {
      const { quantum, variance } = plan(inSum(), 1e4, cohort);
      const units = 0.5 / quantum;
      expect(wrapChance(units, 2 * variance, 1e4, cohort)).toBeLessThan(1e-12);
      // All of one sign, each as large as it may be, and seven deviations of the noise beyond.
      expect(cohort * (units + 1) + 7 * Math.sqrt(2 * variance + cohort)).toBeLessThan(2 ** 31);
    }
    expect(plan(inSum(), 1e4, 2_000_000).quantum).toBeGreaterThan(plan(inSum(), 1e4, 200).quantum);
    expect(noiseInSum(inSum(), 1e4, 1e8)).toBeUndefined();
  });

  test('the bound on leaving it is above what is drawn', () => {
    // Chance beyond 2.5 deviations of a normal variable on either side: 1.2 %.
    const variance = 1e12;
    const chance = wrapChance((2 ** 31 - 1 - 2.5 * Math.sqrt(2 * variance)) / 5, 2 * variance, 1, 5);
    expect(chance).toBeGreaterThan(0.0124);
    expect(chance).toBeLessThan(1);
    expect(wrapChance(2 ** 31, 1, 1, 5)).toBe(1);
  });

  test('is drawn exactly enough for any budget that protects anybody', () => {
    expect(drawsAreExact({ epsilon: 10, delta: 1e-8 }, 1e7, 200, 1e4)).toBe(true);
    expect(drawsAreExact({ epsilon: 100, delta: 1e-8 }, 1e7, 200, 1e4)).toBe(false);
    expect(drawsAreExact({ epsilon: 1, delta: 1e-30 }, 1e7, 200, 1e4)).toBe(false);
  });
});

describe('what a device gives', () => {
  test.each(['standard', 'lenient'] as const)(
    'adds up to the stated noise in the smallest sum of a %s roster, and to less than twice where all stay',
    (profile) => {
      const privacy = inSum({ noiseMultiplier: 1.5 });
      const length = 20_000;
      for (const roster of [6, 9]) {
        const noise = plan(privacy, length, roster);
        const survivors = leastSummed(roster, profile);
        expect(survivors).toBeGreaterThanOrEqual(thresholdOf(roster, profile));
        const sum = new Float64Array(length);
        for (let device = 1; device <= roster; device += 1) {
          const zeros = new Float32Array(length);
          const draw = seededBytes(1, profile, roster, device);
          const units = noisyUnits(zeros, { ...privacy, ...noise }, survivors, random(device), draw);
          for (let i = 0; i < length; i += 1) sum[i] = sum[i]! + units[i]!;
          if (device !== survivors && device !== roster) continue;
          const square = sum.reduce((total, value) => total + value * value, 0) / length;
          const wanted = (noise.variance * device) / survivors;
          expect(Math.abs(square / wanted - 1)).toBeLessThan(5 * Math.sqrt(2 / length));
          expect(wanted).toBeGreaterThanOrEqual(noise.variance);
          expect(wanted).toBeLessThan(2 * noise.variance);
        }
      }
    },
  );

  test('is enough without the shares of those in league with the server, whatever they take away again', () => {
    const privacy = inSum({ noiseMultiplier: 2 });
    const length = 20_000;
    const [roster, colluding] = [10, 0.2];
    const noise = noiseInSum(privacy, length, roster, colluding)!;
    // Of ten seven are summed at least, and two of them know their own shares.
    const honest = honestAmong(leastSummed(roster, 'standard'), roster, colluding);
    expect(honest).toBe(5);
    const sum = new Float64Array(length);
    for (let device = 1; device <= honest; device += 1) {
      const draw = seededBytes(2, 'in league', device);
      const units = noisyUnits(
        new Float32Array(length),
        { ...privacy, ...noise },
        honest,
        random(device),
        draw,
      );
      for (let i = 0; i < length; i += 1) sum[i] = sum[i]! + units[i]!;
    }
    const square = sum.reduce((total, value) => total + value * value, 0) / length;
    expect(square / noise.variance).toBeGreaterThan(1 - 5 * Math.sqrt(2 / length));
    // A share is no larger than a table of noise: where three may have to make it, units are coarser than where five do.
    const at = (gamma: number) => noiseInSum(inSum({ noiseMultiplier: 120 }), 1e3, 200, gamma)!.quantum;
    expect(at(0.33)).toBe(2 * at(0));
  });

  test('is its update, clipped, but for noise and rounding', () => {
    const privacy = inSum({ noiseMultiplier: 0.001 });
    const stream = random(5);
    const values = Float32Array.from({ length: 1000 }, () => stream.normal());
    const scale = 0.5 / normOf(values);
    const noise = plan(privacy, 1000, 6);
    const units = noisyUnits(
      values.slice(),
      { ...privacy, ...noise },
      5,
      random(6),
      seededBytes(1, 'hardly'),
    );
    const off = units.map((unit, i) => (unit * noise.quantum - scale * values[i]!) / noise.quantum);
    // Noise of variance 2500/5 and rounding of a quarter at most.
    expect(Math.abs(off.reduce((sum, value) => sum + value, 0) / 1000)).toBeLessThan(
      5 * Math.sqrt(501 / 1000),
    );
    expect(Math.max(...off.map(Math.abs))).toBeLessThan(6 * Math.sqrt(noise.variance / 5));
  });

  test('is refused where values are no numbers', () => {
    const noise = plan(inSum(), 2, 6);
    expect(() =>
      noisyUnits(Float32Array.of(NaN, 1), { ...inSum(), ...noise }, 5, random(1), seededBytes(1, 'none')),
    ).toThrow(RangeError);
  });
});
