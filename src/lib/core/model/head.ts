// What the loss does to the last layer: a final softmax is folded into the cross-entropy, which then works on logits
// (stable, and its gradient is p − y). Every engine asks here, so that none folds differently.
import type { BuiltLayer, Network } from './network.ts';
import type { Activation } from './spec.ts';

/** The activation that a layer really applies; 'linear' for layers without one and for a folded softmax. */
export function appliedActivation(layer: BuiltLayer): Activation {
  const { spec } = layer;
  if (!('activation' in spec)) return 'linear';
  return spec.activation === 'softmax' ? 'linear' : spec.activation;
}

/** Whether outputs are logits over classes, to be compared by softmax cross-entropy. */
export const isClassifier = (network: Network): boolean => network.spec.loss === 'categorical-crossentropy';

/** Softmax of each row of [count, size], in f64, in place. */
export function softmaxRows(values: Float32Array | Float64Array, size: number): void {
  for (let start = 0; start < values.length; start += size) {
    let highest = -Infinity;
    for (let i = 0; i < size; i += 1) highest = Math.max(highest, values[start + i]!);
    let total = 0;
    for (let i = 0; i < size; i += 1) total += Math.exp(values[start + i]! - highest);
    for (let i = 0; i < size; i += 1) values[start + i] = Math.exp(values[start + i]! - highest) / total;
  }
}
