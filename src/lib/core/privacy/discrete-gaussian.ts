// Noise in whole numbers: the discrete Gaussian, P(x) ∝ e^(−x²/(2m²)), drawn exactly, with integer arithmetic alone. Floating-point
// Gaussians have gaps that give away what they were added to (Mironov 2012, "On significance of the least significant bits for
// differential privacy"); this has none, and its privacy is that of the Gaussian with the same deviation.
// Canonne, Kamath & Steinke 2020, "The Discrete Gaussian for Differential Privacy", algorithms 1 to 3, with t = m.
import { randomBits, type DrawBytes, type RandomBits } from './random-bits.ts';

/** 2m² is a bound of a uniform draw, which has 53 bits. */
export const LARGEST_DEVIATION = 2 ** 26;

/** True with chance e^(−over/under), for 0 ≤ over ≤ under. Algorithm 1, its first case. */
function survivesPart(bits: RandomBits, over: number, under: number): boolean {
  let k = 1;
  while (bits.below(under) < over && bits.below(k) === 0) k += 1;
  return k % 2 === 1;
}

/** The same for any over ≥ 0. */
function survives(bits: RandomBits, over: number, under: number): boolean {
  for (let whole = Math.floor(over / under); whole > 0; whole -= 1)
    if (!survivesPart(bits, 1, 1)) return false;
  return survivesPart(bits, over % under, under);
}

/** P(y) ∝ e^(−|y|/m). Algorithm 2 with s = 1. */
function discreteLaplace(bits: RandomBits, m: number): number {
  for (;;) {
    const low = bits.below(m);
    if (!survivesPart(bits, low, m)) continue;
    let high = 0;
    while (survivesPart(bits, 1, 1)) high += 1;
    const size = low + m * high;
    const isNegative = bits.bit() === 1;
    if (isNegative && size === 0) continue;
    return isNegative ? -size : size;
  }
}

function discreteGaussian(bits: RandomBits, m: number): number {
  for (;;) {
    const drawn = discreteLaplace(bits, m);
    // Kept with chance e^(−(|y| − m)²/(2m²)); with ||y| − m| = a·m + b its exponent is a²/2 + ab/m + b²/(2m²), and no part of it
    // leaves 53 bits.
    const distance = Math.abs(Math.abs(drawn) - m);
    const a = Math.floor(distance / m);
    const b = distance % m;
    if (survives(bits, a * a, 2) && survives(bits, a * b, m) && survives(bits, b * b, 2 * m * m))
      return drawn;
  }
}

/**
 * Adds independent discrete Gaussian noise of deviation parameter `deviation` to each of the whole `values`, in place. `deviation` is
 * a whole number from 1 to LARGEST_DEVIATION.
 */
export function addDiscreteGaussian(values: Float64Array, deviation: number, draw: DrawBytes): void {
  if (!Number.isSafeInteger(deviation) || deviation < 1 || deviation > LARGEST_DEVIATION)
    throw new RangeError(`Discrete Gaussian noise has a whole deviation up to 2²⁶, not ${deviation}.`);
  const bits = randomBits(draw);
  for (let i = 0; i < values.length; i += 1) values[i] = values[i]! + discreteGaussian(bits, deviation);
}
