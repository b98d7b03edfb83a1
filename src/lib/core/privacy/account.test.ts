import { describe, expect, test } from 'vitest';
import { account, noiseFor, type Accountant, type Releases } from './account.ts';
import { gaussianDelta, gaussianEpsilon } from './gaussian.ts';
import { rdpOrders } from './rdp.ts';
import { epsilonFromRdp } from './renyi.ts';
import { sampledGaussianRdp } from './sampled-gaussian-rdp.ts';

const releases = (q: number, z: number, steps: number, delta: number): Releases => ({
  samplingRate: q,
  noiseMultiplier: z,
  steps,
  delta,
});
const epsilonOf = (accountant: Accountant, ...plan: Parameters<typeof releases>): number =>
  account(accountant, releases(...plan)).epsilon;

/** What each says, and how near we must come. */
const withinOf = { rdp: 1e-6, pld: 1e-4 };

describe('published values', () => {
  test.each([
    // opacus tests/accountants_test.py
    ['rdp', 0.04, 1.5, 2250, 1e-5, 7.32911117143],
    // tensorflow/privacy analysis/compute_dp_sgd_privacy_test.py
    ['rdp', 150 / 60_000, 1.3, 6000, 1e-5, 0.7242234026109595],
    ['rdp', 100 / 1e5, 1, 30_000, 1e-7, 1.4154988495444842],
    ['rdp', 1, 0.7, 2, 1e-5, 10.8602036],
    ['pld', 1, 0.7, 2, 1e-5, 10.1224946],
    // Printed as 3.2392676 there, by a series whose absolute values are summed.
    ['rdp', 0.01, 0.7, 120, 1e-5, 3.2391922],
    ['pld', 0.01, 0.7, 120, 1e-5, 2.4612381],
    ['rdp', 1, 0.35, 2, 1e-5, 26.2880374],
    ['pld', 1, 0.35, 2, 1e-5, 24.7160779],
    ['pld', 0.01, 0.35, 120, 1e-5, 18.6977407],
    // google/differential-privacy pld/pld_privacy_accountant_test.py
    ['pld', 1, Math.sqrt(3), 3, 0.126936, 1],
    ['pld', 0.2, 0.5, 3, 0.15594, 1],
    // Computed with dp_accounting 0.6.0; those by Rényi divergences at fractional orders with the exact series.
    ['rdp', 1, 1, 1, 1e-5, 4.728507],
    ['pld', 1, 1, 1, 1e-5, 4.377178],
    ['rdp', 0.01, 4, 10_000, 1e-5, 1.03549],
    ['pld', 0.01, 4, 10_000, 1e-5, 0.946999],
    ['pld', 0.01, 1, 1000, 1e-5, 1.828244],
    ['rdp', 0.1, 1, 100, 1e-5, 7.899255],
    ['pld', 0.1, 1, 100, 1e-5, 7.046603],
    ['rdp', 0.05, 1, 200, 1e-4, 4.593625],
    ['pld', 0.05, 1, 200, 1e-4, 3.999309],
    ['rdp', 256 / 60_000, 1.3, 3525, 1e-5, 0.955774],
    ['pld', 256 / 60_000, 1.3, 3525, 1e-5, 0.865761],
    ['rdp', 100 / 3400, 1, 1500, 3400 ** -1.1, 7.068917],
    ['pld', 100 / 3400, 1, 1500, 3400 ** -1.1, 6.350059],
  ] as const)('by %s: q %d, σ %d, T %d at δ %d cost ε %d', (accountant, q, z, steps, delta, epsilon) => {
    expect(Math.abs(epsilonOf(accountant, q, z, steps, delta) - epsilon)).toBeLessThan(withinOf[accountant]);
  });

  test.each([
    [150 / 60_000, 1.3, 6000, 1e-5, 19],
    [100 / 1e5, 1, 30_000, 1e-7, 13],
    [1, 1, 1, 1e-5, 5.4],
    [0.01, 4, 10_000, 1e-5, 17],
    [0.01, 1, 1000, 1e-5, 7.8],
  ])('the best order for q %d, σ %d, T %d at δ %d is %d', (q, z, steps, delta, order) => {
    expect(account('rdp', releases(q, z, steps, delta)).order).toBe(order);
  });

  test('dp_accounting is never below, and at most 0.04 above', () => {
    for (const [q, z, steps, delta, theirs] of [
      [0.01, 1, 1000, 1e-5, 2.101367],
      [0.1, 1, 100, 1e-5, 7.90385],
      [0.05, 1, 200, 1e-4, 4.595007],
      [100 / 3400, 1, 1500, 3400 ** -1.1, 7.070588],
      [0.01, 0.7, 120, 1e-5, 3.2392676],
    ] as const) {
      const ours = epsilonOf('rdp', q, z, steps, delta);
      expect(ours).toBeLessThanOrEqual(theirs + 1e-6);
      expect(ours).toBeGreaterThan(theirs - 0.04);
    }
  });

  test('of the order lists that were printed with them', () => {
    // TensorFlow Privacy’s Test2, whose list began at 1.25.
    const old = account('rdp', releases(1024 / 1e8, 0.1, 976_563, 1e-7), { orders: [1.25, 1.5, 1.75, 2] });
    expect(old.order).toBe(1.25);
    expect(old.epsilon / 5907982.3113984).toBeCloseTo(1, 10);
    // google rdp/rdp_privacy_accountant_test.py: orders a thousandth apart.
    const orders = Array.from({ length: 9000 }, (_, index) => 1 + (index + 1) / 1000);
    const many = account('rdp', releases(1, 4.530877117, 1, 1e-6), { orders: [...orders, ...rdpOrders, 30] });
    expect(many.epsilon).toBeCloseTo(1, 3);
  });

  test('of tutorials that converted as in Mironov 2017, proposition 3', () => {
    for (const [q, z, steps, printed] of [
      [256 / 60_000, 0.7, 10_546, 7.1],
      [256 / 60_000, 1.3, 3515, 1.19],
      [256 / 60_000, 1.12, 14_062, 2.92],
      [256 / 60_000, 1.2, 2343, 1.2],
    ] as const) {
      const basic = rdpOrders.map(
        (order) => steps * sampledGaussianRdp(q, z, order) + Math.log(1e5) / (order - 1),
      );
      expect(Math.min(...basic)).toBeCloseTo(printed, 1.7);
    }
  });

  test('of Rényi divergences: q 0.01, σ 2.5, 50 steps', () => {
    const row = (order: number): number => 50 * sampledGaussianRdp(0.01, 2.5, order);
    // google rdp/rdp_privacy_accountant_test.py; its fractional orders 1.5 and 2.5 are above the truth.
    expect(row(5)).toBeCloseTo(2.18075656e-3, 11);
    expect(row(50)).toBeCloseTo(2.38460375e-2, 10);
    expect(row(100)).toBeCloseTo(167.416308, 6);
    expect(row(2.5)).toBeLessThan(1.0854871e-3);
    expect(row(2.5)).toBeCloseTo(1.0854871e-3, 6);
    // By quadrature with 30 digits.
    expect(row(1.5)).toBeCloseTo(6.50070897e-4, 12);
  });

  test('of a mechanism whose divergence is 1.1 at every order', () => {
    // google rdp/rdp_privacy_accountant_test.py, test_get_epsilon_pure_dp.
    const orders = Array.from({ length: 31 }, (_, index) => index + 2);
    expect(epsilonFromRdp(() => 1.1, 1e-5, orders).epsilon).toBeCloseTo(1.32783806176, 10);
  });

  test('of the Gaussian mechanism alone', () => {
    // google go/noise/gaussian_noise_test.go
    expect(gaussianEpsilon(10, 1, 0.00875176814581)).toBeCloseTo(0.1, 10);
    expect(gaussianEpsilon(0.5, 1, 0.6826894921370859)).toBeCloseTo(0, 10);
  });
});

describe('Rényi divergences far from the ordinary, against quadrature with 30 digits', () => {
  test.each([
    [1e-6, 50, 64, 1.28025606589765e-14],
    [1e-6, 50, 1.1, 2.20044005788012e-16],
    [0.3, 0.3, 1.7, 6.53042332294835],
    [0.01, 0.1, 2.3, 106.852391209406],
  ])('q %d, σ %d, order %d', (q, z, order, expected) => {
    expect(sampledGaussianRdp(q, z, order) / expected).toBeCloseTo(1, 7);
  });

  test('where noise is all but absent, are bounded by those without sampling', () => {
    for (const order of [1.1, 2.5, 1024]) {
      const value = sampledGaussianRdp(0.1, 0.001, order);
      expect(value).toBeGreaterThan(0.9 * (order / 2e-6) + Math.log(0.1) * (order / (order - 1)));
      expect(value).toBeLessThanOrEqual(order / 2e-6);
    }
  });
});

describe.each(['rdp', 'pld'] as const)('by %s', (accountant) => {
  const plan = { samplingRate: 0.02, noiseMultiplier: 4, steps: 600, delta: 1e-5 };
  const cost = (changed: Partial<Releases>): number => account(accountant, { ...plan, ...changed }).epsilon;

  test('less noise, more chance to be drawn, more steps and a smaller δ cost more', () => {
    const usual = cost({});
    expect(cost({ noiseMultiplier: 3.9 })).toBeGreaterThan(usual);
    expect(cost({ samplingRate: 0.021 })).toBeGreaterThan(usual);
    expect(cost({ steps: 620 })).toBeGreaterThan(usual);
    expect(cost({ delta: 5e-6 })).toBeGreaterThan(usual);
  });

  test('nothing released costs nothing, and without noise there is no bound', () => {
    expect(cost({ steps: 0 })).toBe(0);
    expect(cost({ samplingRate: 0 })).toBe(0);
    expect(cost({ steps: 0, noiseMultiplier: 0 })).toBe(0);
    expect(cost({ noiseMultiplier: 0 })).toBe(Infinity);
  });

  test('T releases without sampling are one with √T less noise', () => {
    const many = cost({ samplingRate: 1, noiseMultiplier: 3 * Math.sqrt(50), steps: 50 });
    expect(many).toBeCloseTo(cost({ samplingRate: 1, noiseMultiplier: 3, steps: 1 }), 9);
  });

  test('the noise for an ε costs that ε, and hardly less', () => {
    const { noiseMultiplier, epsilon } = noiseFor(accountant, 0.7, plan);
    expect(epsilon).toBeLessThanOrEqual(0.7);
    expect(epsilon).toBeGreaterThan(0.7 - 1e-4);
    expect(cost({ noiseMultiplier })).toBe(epsilon);
    expect(cost({ noiseMultiplier: noiseMultiplier * 0.999 })).toBeGreaterThan(0.7);
  });
});

test('calibrations of Opacus', () => {
  const noise = (steps: number): number =>
    noiseFor('rdp', 8, { samplingRate: 0.04, steps, delta: 1e-5 }).noiseMultiplier;
  expect(noise(2250)).toBeCloseTo(1.416, 3);
  expect(noise(2000)).toBeCloseTo(1.3562, 3);
});

test('a privacy loss distribution never says more than Rényi divergences, and the Gaussian’s δ comes back from its ε', () => {
  for (const [q, z, steps, delta] of [
    [1e-3, 0.6, 50, 1e-6],
    [0.3, 2, 500, 1e-12],
    [0.9, 8, 20, 1e-3],
    [0.05, 10, 1, 1e-9],
  ] as const)
    expect(epsilonOf('pld', q, z, steps, delta)).toBeLessThanOrEqual(
      epsilonOf('rdp', q, z, steps, delta) + 1e-9,
    );
  for (const delta of [1e-12, 1e-5, 0.1])
    expect(gaussianDelta(1.3, 4, gaussianEpsilon(1.3, 4, delta)) / delta).toBeCloseTo(1, 9);
});

test('sampling of nearly everybody costs what no sampling costs', () => {
  expect(epsilonOf('pld', 0.999999, 2, 5, 1e-5)).toBeCloseTo(gaussianEpsilon(2, 5, 1e-5), 4);
  expect(epsilonOf('rdp', 0.999999, 2, 5, 1e-5)).toBeCloseTo(epsilonOf('rdp', 1, 2, 5, 1e-5), 4);
});

test('a million releases that give nearly everything away are counted', () => {
  // So many losses are normal: mean 663,169.2 and deviation 1,554.9 by quadrature, exceeded with chance 10⁻⁵ at 669,801.
  expect(epsilonOf('pld', 0.5, 0.5, 1e6, 1e-5) / 669_801).toBeCloseTo(1, 4);
});
