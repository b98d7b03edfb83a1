// From Rényi differential privacy to (ε, δ): the best of a list of orders.
import { sampledGaussianRdp } from './sampled-gaussian-rdp.ts';

/** 1.1 … 10.9, 12 … 63 and four large ones: those of Opacus, and dp_accounting's large ones for rare sampling and much noise. */
export const rdpOrders: readonly number[] = [
  ...Array.from({ length: 99 }, (_, index) => 1 + (index + 1) / 10),
  ...Array.from({ length: 52 }, (_, index) => 12 + index),
  128,
  256,
  512,
  1024,
];

export interface RdpEpsilon {
  readonly epsilon: number;
  /** The order that gave it; null where no order was needed: nothing is released, or nothing is protected. */
  readonly order: number | null;
}

/**
 * ε = min over α of r + ln(1 − 1/α) − ln(δα)/(α − 1), with r = ε(α) of everything released (Canonne, Kamath & Steinke 2020,
 * proposition 12). Where δ² > 1 − e^(−r), it is 0: the total variation is within δ (Bretagnolle & Huber 1979).
 */
export function epsilonFromRdp(
  rdp: (order: number) => number,
  delta: number,
  orders: readonly number[] = rdpOrders,
): RdpEpsilon {
  let best: RdpEpsilon = { epsilon: Infinity, order: null };
  for (const order of orders) {
    const released = rdp(order);
    const isWithinDelta = delta * delta + Math.expm1(-released) > 0;
    const epsilon = isWithinDelta
      ? 0
      : Math.max(0, released + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1));
    if (epsilon < best.epsilon) best = { epsilon, order };
  }
  return best;
}

/** ε at `delta` of `steps` Poisson-subsampled Gaussian releases. */
export function rdpEpsilon(
  samplingRate: number,
  noiseMultiplier: number,
  steps: number,
  delta: number,
  orders: readonly number[] = rdpOrders,
): RdpEpsilon {
  if (steps === 0 || samplingRate === 0) return { epsilon: 0, order: null };
  if (noiseMultiplier === 0) return { epsilon: Infinity, order: null };
  return epsilonFromRdp(
    (order) => steps * sampledGaussianRdp(samplingRate, noiseMultiplier, order),
    delta,
    orders,
  );
}
