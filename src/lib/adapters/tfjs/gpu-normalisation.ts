// Batch normalisation composed of kernels, the same on WebGL and WebGPU: everything as matrices [rows, channels], rows of one
// number a channel spread over them by the kernels themselves.
import type { Device, Tensor } from './device.ts';
import type { GpuOperations } from './gpu-device.ts';

export function composedNormalisation({
  kernel,
  upload,
}: Pick<GpuOperations, 'kernel' | 'upload'>): Pick<
  Device,
  'normalise' | 'normaliseBackward' | 'normaliseByRunning'
> {
  const scalar = (value: number): Tensor => upload(Float32Array.of(value), []);
  const add = (a: Tensor, b: Tensor): Tensor => kernel('Add', { a, b });
  const subtract = (a: Tensor, b: Tensor): Tensor => kernel('Sub', { a, b });
  const multiply = (a: Tensor, b: Tensor): Tensor => kernel('Multiply', { a, b });
  const divide = (a: Tensor, b: Tensor): Tensor => kernel('RealDiv', { a, b });
  const reshape = (x: Tensor, shape: readonly number[]): Tensor =>
    kernel('Reshape', { x }, { shape: [...shape] });
  const columnSums = (x: Tensor): Tensor => kernel('Sum', { x }, { axis: [0], keepDims: false });
  const rowsOf = (x: Tensor): { readonly matrix: Tensor; readonly rows: number } => {
    const channels = x.shape[x.shape.length - 1] ?? 1;
    const rows = x.shape.slice(0, -1).reduce((total, side) => total * side, 1);
    return { matrix: reshape(x, [rows, channels]), rows };
  };
  /** 1/√(max(0, variance) + ε) */
  const inverseOf = (variance: Tensor, epsilon: number): Tensor =>
    divide(scalar(1), kernel('Sqrt', { x: add(kernel('Relu', { x: variance }), scalar(epsilon)) }));

  return {
    normalise(x, slots, epsilon) {
      const { matrix, rows } = rowsOf(x);
      const mean = divide(columnSums(matrix), scalar(rows));
      const centred = subtract(matrix, mean);
      const variance = divide(columnSums(multiply(centred, centred)), scalar(rows));
      const inverse = inverseOf(variance, epsilon);
      const y = add(multiply(centred, multiply(slots.gamma, inverse)), slots.beta);
      return {
        y: reshape(y, x.shape),
        centred,
        inverse,
        drift: { mean: subtract(slots.mean, mean), variance: subtract(slots.variance, variance) },
      };
    },
    normaliseBackward(dy, { centred, inverse }, gamma) {
      const { matrix, rows } = rowsOf(dy);
      const toBeta = columnSums(matrix);
      const hat = multiply(centred, inverse);
      const toGamma = columnSums(multiply(matrix, hat));
      const mixed = add(toBeta, multiply(hat, toGamma));
      const dx = multiply(subtract(matrix, divide(mixed, scalar(rows))), multiply(gamma, inverse));
      return { dx: reshape(dx, dy.shape), gamma: toGamma, beta: toBeta };
    },
    normaliseByRunning(x, { gamma, beta, mean, variance }, epsilon) {
      const { matrix } = rowsOf(x);
      const scale = multiply(gamma, inverseOf(variance, epsilon));
      return reshape(add(multiply(subtract(matrix, mean), scale), beta), x.shape);
    },
  };
}
