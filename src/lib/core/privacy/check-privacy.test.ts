import { describe, expect, test } from 'vitest';
import { exampleSpec } from '../../../../test/simulation/example-spec.ts';
import type { FederationSpec } from '../federation.ts';
import { strategies } from '../aggregation/index.ts';
import { buildNetwork } from '../model/network.ts';
import { usualSecureSum } from '../secure-sum/rules.ts';
import { budgetOf, costOf, epsilonOf, releasesWithin } from './budget.ts';
import { checkPrivacy } from './check-privacy.ts';
import { gaussianEpsilon } from './gaussian.ts';
import type { Noised } from './rules.ts';

const central: Noised = { type: 'central', clipNorm: 0.5, noiseMultiplier: 2, delta: 1e-5, epsilon: 8 };
const about = (spec: FederationSpec): string[] => {
  const built = 'network' in spec ? buildNetwork(spec.network) : undefined;
  const network = built?.ok === true ? built.value : undefined;
  return checkPrivacy(spec, false, network).map(({ path, message }) => `${path}: ${message}`);
};
const strategy = (name: string) => ({ strategy: { name, options: {} }, privacy: central });

describe('privacy', () => {
  test('goes with strategies that average, whatever the server does afterwards', () => {
    for (const name of ['fedavg', 'fedavgm', 'fedadam', 'fedyogi', 'fedadagrad'])
      expect(about(exampleSpec(strategy(name))), name).toEqual([]);
  });

  test('goes with none that sees single updates, or adds up more than the update', () => {
    for (const { name, needs } of strategies)
      if (needs === 'individual' || ['scaffold', 'fednova', 'qfedavg'].includes(name))
        expect(about(exampleSpec(strategy(name)))[0], name).toMatch(/^strategy\.name: /);
  });

  test('does not go with buffers, with targets, or with running statistics that noise would break', () => {
    const buffered = exampleSpec({
      privacy: central,
      strategy: { name: 'fedbuff', options: {} },
      rules: { mode: { type: 'asynchronous', concurrency: 5 } },
    });
    expect(about(buffered)).toEqual([expect.stringMatching(/^rules\.mode: /)]);
    expect(about(exampleSpec({ privacy: central, target: 0.9 }))).toEqual([
      expect.stringMatching(/^metric\.target: /),
    ]);
    const plain = exampleSpec({ privacy: central, units: 4 });
    const [hidden, output] = plain.network.layers;
    const normalised = {
      ...plain,
      network: {
        ...plain.network,
        layers: [hidden!, { type: 'batch-normalisation' as const, momentum: 0.9, epsilon: 1e-3 }, output!],
      },
    } as FederationSpec;
    expect(about(normalised)).toEqual([expect.stringMatching(/^privacy\.type: Noise/)]);
    expect(about({ ...normalised, personalisation: { type: 'fedbn' } })).toEqual([]);
  });

  test('follows the updates only where the bits leave something of the noise, and the server sees who was clipped', () => {
    const following = { ...central, followQuantile: 0.5, noiseMultiplier: 2, epsilon: 100 };
    // z must be below 2σ_b = m/10.
    expect(about(exampleSpec({ privacy: following, rules: { goal: 21, minimum: 21 } }))).toEqual([]);
    for (const privacy of [following, { ...following, type: 'local' as const }])
      expect(about(exampleSpec({ privacy, rules: { goal: 20, minimum: 20 } }))).toEqual([
        expect.stringMatching(/^privacy\.followQuantile: /),
      ]);
  });

  test('of the devices leaves room in an update for its noise', () => {
    const local = { ...central, type: 'local' as const };
    expect(about(exampleSpec({ privacy: { ...local, clipNorm: 2 } }))).toEqual([]);
    expect(about(exampleSpec({ privacy: { ...local, clipNorm: 2.1 } }))).toEqual([
      expect.stringMatching(/^privacy\.noiseMultiplier: Noise of ±8\.4 /),
    ]);
  });

  test('inside a secure sum needs one, of 32 bits, and no other noise goes with one', () => {
    const distributed = { ...central, type: 'distributed' as const };
    const rules = { goal: 6, minimum: 5 };
    const spec = { ...exampleSpec({ privacy: distributed, rules }), secureSum: usualSecureSum };
    expect(about(spec)).toEqual([]);
    expect(about(exampleSpec({ privacy: distributed, rules }))).toEqual([
      expect.stringMatching(/^privacy\.type: Noise inside the sum is that of a secure sum/),
    ]);
    expect(about({ ...spec, secureSum: { ...usualSecureSum, ring: 8 } })).toEqual([
      expect.stringMatching(/^privacy\.type: .* does not fit into 8/),
    ]);
    for (const type of ['central', 'local'] as const)
      expect(about({ ...spec, privacy: { ...central, type } })).toEqual([
        expect.stringMatching(/^privacy\.type: Under secure aggregation/),
      ]);
    expect(about({ ...spec, privacy: { ...distributed, followQuantile: 0.5 } })).toEqual([
      expect.stringMatching(/^privacy\.followQuantile: /),
    ]);
    const loud = exampleSpec({ privacy: { ...distributed, noiseMultiplier: 1000 }, rules, units: 1000 });
    expect(about({ ...loud, secureSum: usualSecureSum })).toEqual([
      expect.stringMatching(/^privacy\.noiseMultiplier: Noise of 1000 on 5002 numbers of 8 devices/),
    ]);
    expect(about({ ...spec, privacy: { ...distributed, epsilon: 1000 } })).toEqual([
      expect.stringMatching(/^privacy\.delta: /),
    ]);
  });

  test('needs a budget that holds a round at least', () => {
    expect(about(exampleSpec({ privacy: { ...central, epsilon: 1 } }))).toEqual([
      'privacy.epsilon: One round costs ε 1.99 at δ 0.00001, more than the budget of 1. Choose more noise or a larger budget.',
    ]);
  });
});

describe('a budget', () => {
  test('of ε is the distance at which the Gaussian costs it, and holds as many releases as fit', () => {
    expect(epsilonOf(budgetOf(central), 1e-5, 'central')).toBeCloseTo(8, 9);
    for (const steps of [1, 7, 100]) {
      const exact = { ...central, epsilon: gaussianEpsilon(2, steps, 1e-5) };
      expect(releasesWithin(exact)).toBe(steps);
      expect(releasesWithin({ ...exact, epsilon: exact.epsilon * 0.999 })).toBe(steps - 1);
    }
  });

  test('adds up releases of different noise', () => {
    // 1/3² + 1/4² = (5/12)²
    const spent = costOf({ ...central, noiseMultiplier: 3 }) + costOf({ ...central, noiseMultiplier: 4 });
    expect(epsilonOf(spent, 1e-6, 'central')).toBeCloseTo(gaussianEpsilon(12 / 5, 1, 1e-6), 9);
    expect(epsilonOf(0, 1e-6, 'central')).toBe(0);
  });
});
