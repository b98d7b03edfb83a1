// How one output of a network moves with what one of its layers takes: what explanations ask. By the plain loops, and so exact, in f64
// where the parameters are given so.
import { isClassifier, softmaxRows } from '../head.ts';
import type { Network } from '../network.ts';
import { zeros, type Numbers } from './numbers.ts';
import { backward, forward } from './passes.ts';

export interface AskedOutput {
  /** Class; 0 where the network predicts a number. */
  readonly output: number;
  /** Of a class: its share of all, or what stands before the softmax. A number is itself either way. */
  readonly as: 'share' | 'logit';
  /** The layer whose input is asked about: 0, the features; as many as there are layers, the outputs. */
  readonly layer?: number;
}

export interface OutputGradient {
  /** [batch] */
  readonly values: Float64Array<ArrayBuffer>;
  /** Of each row's own value, [batch, size of what the layer takes]. */
  readonly gradient: Numbers;
  /** What the layer takes, [batch, …]. */
  readonly taken: Numbers;
}

/** `features` [batch, F], stored as the parameters are. Normalisations go by their running statistics, and nothing is dropped. */
export function outputGradient(
  network: Network,
  parameters: Numbers,
  features: Numbers,
  batch: number,
  { output, as, layer = 0 }: AskedOutput,
): OutputGradient {
  const outputs = forward(network, parameters, features, batch);
  const last = outputs.at(-1) ?? features;
  const size = network.outputSize;
  const dy = zeros(parameters, last.length);
  const values = new Float64Array(batch);
  const shares = isClassifier(network) && as !== 'logit' ? Float64Array.from(last) : undefined;
  if (shares !== undefined) softmaxRows(shares, size);
  for (let row = 0; row < batch; row += 1) {
    if (shares === undefined) {
      values[row] = last[row * size + output]!;
      dy[row * size + output] = 1;
      continue;
    }
    const share = shares[row * size + output]!;
    values[row] = share;
    // ∂p_k/∂z_j = p_k (δ_kj − p_j)
    for (let i = 0; i < size; i += 1)
      dy[row * size + i] = share * ((i === output ? 1 : 0) - shares[row * size + i]!);
  }
  const { of } = backward(network, parameters, outputs, dy, batch, {
    downTo: layer,
    toFeatures: true,
    toParameters: false,
    mode: 'inference',
    dropout: undefined,
  });
  return { values, gradient: of, taken: outputs[layer] ?? last };
}
