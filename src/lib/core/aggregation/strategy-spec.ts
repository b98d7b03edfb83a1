// A strategy as it is named: on the wire and in a federation's record as { name, options }, on a command line as
// `fedyogi:lr=0.01,tau=0.001`. How names and numbers are read is core/named-options.ts.
import type * as v from 'valibot';
import { parseSpec, readOptions, specSchema, type OptionValues, type SpecProblem } from '../named-options.ts';
import type { Result } from '../result.ts';
import { strategies, strategyNamed } from './index.ts';
import type { Strategy } from './strategy.ts';

export type StrategyProblem = SpecProblem;

export const StrategySpec = specSchema(strategies);
export type StrategySpec = v.InferOutput<typeof StrategySpec>;

/** A strategy with its options at their defaults but for those given. Throws RangeError on what its check refuses. */
export function strategySpec(name: string, given: Readonly<Record<string, number>> = {}): StrategySpec {
  const strategy = strategyNamed(name);
  if (strategy === undefined) throw new RangeError(`There is no strategy “${name}”.`);
  const options = readOptions(strategy, given);
  if (!options.ok) throw new RangeError(options.error.message);
  return { name, options: { ...options.value } };
}

/** Every option of a choice that was checked before, given or at its default. */
export const optionsOf = (choice: StrategySpec): OptionValues =>
  strategySpec(choice.name, choice.options).options;

/** The strategy of a spec that was read. */
export function strategyOf(spec: StrategySpec): Strategy {
  const strategy = strategyNamed(spec.name);
  if (strategy === undefined) throw new RangeError(`There is no strategy “${spec.name}”.`);
  return strategy;
}

/** Reads `fedavg` or `fedyogi:lr=0.01,tau=0.001`. */
export const parseStrategy = (text: string): Result<StrategySpec, StrategyProblem> =>
  parseSpec(text, strategies, 'strategy');
