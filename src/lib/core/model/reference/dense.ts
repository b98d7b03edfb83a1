// y = x·W + b for x [batch, inputs], W [inputs, units], b [units]; sums in f64.
import { zeros, type Numbers } from './numbers.ts';

export function denseForward(
  x: Numbers,
  kernel: Numbers,
  bias: Numbers | undefined,
  batch: number,
  inputs: number,
  units: number,
): Numbers {
  const y = zeros(kernel, batch * units);
  const sums = new Float64Array(units);
  for (let row = 0; row < batch; row += 1) {
    if (bias === undefined) sums.fill(0);
    else sums.set(bias);
    for (let i = 0; i < inputs; i += 1) {
      const value = x[row * inputs + i]!;
      if (value === 0) continue;
      for (let unit = 0; unit < units; unit += 1) sums[unit]! += value * kernel[i * units + unit]!;
    }
    y.set(sums, row * units);
  }
  return y;
}

/** dW = xᵀ·dy. */
export function denseKernelGradient(
  x: Numbers,
  dy: Numbers,
  batch: number,
  inputs: number,
  units: number,
): Numbers {
  const gradient = zeros(dy, inputs * units);
  const sums = new Float64Array(units);
  for (let i = 0; i < inputs; i += 1) {
    sums.fill(0);
    for (let row = 0; row < batch; row += 1) {
      const value = x[row * inputs + i]!;
      if (value === 0) continue;
      for (let unit = 0; unit < units; unit += 1) sums[unit]! += value * dy[row * units + unit]!;
    }
    gradient.set(sums, i * units);
  }
  return gradient;
}

/** dx = dy·Wᵀ. */
export function denseInputGradient(
  dy: Numbers,
  kernel: Numbers,
  batch: number,
  inputs: number,
  units: number,
): Numbers {
  const dx = zeros(dy, batch * inputs);
  for (let row = 0; row < batch; row += 1)
    for (let i = 0; i < inputs; i += 1) {
      let sum = 0;
      for (let unit = 0; unit < units; unit += 1) sum += dy[row * units + unit]! * kernel[i * units + unit]!;
      dx[row * inputs + i] = sum;
    }
  return dx;
}

/** db: the sum of dy over everything but its last axis. */
export function biasGradient(dy: Numbers, units: number): Numbers {
  const sums = new Float64Array(units);
  for (let start = 0; start < dy.length; start += units)
    for (let unit = 0; unit < units; unit += 1) sums[unit]! += dy[start + unit]!;
  const gradient = zeros(dy, units);
  gradient.set(sums);
  return gradient;
}
