// The optimisers as a person chooses them: their names, and the one number that some have.
import type { OptimizerSpec } from './spec.ts';

export type OptimizerType = OptimizerSpec['type'];

/** The numbers of a form, of which an optimiser takes its own. */
export interface OptimizerNumbers<Value> {
  /** 0–0.999; 0 for plain SGD. */
  readonly momentum: Value;
  /** λ, 0–1: a step takes η λ of each weight away. */
  readonly weightDecay: Value;
}

export const optimizerTypes = ['sgd', 'adam', 'adamw', 'rmsprop'] as const satisfies readonly OptimizerType[];

export const optimizerTitles: Readonly<Record<OptimizerType, string>> = {
  sgd: 'Gradient descent (SGD)',
  adam: 'Adam',
  adamw: 'AdamW: Adam with weight decay',
  rmsprop: 'RMSProp',
};

export const USUAL_WEIGHT_DECAY = 0.01;

/** With the numbers that it has, whatever they are: a schema checks them. */
export function optimizerWith<Value>(
  type: OptimizerType,
  { momentum, weightDecay }: OptimizerNumbers<Value>,
) {
  switch (type) {
    case 'sgd':
      return { type, momentum };
    case 'adamw':
      return { type, weightDecay };
    case 'adam':
    case 'rmsprop':
      return { type };
    default:
      return type satisfies never;
  }
}

/** The numbers of one, and the usual ones of the others. */
export const optimizerNumbers = (optimizer: OptimizerSpec): OptimizerNumbers<number> => ({
  momentum: optimizer.type === 'sgd' ? optimizer.momentum : 0,
  weightDecay: optimizer.type === 'adamw' ? optimizer.weightDecay : USUAL_WEIGHT_DECAY,
});

/** As it stands in a sentence. */
export function optimizerWords(optimizer: OptimizerSpec): string {
  switch (optimizer.type) {
    case 'sgd':
      return optimizer.momentum > 0 ? `SGD with momentum ${optimizer.momentum}` : 'SGD';
    case 'adam':
      return 'Adam';
    case 'adamw':
      return `AdamW with weight decay ${optimizer.weightDecay}`;
    case 'rmsprop':
      return 'RMSProp';
    default:
      return optimizer satisfies never;
  }
}
