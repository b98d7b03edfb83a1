// Rényi differential privacy of the Poisson-subsampled Gaussian mechanism (Mironov, Talwar & Zhang 2019, "Rényi Differential Privacy
// of the Sampled Gaussian Mechanism", §3.3), for any order α > 1:
//   (α − 1) · ε(α) = ln E[((1−q) + q·e^((2z−1)/(2σ²)))^α],  z ~ N(0, σ²).
// The integrand is analytic in a strip of half-width πσ², so the trapezoid rule is exact to rounding at a step of min(σ, σ²)/2. (The
// series for fractional orders alternates, and accountants that sum its absolute values report up to 0.035 too much.)

/** ln(1 − q + q·eᵘ), without overflow. */
const logMixture = (q: number, u: number): number =>
  u > 30 ? u + Math.log(q) + Math.log1p(((1 - q) / q) * Math.exp(-u)) : Math.log1p(q * Math.expm1(u));

/** Beyond so many standard deviations the normal density is below e⁻⁷². */
const REACH = 12;

/**
 * ε(α) of one release, in nats: `samplingRate` q in [0, 1], `noiseMultiplier` σ ≥ 0 for sensitivity 1, `order` α > 1. Infinity
 * without noise.
 */
export function sampledGaussianRdp(samplingRate: number, noiseMultiplier: number, order: number): number {
  const [q, sigma, alpha] = [samplingRate, noiseMultiplier, order];
  if (q === 0 || sigma === Infinity) return 0;
  const variance = sigma * sigma;
  if (variance === 0) return Infinity;
  if (q === 1) return alpha / (2 * variance);
  // What of the exponent is convex in z; with the normal density, its second derivative is never below −1/σ².
  const power = (z: number): number => alpha * logMixture(q, (2 * z - 1) / (2 * variance));
  const fall = (z: number): number => -(z * z) / (2 * variance);

  // Cells of σ/2. By that bound a cell's integrand is nowhere above e^(1/32) times the larger of its ends, so that cells whose ends
  // are negligible are left out; the others are cut into steps of at most σ²/2.
  const cell = sigma / 2;
  const first = -2 * REACH;
  const last = Math.ceil((alpha + REACH * sigma) / cell);
  if (last > 250_000) return nearlySampledAlways(q, variance, alpha);
  let top = -Infinity;
  for (let i = first; i <= last; i += 1) {
    const exponent = power(i * cell) + fall(i * cell);
    if (exponent > top) top = exponent;
  }
  const cuts = Math.max(1, Math.ceil(1 / sigma));
  const step = cell / cuts;
  const norm = step / (sigma * Math.sqrt(2 * Math.PI));

  if (top < 300) {
    // E − 1 itself: with rare sampling it is 10⁻¹⁶ and less.
    let excess = 0;
    const floor = Math.max(-90, top - 90);
    for (let i = first; i < last; i += 1) {
      const ends = Math.max(
        fall(i * cell),
        fall((i + 1) * cell),
        power(i * cell) + fall(i * cell),
        power((i + 1) * cell) + fall((i + 1) * cell),
      );
      if (ends < floor) continue;
      for (let j = 0; j < cuts; j += 1) {
        const z = (i * cuts + j) * step;
        const raised = power(z);
        excess +=
          raised > 1
            ? Math.exp(raised + fall(z)) - Math.exp(fall(z))
            : Math.expm1(raised) * Math.exp(fall(z));
      }
    }
    return Math.max(0, Math.log1p(norm * excess) / (alpha - 1));
  }
  let sum = 0;
  for (let i = first; i < last; i += 1) {
    const ends = Math.max(power(i * cell) + fall(i * cell), power((i + 1) * cell) + fall((i + 1) * cell));
    if (ends < top - 50) continue;
    for (let j = 0; j < cuts; j += 1) {
      const z = (i * cuts + j) * step;
      sum += Math.exp(power(z) + fall(z) - top);
    }
  }
  return (top + Math.log(norm * sum)) / (alpha - 1);
}

/**
 * An upper bound where σ is so small that cells are beyond counting: ε(α) is never above that of the release without sampling,
 * and the mixture is never above its larger part.
 */
const nearlySampledAlways = (q: number, variance: number, alpha: number): number =>
  Math.min(
    alpha / (2 * variance),
    // ((1−q) + q·x)^α ≤ (1−q) + q·x^α: convexity of the power.
    alpha / (2 * variance) +
      (Math.log(q) + Math.log1p(((1 - q) / q) * Math.exp((-alpha * (alpha - 1)) / (2 * variance)))) /
        (alpha - 1),
  );
