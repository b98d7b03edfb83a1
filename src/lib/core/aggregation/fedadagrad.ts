// FedAdagrad: v ← v + Δ̄².
// Reddi et al. 2021, "Adaptive Federated Optimization", algorithm 2; the step around it is in adaptive-step.ts.
// β₁ = 0 unless it is asked for, as there.
import { adaptiveStep, beta1, lr, tau } from './adaptive-step.ts';
import { valueOf } from './options.ts';
import type { SumStrategy } from './strategy.ts';
import { byExamples } from './weighting.ts';

const momentless = { ...beta1, default: 0 };

/** State: m, then v − τ² [2P]. */
export const fedadagrad: SumStrategy = {
  ...byExamples,
  name: 'fedadagrad',
  title: 'FedAdagrad',
  group: 'adaptive',
  description:
    'Smaller steps for parameters that have changed much so far. For sparse features, such as words.',
  paper: 'Reddi et al. 2021, algorithm 2',
  options: [lr, momentless, tau],
  stateLength: ({ parameterCount }) => 2 * parameterCount,
  finish(sum, base, state, { options }) {
    return adaptiveStep(sum, base, state, {
      rate: valueOf(options, lr),
      firstDecay: valueOf(options, momentless),
      adaptivity: valueOf(options, tau),
      second: (before, square) => before + square,
    });
  },
};
