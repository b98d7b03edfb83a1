// Federated averaging with server momentum: v ← βv + Δ̄, w ← w + η_s v, with Δ̄ = Σ_k (n_k / n) Δ_k and v = 0 at first.
// Hsu, Qi, Brown 2019, "Measuring the Effects of Non-Identical Data Distribution for Federated Visual Classification", FedAvgM.
// This is the equation as printed, the heavy ball; Nesterov's look-ahead, which its experiments add, is left out as in
// Reddi et al. 2021. In the long run a steady Δ̄ moves the model by η_s / (1 − β) of itself a round.
import { fail } from '../result.ts';
import { sumAt } from './fixed-point-sum.ts';
import { serverRate, valueOf } from './options.ts';
import { movedRemembering } from './server-step.ts';
import type { StrategyOption, SumStrategy } from './strategy.ts';
import { byExamples } from './weighting.ts';

const beta: StrategyOption = {
  name: 'beta',
  title: 'Momentum',
  hint: 'How much of the previous step is repeated. At 0.9 the model moves ten times as far in the long run: lower the local learning rate.',
  default: 0.9,
  minimum: 0,
  maximum: 0.999,
};
const lr = serverRate();

/** State: v [P]. */
export const fedavgm: SumStrategy = {
  ...byExamples,
  name: 'fedavgm',
  title: 'Averaging with momentum',
  group: 'average',
  description:
    'Keeps going in the direction of earlier rounds. For devices whose data differ, and small cohorts.',
  paper: 'Hsu et al. 2019, FedAvgM',
  options: [beta, lr],
  stateLength: ({ parameterCount }) => parameterCount,
  finish(sum, base, state, { options }) {
    if (sum.weight === 0) return fail({ kind: 'no-updates' });
    const decay = valueOf(options, beta);
    const rate = valueOf(options, lr);
    return movedRemembering(base, 1, (i, next) => {
      const velocity = decay * state[i]! + sumAt(sum, i) / sum.weight;
      next[i] = velocity;
      return rate * velocity;
    });
  },
};
