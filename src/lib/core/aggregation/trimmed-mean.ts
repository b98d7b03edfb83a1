// The coordinate-wise trimmed mean: at each parameter the ⌈β·n⌉ least and the ⌈β·n⌉ greatest values are left out.
// Yin, Chen, Ramchandran & Bartlett 2018, "Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates",
// definition 2 and algorithm 1, option II: β must be at least the share of bad updates, and below one half.
import { ok } from '../result.ts';
import { inPasses, leastFrom, plainly, roundedUp, serverRate, tooFew } from './individual.ts';
import { sorter, TILE } from './order-statistics.ts';
import type { IndividualStrategy, StrategyOption, StrategyOptions } from './strategy.ts';

const beta: StrategyOption = {
  name: 'beta',
  title: 'Trimmed share',
  hint: 'The share left out at each end; at least the share of devices that may be hostile.',
  default: 0.2,
  minimum: 0,
  maximum: 0.49,
};

const betaOf = (options: StrategyOptions): number => options['beta'] ?? beta.default;

export const trimmedMean: IndividualStrategy = {
  ...plainly,
  name: 'trimmedmean',
  title: 'Trimmed mean',
  description:
    'The mean of every parameter without its extreme values. A good first choice where some may be hostile.',
  paper: 'Yin et al. 2018, definition 2',
  options: [beta, serverRate],
  // 2⌈βn⌉ < 2βn + 2 ≤ n where n ≥ 2 / (1 − 2β).
  minimumUpdates: (options) =>
    leastFrom((count) => count > 2 * roundedUp(betaOf(options), count), 2 / (1 - 2 * betaOf(options))),
  start({ length: count }, { parameterCount, options }) {
    const trimmed = roundedUp(betaOf(options), count);
    if (count <= 2 * trimmed) return tooFew(trimmedMean.minimumUpdates(options), count);
    const delta = new Float64Array(parameterCount);
    const end = count - trimmed;
    const rows = Array.from({ length: count }, (_, row) => row);
    const { sort } = sorter(count, trimmed, end);
    // Summed from the least value up: the same bytes in any order of the updates.
    const mean = (sorted: Float32Array, offset: number, width: number): void => {
      for (let rank = trimmed; rank < end; rank += 1)
        for (let i = 0; i < width; i += 1) delta[offset + i] = delta[offset + i]! + sorted[rank * TILE + i]!;
      for (let i = 0; i < width; i += 1) delta[offset + i] = delta[offset + i]! / (end - trimmed);
    };
    return ok(inPasses([() => (block) => sort(block, rows, mean)], () => ok(delta)));
  },
};
