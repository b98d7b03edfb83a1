// FedAdam: v ← β₂v + (1−β₂)Δ̄².
// Reddi et al. 2021, "Adaptive Federated Optimization", algorithm 2; the step around it is in adaptive-step.ts.
// Without Adam’s bias correction, as there: v starts at τ², not at 0.
import { adaptiveStep, beta1, beta2, lr, tau } from './adaptive-step.ts';
import { valueOf } from './options.ts';
import type { SumStrategy } from './strategy.ts';
import { byExamples } from './weighting.ts';

/** State: m, then v − τ² [2P]. */
export const fedadam: SumStrategy = {
  ...byExamples,
  name: 'fedadam',
  title: 'FedAdam',
  group: 'adaptive',
  description:
    'Steps scaled to how much each parameter has changed of late. For deep models on data that differ.',
  paper: 'Reddi et al. 2021, algorithm 2',
  options: [lr, beta1, beta2, tau],
  stateLength: ({ parameterCount }) => 2 * parameterCount,
  finish(sum, base, state, { options }) {
    const decay = valueOf(options, beta2);
    return adaptiveStep(sum, base, state, {
      rate: valueOf(options, lr),
      firstDecay: valueOf(options, beta1),
      adaptivity: valueOf(options, tau),
      second: (before, square) => decay * before + (1 - decay) * square,
    });
  },
};
