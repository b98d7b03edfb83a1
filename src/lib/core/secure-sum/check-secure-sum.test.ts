import { describe, expect, test } from 'vitest';
import { exampleSpec } from '../../../../test/simulation/example-spec.ts';
import { strategies, strategyNamed } from '../aggregation/index.ts';
import { checkSecureSum, sumsNot } from './check-secure-sum.ts';
import { leastSummed, thresholdOf, usualSecureSum } from './rules.ts';

const rules = { goal: 10, minimum: 5, overSelection: 1.3 };
const spec = { ...exampleSpec({ rules }), secureSum: usualSecureSum };
const pathsOf = (change: Partial<typeof spec>): readonly string[] =>
  checkSecureSum({ ...spec, ...change }, strategyNamed(change.strategy?.name ?? 'fedavg')).map(
    ({ path }) => path,
  );

describe('what secure aggregation is combined with', () => {
  test('a plan of enough devices, whose strategy needs a sum', () => {
    expect(pathsOf({})).toEqual([]);
    expect(pathsOf({ secureSum: { type: 'off' } as never, rules: { ...spec.rules, minimum: 1 } })).toEqual(
      [],
    );
  });

  test('no strategy that compares updates, each with its reason', () => {
    for (const strategy of strategies) {
      const reason = sumsNot(strategy);
      expect(reason !== undefined).toBe(strategy.needs === 'individual' || strategy.name === 'scaffold');
      if (strategy.needs === 'individual') expect(reason).toMatch(/their sum alone|no single one/);
    }
    expect(pathsOf({ strategy: { name: 'median', options: {} } })).toEqual(['strategy.name']);
  });

  test('strategies that compare updates where groups are summed, and those alone', () => {
    const secureSum = { ...usualSecureSum, groups: 4 };
    const grouped = (name: string, rules: Partial<typeof spec.rules> = {}, change: object = {}) =>
      pathsOf({
        secureSum: { ...secureSum, ...change },
        strategy: { name, options: {} },
        rules: { ...spec.rules, goal: 40, minimum: 20, overSelection: 1.05, ...rules },
      });
    for (const strategy of strategies) {
      const paths = grouped(strategy.name);
      const compares = strategy.needs === 'individual' && strategy.name !== 'fltrust';
      // Of the four means Bulyan needs more.
      expect(paths, strategy.name).toEqual(compares && strategy.name !== 'bulyan' ? [] : ['strategy.name']);
    }
    expect(grouped('median', { minimum: 19 })).toEqual(['rules.minimum']);
    // Four groups of twelve need nine each, and up to eight of one could be those that are not waited for.
    expect(grouped('median', { overSelection: 1.2 })).toEqual(['rules.goal']);
    expect(grouped('median', { overSelection: 1.2 }, { profile: 'lenient' })).toEqual(['rules.goal']);
    expect(grouped('median', { overSelection: 1 })).toEqual([]);
    // Of a model of sums, which has no strategy to choose.
    const of = { ...spec, secureSum, rules: { ...spec.rules, goal: 40, minimum: 20, overSelection: 1 } };
    expect(checkSecureSum(of, undefined).map(({ path }) => path)).toEqual(['secureSum.groups']);
  });

  test('no asynchronous rounds, no codec before the ring, no target that nobody tells of', () => {
    const mode = { type: 'asynchronous', concurrency: 20 } as const;
    expect(pathsOf({ rules: { ...spec.rules, mode } })).toEqual(['rules.mode']);
    expect(pathsOf({ transfer: { uplink: 'eden:3', downlink: 'f32' } })).toEqual(['transfer.uplink']);
    expect(pathsOf({ metric: { name: 'accuracy', target: 0.9 } })).toEqual(['metric.target']);
  });

  test('no sum of fewer than five, none that its goal would leave closed, none of more than its messages hold', () => {
    expect(pathsOf({ rules: { ...spec.rules, minimum: 4 } })).toEqual(['rules.minimum']);
    // 20 share keys, 14 must answer, and the goal closes at 10.
    expect(pathsOf({ rules: { ...spec.rules, overSelection: 2 } })).toEqual(['rules.goal']);
    expect(pathsOf({ rules: { ...spec.rules, goal: 400 } })).toEqual(['rules.goal']);
    expect(pathsOf({ rules: { ...spec.rules, goal: 380 } })).toEqual([]);
    // As many in league as a large sum has no ring for.
    const secureSum = { ...usualSecureSum, colluding: 0.3 };
    expect(pathsOf({ secureSum, rules: { ...spec.rules, goal: 380 } })).toEqual(['secureSum.colluding']);
    expect(pathsOf({ secureSum })).toEqual([]);
  });
});

test('two thirds and one open a sum under the standard profile, half and one under the lenient; never fewer than five', () => {
  expect([5, 10, 13, 100].map((n) => thresholdOf(n, 'standard'))).toEqual([4, 7, 9, 67]);
  expect([5, 10, 13, 100].map((n) => thresholdOf(n, 'lenient'))).toEqual([3, 6, 7, 51]);
  expect([3, 5, 10].map((n) => leastSummed(n, 'lenient'))).toEqual([5, 5, 6]);
});
