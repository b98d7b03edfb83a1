// The Gaussian mechanism without sampling, exactly: T releases of sensitivity 1 with noise of standard deviation σ are one release
// with μ = √T/σ, and δ(ε) = Φ(−ε/μ + μ/2) − e^ε · Φ(−ε/μ − μ/2) (Balle & Wang 2018, "Improving the Gaussian Mechanism", theorem 8).
import { erfcx, normalTail } from './complementary-error.ts';

/** μ of `steps` releases with `noiseMultiplier`. */
const distance = (noiseMultiplier: number, steps: number): number => Math.sqrt(steps) / noiseMultiplier;

/** The least δ at which `steps` releases with the noise multiplier are (`epsilon`, δ)-private. */
export function gaussianDelta(noiseMultiplier: number, steps: number, epsilon: number): number {
  const mu = distance(noiseMultiplier, steps);
  if (mu === 0) return 0;
  if (mu === Infinity) return 1;
  const near = epsilon / mu - mu / 2;
  const far = epsilon / mu + mu / 2;
  // far² − near² = 2ε: e^ε · Φ(−far) = ½ · e^(−near²/2) · erfcx(far/√2), and nothing overflows.
  const second = 0.5 * Math.exp((-near * near) / 2) * erfcx(far * Math.SQRT1_2);
  return near > 0
    ? 0.5 * Math.exp((-near * near) / 2) * (erfcx(near * Math.SQRT1_2) - erfcx(far * Math.SQRT1_2))
    : normalTail(near) - second;
}

/** The least ε ≥ 0 at `delta`; Infinity without noise. */
export function gaussianEpsilon(noiseMultiplier: number, steps: number, delta: number): number {
  if (steps === 0) return 0;
  const mu = distance(noiseMultiplier, steps);
  if (mu === Infinity) return Infinity;
  if (gaussianDelta(noiseMultiplier, steps, 0) <= delta) return 0;
  // δ(ε) < Φ(−near), and Φ(−z) < e^(−z²/2): at near = √(2 ln(1/δ)) it is below δ.
  let low = 0;
  let high = mu * (mu / 2 + Math.sqrt(-2 * Math.log(delta)));
  for (let i = 0; i < 200; i += 1) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (gaussianDelta(noiseMultiplier, steps, middle) > delta) low = middle;
    else high = middle;
  }
  return high;
}
