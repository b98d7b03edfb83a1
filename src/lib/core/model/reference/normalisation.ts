// Batch normalisation over the last axis of x [rows, channels], rows being everything before it (Ioffe & Szegedy 2015, algorithm
// 1 forward, §3 backward). Sums in f64; the variance is that of the batch itself, divided by its rows, as Keras 3 has it, also
// in what the running one moves towards.
import { zeros, type Numbers } from './numbers.ts';

/** [channels] each. */
export interface Moments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

export function momentsOf(x: Numbers, channels: number): Moments {
  const rows = x.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (let at = 0; at < x.length; at += channels)
    for (let channel = 0; channel < channels; channel += 1) mean[channel]! += x[at + channel]! / rows;
  for (let at = 0; at < x.length; at += channels)
    for (let channel = 0; channel < channels; channel += 1)
      variance[channel]! += (x[at + channel]! - mean[channel]!) ** 2 / rows;
  return { mean, variance };
}

/** 1/√(variance + ε). A variance that a codec or an adaptive server drove below zero counts as zero. */
export const inverseDeviation = (variance: number, epsilon: number): number =>
  1 / Math.sqrt(Math.max(0, variance) + epsilon);

/** y = γ (x − mean)/√(variance + ε) + β; written to `y` where it is given. */
export function normalisationForward(
  x: Numbers,
  { mean, variance }: { readonly mean: Numbers; readonly variance: Numbers },
  gamma: Numbers,
  beta: Numbers,
  epsilon: number,
  y = zeros(x, x.length),
): Numbers {
  const channels = gamma.length;
  const inverse = Float64Array.from(variance, (value) => inverseDeviation(value, epsilon));
  for (let at = 0; at < x.length; at += channels)
    for (let channel = 0; channel < channels; channel += 1)
      y[at + channel] =
        gamma[channel]! * (x[at + channel]! - mean[channel]!) * inverse[channel]! + beta[channel]!;
  return y;
}

export interface NormalisationGradient {
  readonly dx: Numbers;
  readonly gamma: Numbers;
  readonly beta: Numbers;
}

/** x − mean [rows, channels], and 1/√(variance + ε) [channels]: what the way back needs. */
export function centredBy(
  x: Numbers,
  { mean, variance }: Moments,
  epsilon: number,
): { readonly centred: Numbers; readonly inverse: Float64Array } {
  const channels = mean.length;
  const centred = zeros(x, x.length);
  for (let i = 0; i < x.length; i += 1) centred[i] = x[i]! - mean[i % channels]!;
  return { centred, inverse: Float64Array.from(variance, (value) => inverseDeviation(value, epsilon)) };
}

/**
 * With x̂ = centred · inverse: dβ = Σ dy, dγ = Σ dy·x̂, dx = γ · inverse · (dy − dβ/rows − x̂·dγ/rows). Mean and variance are the
 * batch's own, and so depend on x. `dx` may be `dy` itself.
 */
export function normalisationBackward(
  centred: Numbers,
  dy: Numbers,
  inverse: Numbers,
  gamma: Numbers,
  dx = zeros(dy, dy.length),
): NormalisationGradient {
  const channels = gamma.length;
  const rows = centred.length / channels;
  const sums = { gamma: new Float64Array(channels), beta: new Float64Array(channels) };
  const hat = (at: number, channel: number): number => centred[at + channel]! * inverse[channel]!;
  for (let at = 0; at < dy.length; at += channels)
    for (let channel = 0; channel < channels; channel += 1) {
      sums.beta[channel]! += dy[at + channel]!;
      sums.gamma[channel]! += dy[at + channel]! * hat(at, channel);
    }
  for (let at = 0; at < dy.length; at += channels)
    for (let channel = 0; channel < channels; channel += 1)
      dx[at + channel] =
        gamma[channel]! *
        inverse[channel]! *
        (dy[at + channel]! - sums.beta[channel]! / rows - (hat(at, channel) * sums.gamma[channel]!) / rows);
  const [toGamma, toBeta] = [zeros(dy, channels), zeros(dy, channels)];
  toGamma.set(sums.gamma);
  toBeta.set(sums.beta);
  return { dx, gamma: toGamma, beta: toBeta };
}

/** running ← momentum · running + (1 − momentum) · now, as a copy. */
export function movedStatistic(running: Numbers, now: Numbers, momentum: number): Numbers {
  const next = zeros(running, running.length);
  for (let i = 0; i < next.length; i += 1) next[i] = momentum * running[i]! + (1 - momentum) * now[i]!;
  return next;
}
