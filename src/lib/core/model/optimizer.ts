// The optimisers of local training, over one flat parameter buffer: plain loops that every engine with host memory uses,
// and the arithmetic that the others must match.
// SGD with classical momentum: v ← m·v + g, w ← w − η·v. Adam: Kingma & Ba 2015, Algorithm 1, ε = 1e-7 as in Keras. AdamW:
// Loshchilov & Hutter 2019, Algorithm 2, where λ is multiplied by η as in PyTorch and Keras. RMSProp: Tieleman & Hinton 2012,
// lecture 6e, with Keras's ρ = 0.9 and ε = 1e-7, and ε beside the root as PyTorch has it.
// Proximal term: FedProx (Li et al. 2018), g ← g + μ(w − w_base).
// Correction: SCAFFOLD (Karimireddy et al. 2020, Algorithm 1), g ← g + (c − cᵢ).
import type { OptimizerSpec, TrainingPlan } from './spec.ts';

/**
 * The numbers of an optimiser that follows two moments of the gradient: m ← β₁m + (1 − β₁)g, u ← β₂u + (1 − β₂)g²,
 * w ← (1 − ηλ)w − η·(m / c₁) / (√(u / c₂) + ε). RMSProp is the one without a first: its m is the gradient.
 */
export interface MomentRule {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** λ: weights are decayed by ηλ of themselves a step; 0 for none. */
  readonly weightDecay: number;
  /** Whether c₁ and c₂ make up for moments that began at 0; else they are 1. */
  readonly isCorrected: boolean;
}

const ADAM: MomentRule = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0, isCorrected: true };

/** undefined for SGD. */
export function momentRule(optimizer: OptimizerSpec): MomentRule | undefined {
  switch (optimizer.type) {
    case 'sgd':
      return undefined;
    case 'adam':
      return ADAM;
    case 'adamw':
      return { ...ADAM, weightDecay: optimizer.weightDecay };
    case 'rmsprop':
      return { beta1: 0, beta2: 0.9, epsilon: 1e-7, weightDecay: 0, isCorrected: false };
    default:
      return optimizer satisfies never;
  }
}

/** What one step needs of a rule beside its moments' numbers, at step `t` from 1: η / c₁, c₂ and 1 − ηλ. */
export function momentStep(
  { beta1, beta2, weightDecay, isCorrected }: MomentRule,
  learningRate: number,
  t: number,
): { readonly rate: number; readonly correction: number; readonly keep: number } {
  return {
    rate: isCorrected ? learningRate / (1 - beta1 ** t) : learningRate,
    correction: isCorrected ? 1 - beta2 ** t : 1,
    keep: 1 - learningRate * weightDecay,
  };
}

export type StepPlan = Pick<TrainingPlan, 'learningRate' | 'optimizer' | 'proximalTerm'>;

/** Length of the optimiser's state for P parameters: momentum [P]; first then second moments [2P]; else 0. */
export const optimizerLength = (optimizer: OptimizerSpec, parameterCount: number): number =>
  optimizer.type !== 'sgd' ? 2 * parameterCount : optimizer.momentum > 0 ? parameterCount : 0;

/** 0 for an optimiser that has none. */
export const momentumOf = (optimizer: OptimizerSpec): number =>
  optimizer.type === 'sgd' ? optimizer.momentum : 0;

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
  const rule = momentRule(plan.optimizer);
  if (rule !== undefined) {
    const { beta1, beta2, epsilon } = rule;
    const { rate, correction: second, keep } = momentStep(rule, plan.learningRate, t);
    for (let i = 0; i < length; i += 1) {
      const g = gradient[i]!;
      const m = (state[at + i] = beta1 * state[at + i]! + (1 - beta1) * g);
      const u = (state[parameterCount + at + i] =
        beta2 * state[parameterCount + at + i]! + (1 - beta2) * g * g);
      parameters[at + i] = keep * parameters[at + i]! - (rate * m) / (Math.sqrt(u / second) + epsilon);
    }
    return;
  }
  const momentum = momentumOf(plan.optimizer);
  if (momentum > 0) {
    for (let i = 0; i < length; i += 1) {
      const velocity = (state[at + i] = momentum * state[at + i]! + gradient[i]!);
      parameters[at + i]! -= rate * velocity;
    }
    return;
  }
  for (let i = 0; i < length; i += 1) parameters[at + i]! -= rate * gradient[i]!;
}
