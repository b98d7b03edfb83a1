// The optimisers of local training, over one flat parameter buffer: plain loops that every engine with host memory uses,
// and the arithmetic that the others must match.
// SGD with classical momentum: v ← m·v + g, w ← w − η·v. Adam: Kingma & Ba 2015, Algorithm 1, ε = 1e-7 as in Keras.
// Proximal term: FedProx (Li et al. 2018), g ← g + μ(w − w_base).
// Correction: SCAFFOLD (Karimireddy et al. 2020, Algorithm 1), g ← g + (c − cᵢ).
import type { OptimizerSpec, TrainingPlan } from './spec.ts';

export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;

export type StepPlan = Pick<TrainingPlan, 'learningRate' | 'optimizer' | 'proximalTerm'>;

/** Length of the optimiser's state for P parameters: momentum [P]; Adam's first then second moments [2P]; else 0. */
export const optimizerLength = (optimizer: OptimizerSpec, parameterCount: number): number =>
  optimizer.type === 'adam' ? 2 * parameterCount : optimizer.momentum > 0 ? parameterCount : 0;

/** Adam's two bias corrections at step t (from 1). */
export const adamCorrections = (t: number): readonly [number, number] => [
  1 - ADAM.beta1 ** t,
  1 - ADAM.beta2 ** t,
];

type Numbers = Float32Array | Float64Array;

/**
 * Updates `parameters[at … at + gradient.length]` in place. `state` is laid out as optimizerLength says over all
 * `parameterCount` parameters; `anchor` [P] is read only where μ > 0; `t` counts steps from 1; `correction` [P] is added to
 * the gradient.
 */
export function applyGradient(
  plan: StepPlan,
  parameters: Numbers,
  at: number,
  gradient: Numbers,
  state: Numbers,
  parameterCount: number,
  anchor: Numbers,
  t: number,
  correction?: Numbers,
): void {
  const rate = plan.learningRate;
  const proximal = plan.proximalTerm;
  const length = gradient.length;
  if (proximal > 0)
    for (let i = 0; i < length; i += 1) gradient[i]! += proximal * (parameters[at + i]! - anchor[at + i]!);
  if (correction !== undefined) for (let i = 0; i < length; i += 1) gradient[i]! += correction[at + i]!;
  if (plan.optimizer.type === 'adam') {
    const { beta1, beta2, epsilon } = ADAM;
    const [first, second] = adamCorrections(t);
    for (let i = 0; i < length; i += 1) {
      const g = gradient[i]!;
      const m = (state[at + i] = beta1 * state[at + i]! + (1 - beta1) * g);
      const u = (state[parameterCount + at + i] =
        beta2 * state[parameterCount + at + i]! + (1 - beta2) * g * g);
      parameters[at + i]! -= (rate * (m / first)) / (Math.sqrt(u / second) + epsilon);
    }
    return;
  }
  const { momentum } = plan.optimizer;
  if (momentum > 0) {
    for (let i = 0; i < length; i += 1) {
      const velocity = (state[at + i] = momentum * state[at + i]! + gradient[i]!);
      parameters[at + i]! -= rate * velocity;
    }
    return;
  }
  for (let i = 0; i < length; i += 1) parameters[at + i]! -= rate * gradient[i]!;
}
