// The two losses and their gradients with respect to the outputs [batch, size].
import type { Numbers } from './numbers.ts';

/** Writes (softmax(z) − onehot)/batch into `gradient` and returns Σ −ln p(true class), nats, over the batch. */
export function crossEntropy(
  logits: Numbers,
  targets: ArrayLike<number>,
  batch: number,
  size: number,
  gradient: Numbers,
): number {
  let lossSum = 0;
  for (let row = 0; row < batch; row += 1) {
    const start = row * size;
    const target = targets[row]!;
    let highest = -Infinity;
    for (let i = 0; i < size; i += 1) if (logits[start + i]! > highest) highest = logits[start + i]!;
    let total = 0;
    for (let i = 0; i < size; i += 1) total += Math.exp(logits[start + i]! - highest);
    lossSum += Math.log(total) + highest - logits[start + target]!;
    for (let i = 0; i < size; i += 1)
      gradient[start + i] = (Math.exp(logits[start + i]! - highest) / total - (i === target ? 1 : 0)) / batch;
  }
  return lossSum;
}

/** Writes 2(ŷ − y)/batch into `gradient` and returns Σ (ŷ − y)². One output a row. */
export function squaredError(
  outputs: Numbers,
  targets: ArrayLike<number>,
  batch: number,
  gradient: Numbers,
): number {
  let lossSum = 0;
  for (let row = 0; row < batch; row += 1) {
    const error = outputs[row]! - targets[row]!;
    lossSum += error * error;
    gradient[row] = (2 * error) / batch;
  }
  return lossSum;
}
