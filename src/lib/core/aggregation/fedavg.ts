// Federated averaging: w ← w + Σ_k (n_k / n) · (w_k − w), over the updates that were counted.
// McMahan, Moore, Ramage, Hampson, Agüera y Arcas 2017, "Communication-Efficient Learning of Deep Networks from
// Decentralized Data", algorithm 1, with n the examples of the reporting devices (as in its footnote on selected clients).
// FedProx (Li et al. 2018) is this strategy with a proximal term in the training plan.
import { fail, ok } from '../result.ts';
import { sumAt } from './fixed-point-sum.ts';
import { moved } from './server-step.ts';
import type { SumStrategy } from './strategy.ts';

export const fedavg: SumStrategy = {
  name: 'fedavg',
  title: 'Federated averaging',
  description: 'The mean of what the devices learned, weighted by their examples. The place to begin.',
  paper: 'McMahan et al. 2017, algorithm 1',
  needs: 'sum',
  asks: [],
  options: [],
  stateLength: () => 0,
  updateLength: (parameterCount) => parameterCount,
  weigh: ({ examples }) => ({ scale: 1, weight: examples, scalars: [] }),
  scaleBound: () => 1,
  weightBound: (claimedExamples) => claimedExamples,
  finish(sum, base) {
    if (sum.weight === 0) return fail({ kind: 'no-updates' });
    // quantum is a power of two: the product is exact, and one division and one addition round.
    const parameters = moved(base, (i) => sumAt(sum, i) / sum.weight);
    return parameters.ok ? ok({ parameters: parameters.value, state: new Float32Array(0) }) : parameters;
  },
};
