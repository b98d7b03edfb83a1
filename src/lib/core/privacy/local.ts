// Local noise: a device clips its update and adds noise to it before it leaves, so that the server need be trusted with nothing. Any
// update could have been any other within the clip norm: what a device can change is 2C, and the noise of n devices averages out only
// as √n, where that of a server that is trusted falls as n. For the same ε it costs √n times the noise: a mode to learn from.
import { addDiscreteGaussian } from './discrete-gaussian.ts';
import type { DrawBytes } from './random-bits.ts';
import { ARITHMETIC, noiseQuantum } from './central.ts';

/**
 * Noise of standard deviation z·2C on clipped `values`, in place, in whole quanta. What leaves ±`limit` is set to it: that is done
 * to noisy values, and gives nothing away.
 */
export function addLocalNoise(
  values: Float32Array,
  { clipNorm, noiseMultiplier }: { readonly clipNorm: number; readonly noiseMultiplier: number },
  limit: number,
  draw: DrawBytes,
): void {
  const quantum = noiseQuantum(2 * noiseMultiplier * clipNorm, 0);
  const sensitivity = 2 * clipNorm * (1 + ARITHMETIC) + quantum * Math.sqrt(values.length);
  const whole = Float64Array.from(values, (value) => Math.round(value / quantum));
  addDiscreteGaussian(whole, Math.ceil((noiseMultiplier * sensitivity) / quantum), draw);
  for (let i = 0; i < values.length; i += 1)
    values[i] = Math.min(limit, Math.max(-limit, whole[i]! * quantum));
}
