// FedYogi: v ← v − (1−β₂) Δ̄² sgn(v − Δ̄²).
// Reddi et al. 2021, "Adaptive Federated Optimization", algorithm 2; the step around it is in adaptive-step.ts.
// v moves by Δ̄², not by its distance from it, so a quiet round cannot shrink v at once (Zaheer et al. 2018).
import { adaptiveStep, beta1, beta2, lr, tau } from './adaptive-step.ts';
import { valueOf } from './options.ts';
import type { SumStrategy } from './strategy.ts';
import { byExamples } from './weighting.ts';

/** State: m, then v − τ² [2P]. */
export const fedyogi: SumStrategy = {
  ...byExamples,
  name: 'fedyogi',
  title: 'FedYogi',
  group: 'adaptive',
  description: 'FedAdam that forgets large changes slowly. The first choice where devices’ data differ much.',
  paper: 'Reddi et al. 2021, algorithm 2',
  options: [lr, beta1, beta2, tau],
  stateLength: ({ parameterCount }) => 2 * parameterCount,
  finish(sum, base, state, { options }) {
    const decay = valueOf(options, beta2);
    return adaptiveStep(sum, base, state, {
      rate: valueOf(options, lr),
      firstDecay: valueOf(options, beta1),
      adaptivity: valueOf(options, tau),
      second: (before, square) => before - (1 - decay) * square * Math.sign(before - square),
    });
  },
};
