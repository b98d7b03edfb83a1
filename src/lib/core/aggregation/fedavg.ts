// Federated averaging: w ← w + η_s Σ_k (n_k / n) · (w_k − w), over the updates that were counted.
// McMahan, Moore, Ramage, Hampson, Agüera y Arcas 2017, "Communication-Efficient Learning of Deep Networks from
// Decentralized Data", algorithm 1, with n the examples of the reporting devices (as in its footnote on selected clients).
// There η_s = 1; the server learning rate is that of Reddi et al. 2021, algorithm 1, with SGD as the server's optimiser.
// FedProx (Li et al. 2018) is this strategy with a proximal term in the training plan.
import { fail, ok } from '../result.ts';
import { sumAt } from './fixed-point-sum.ts';
import { serverRate, valueOf } from './options.ts';
import { moved } from './server-step.ts';
import type { SumStrategy } from './strategy.ts';
import { byExamples } from './weighting.ts';

const lr = serverRate();

export const fedavg: SumStrategy = {
  ...byExamples,
  name: 'fedavg',
  title: 'Federated averaging',
  group: 'average',
  description: 'The mean of what the devices learned, weighted by their examples. The place to begin.',
  paper: 'McMahan et al. 2017, algorithm 1',
  options: [lr],
  stateLength: () => 0,
  finish(sum, base, _state, { options }) {
    if (sum.weight === 0) return fail({ kind: 'no-updates' });
    const rate = valueOf(options, lr);
    // quantum is a power of two: the product is exact, and one division, one addition and a rate other than 1 round.
    const parameters = moved(base, (i) => rate * (sumAt(sum, i) / sum.weight));
    return parameters.ok ? ok({ parameters: parameters.value, state: new Float32Array(0) }) : parameters;
  },
};
