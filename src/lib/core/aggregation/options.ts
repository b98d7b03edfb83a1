// Options that several strategies share, and how one is read.
import type { StrategyOption, StrategyOptions } from './strategy.ts';

/** The value of `option`; its default where the options are of a record from before it was there. */
export const valueOf = (options: StrategyOptions, option: StrategyOption): number =>
  options[option.name] ?? option.default;

/** η_s, by which an aggregate delta is multiplied (Reddi et al. 2021, algorithm 1). */
export const serverRate = (
  standard = 1,
  hint = 'The share of the average that is taken on. 1 takes on all of it.',
): StrategyOption => ({
  name: 'lr',
  title: 'Server learning rate',
  hint,
  default: standard,
  minimum: 1e-6,
  maximum: 10,
});
