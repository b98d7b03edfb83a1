// A strategy as it is named: on the wire and in a federation's record as { name, options }, on a command line as
// `fedyogi:lr=0.01,tau=0.001`. Every option has a value within its range, or the whole is refused by name.
import * as v from 'valibot';
import { fail, ok, type Result } from '../result.ts';
import { strategies, strategyNamed } from './index.ts';
import type { Strategy, StrategyOption, StrategyOptions } from './strategy.ts';

export interface StrategyProblem {
  /** The option that stands in the way; null: the strategy itself. */
  readonly option: string | null;
  readonly message: string;
}

const rangeOf = ({ minimum, maximum, isWhole }: StrategyOption): string =>
  `a${isWhole === true ? ' whole' : ''} number from ${minimum} to ${maximum}`;

/** Every option of `strategy`, given or at its default; what is unknown or out of range is refused. */
export function readOptions(
  strategy: Strategy,
  given: Readonly<Record<string, unknown>>,
): Result<StrategyOptions, StrategyProblem> {
  const known = new Set(strategy.options.map((option) => option.name));
  for (const name of Object.keys(given))
    if (!known.has(name))
      return fail({
        option: name,
        message: `${strategy.title} has no option “${name}”. ${
          known.size === 0 ? 'It has none.' : `It has ${[...known].join(', ')}.`
        }`,
      });
  const options: Record<string, number> = {};
  for (const option of strategy.options) {
    const value = given[option.name] ?? option.default;
    if (
      typeof value !== 'number' ||
      !(value >= option.minimum && value <= option.maximum) ||
      (option.isWhole === true && !Number.isSafeInteger(value))
    )
      return fail({
        option: option.name,
        message: `${option.title} of ${strategy.title} needs ${rangeOf(option)}, but got ${String(value)}.`,
      });
    options[option.name] = value;
  }
  return ok(options);
}

export const StrategySpec = v.pipe(
  v.strictObject({ name: v.string(), options: v.record(v.string(), v.number()) }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { name, options } = dataset.value;
    const strategy = strategyNamed(name);
    if (strategy === undefined) {
      addIssue({ message: `one of ${strategies.map((one) => one.name).join(', ')}` });
      return NEVER;
    }
    const read = readOptions(strategy, options);
    if (read.ok) return { name, options: { ...read.value } };
    addIssue({ message: read.error.message });
    return NEVER;
  }),
);
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
export const optionsOf = (choice: StrategySpec): StrategyOptions =>
  strategySpec(choice.name, choice.options).options;

/** The strategy of a spec that was read. */
export function strategyOf(spec: StrategySpec): Strategy {
  const strategy = strategyNamed(spec.name);
  if (strategy === undefined) throw new RangeError(`There is no strategy “${spec.name}”.`);
  return strategy;
}

/** Reads `fedavg` or `fedyogi:lr=0.01,tau=0.001`. */
export function parseStrategy(text: string): Result<StrategySpec, StrategyProblem> {
  const [name = '', ...rest] = text.trim().split(':');
  const strategy = strategyNamed(name);
  if (strategy === undefined)
    return fail({
      option: null,
      message: `There is no strategy “${name}”. Use one of ${strategies.map((one) => one.name).join(', ')}.`,
    });
  const given: Record<string, number> = {};
  for (const part of rest
    .join(':')
    .split(',')
    .filter((one) => one !== '')) {
    const [option = '', value = ''] = part.split('=', 2).map((one) => one.trim());
    if (value === '' || !Number.isFinite(Number(value)))
      return fail({
        option,
        message: `“${part}” is not option=number, as in ${strategy.name}:${example(strategy)}.`,
      });
    given[option] = Number(value);
  }
  const options = readOptions(strategy, given);
  return options.ok ? ok({ name, options: { ...options.value } }) : options;
}

const example = ({ options }: Strategy): string =>
  options.length === 0 ? 'no options' : options.map((one) => `${one.name}=${one.default}`).join(',');
