// Elementwise activations, in place; derivatives are taken from the output y, so that the input need not be kept.
import type { Activation } from '../spec.ts';
import type { Numbers } from './numbers.ts';

/** y ← f(y). */
export function activate(activation: Activation, y: Numbers): void {
  switch (activation) {
    case 'relu':
      for (let i = 0; i < y.length; i += 1) if (!(y[i]! > 0)) y[i] = y[i]! !== y[i]! ? NaN : 0;
      return;
    case 'sigmoid':
      for (let i = 0; i < y.length; i += 1) y[i] = 1 / (1 + Math.exp(-y[i]!));
      return;
    case 'tanh':
      for (let i = 0; i < y.length; i += 1) y[i] = Math.tanh(y[i]!);
      return;
    case 'linear':
    case 'softmax':
      return;
    default:
      activation satisfies never;
  }
}

/** dy ← dy · f′, where y = f(x). */
export function activationBackward(activation: Activation, y: Numbers, dy: Numbers): void {
  switch (activation) {
    case 'relu':
      for (let i = 0; i < y.length; i += 1) if (!(y[i]! > 0)) dy[i] = 0;
      return;
    case 'sigmoid':
      for (let i = 0; i < y.length; i += 1) dy[i]! *= y[i]! * (1 - y[i]!);
      return;
    case 'tanh':
      for (let i = 0; i < y.length; i += 1) dy[i]! *= 1 - y[i]! * y[i]!;
      return;
    case 'linear':
    case 'softmax':
      return;
    default:
      activation satisfies never;
  }
}
