// The two plain ways in which an update enters a sum; a strategy spreads one of them and replaces what it does otherwise.
import type { SumStrategy } from './strategy.ts';

type Weighting = Pick<
  SumStrategy,
  'needs' | 'asks' | 'updateLength' | 'weigh' | 'scaleBound' | 'weightBound'
>;

/** p_k = n_k / n: the objective is the mean over all rows (McMahan et al. 2017, equation 1). */
export const byExamples: Weighting = {
  needs: 'sum',
  asks: [],
  updateLength: (parameterCount) => parameterCount,
  weigh: ({ examples }) => ({ scale: 1, weight: examples, scalars: [] }),
  scaleBound: () => 1,
  weightBound: (claimedExamples) => claimedExamples,
};

/** Every update counts once, whatever it says of its rows. */
export const equally: Weighting = {
  ...byExamples,
  weigh: () => ({ scale: 1, weight: 1, scalars: [] }),
  weightBound: () => 1,
};
