// Layer normalisation over the last axis (Ba, Kiros, Hinton 2016, "Layer Normalization", arXiv 1607.06450, §3): each row by its own mean
// and variance, the same in training and in use.
import { zeros, type Numbers } from './numbers.ts';
import type { LayerPass } from './sequence-pass.ts';

/** y = γ (x − mean)/√(variance + ε) + β of each row of x [rows, width]. */
export function layerNormalisationPass(
  x: Numbers,
  gamma: Numbers,
  beta: Numbers,
  epsilon: number,
): LayerPass {
  const width = gamma.length;
  const rows = x.length / width;
  const hat = zeros(x, x.length);
  const inverse = new Float64Array(rows);
  const y = zeros(x, x.length);
  for (let row = 0; row < rows; row += 1) {
    const start = row * width;
    let mean = 0;
    for (let i = 0; i < width; i += 1) mean += x[start + i]!;
    mean /= width;
    let variance = 0;
    for (let i = 0; i < width; i += 1) variance += (x[start + i]! - mean) ** 2;
    inverse[row] = 1 / Math.sqrt(variance / width + epsilon);
    for (let i = 0; i < width; i += 1) {
      hat[start + i] = (x[start + i]! - mean) * inverse[row]!;
      y[start + i] = gamma[i]! * hat[start + i]! + beta[i]!;
    }
  }
  return {
    y,
    // With g = γ·dy: dx = inverse · (g − mean(g) − x̂·mean(g·x̂)).
    back(dy) {
      const dx = zeros(dy, dy.length);
      const [ofGamma, ofBeta] = [new Float64Array(width), new Float64Array(width)];
      for (let row = 0; row < rows; row += 1) {
        const start = row * width;
        let sum = 0;
        let along = 0;
        for (let i = 0; i < width; i += 1) {
          const slope = dy[start + i]!;
          ofBeta[i]! += slope;
          ofGamma[i]! += slope * hat[start + i]!;
          sum += slope * gamma[i]!;
          along += slope * gamma[i]! * hat[start + i]!;
        }
        for (let i = 0; i < width; i += 1)
          dx[start + i] =
            inverse[row]! * (dy[start + i]! * gamma[i]! - sum / width - (hat[start + i]! * along) / width);
      }
      const [toGamma, toBeta] = [zeros(dy, width), zeros(dy, width)];
      toGamma.set(ofGamma);
      toBeta.set(ofBeta);
      return { dx, slots: [toGamma, toBeta] };
    },
  };
}
