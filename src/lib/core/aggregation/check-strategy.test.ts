import { describe, expect, test } from 'vitest';
import { exampleSpec } from '../../../../test/simulation/example-spec.ts';
import type { FederationSpec } from '../federation.ts';
import { checkStrategy } from './check-strategy.ts';

const spec = exampleSpec();
const withPlan = (changes: Partial<FederationSpec['plan']>): FederationSpec['plan'] => ({
  ...spec.plan,
  ...changes,
});
const scaffold = { name: 'scaffold', options: {} };

describe('SCAFFOLD', () => {
  test('goes with plain SGD', () => {
    expect(checkStrategy({ ...spec, strategy: scaffold })).toEqual([]);
  });

  test.each([
    [
      'momentum',
      { plan: withPlan({ optimizer: { type: 'sgd', momentum: 0.9 } }) },
      'strategy.name',
      'without momentum',
    ],
    ['Adam', { plan: withPlan({ optimizer: { type: 'adam' } }) }, 'strategy.name', 'without momentum'],
    ['a proximal term', { plan: withPlan({ proximalTerm: 0.1 }) }, 'strategy.name', 'proximal term'],
    ['top-k', { transfer: { uplink: 'topk:0.01', downlink: 'f32' } }, 'transfer.uplink', 'arrive whole'],
    [
      'layers of one’s own',
      { personalisation: { type: 'fedper', layers: 1 } },
      'personalisation.type',
      'each device’s own',
    ],
  ] satisfies [string, Partial<FederationSpec>, string, string][])(
    'does not go with %s, and says why at its field',
    (_, changes, path, reason) => {
      expect(checkStrategy({ ...spec, strategy: scaffold, ...changes })).toEqual([
        { path, message: expect.stringContaining(reason) },
      ]);
      // It is the strategy that it does not go with.
      expect(checkStrategy({ ...spec, ...changes })).toEqual([]);
    },
  );

  test.each([
    { type: 'ditto', lambda: 1 },
    { type: 'finetune', epochs: 2 },
  ] satisfies FederationSpec['personalisation'][])(
    'goes with $type, which sends nothing',
    (personalisation) => {
      expect(checkStrategy({ ...spec, strategy: scaffold, personalisation })).toEqual([]);
    },
  );
});

test('Ditto’s steps do not go past the shared model: λ × learning rate is at most 1', () => {
  const ditto = (lambda: number): FederationSpec => ({ ...spec, personalisation: { type: 'ditto', lambda } });
  expect(spec.plan.learningRate).toBe(0.1);
  expect(checkStrategy(ditto(10))).toEqual([]);
  expect(checkStrategy(ditto(20))).toEqual([
    {
      path: 'personalisation.lambda',
      message:
        'λ × learning rate is 2: above 1 a step towards the shared model goes past it. Choose λ of at most 10.',
    },
  ]);
});
