// What a strategy is told of a run: worked out of its spec by the server, and by a device that weighs its own update.
import type { FederationSpec } from '../federation.ts';
import { optionsOf } from './strategy-spec.ts';
import type { AggregationSetting } from './strategy.ts';

/** `population`: devices that were there to be picked. */
export function aggregationSetting(
  { plan, strategy }: FederationSpec,
  parameterCount: number,
  population: number,
): AggregationSetting {
  return {
    parameterCount,
    options: optionsOf(strategy),
    training: {
      learningRate: plan.learningRate,
      momentum: plan.optimizer.type === 'sgd' ? plan.optimizer.momentum : 0,
      proximalTerm: plan.proximalTerm,
    },
    population,
  };
}
