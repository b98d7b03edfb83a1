// What Poisson-subsampled Gaussian releases cost by their Rényi divergences.
import { epsilonFromRdp, type RdpEpsilon } from './renyi.ts';
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
