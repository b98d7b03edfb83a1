// The tail of the normal distribution to about 15 digits, however far out: erfcx(x) = e^(x²) · erfc(x), by which differences of
// tails keep their relative precision where the tails themselves would be 0 in a double.
// For x ≥ ½: erfc(x) = (2x/π)·e^(−x²)·∫₀^∞ e^(−t²)/(t² + x²) dt by the trapezoid rule, which is exact but for e^(−π²/h²), and for the
// pole at t = ix, whose residue is added (Chiarella & Reichel 1968, "On the evaluation of integrals related to the error function").

const STEP = 0.5;
/** e^(−n²h²) for n = 1 … 13: the next is 10⁻²¹. */
const weights = Array.from({ length: 13 }, (_, index) => Math.exp(-(((index + 1) * STEP) ** 2)));
const nodes = Array.from({ length: 13 }, (_, index) => ((index + 1) * STEP) ** 2);

/** erf(x) for |x| < ½, by its series. */
function smallErf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n += 1) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** e^(x²) · erfc(x). Infinity for x below −26.6, where it leaves the doubles. */
export function erfcx(x: number): number {
  if (x < -0.5) return 2 * Math.exp(x * x) - erfcx(-x);
  const square = x * x;
  if (x < 0.5) return Math.exp(square) * (1 - smallErf(x));
  let sum = 1 / (2 * square);
  for (let n = 0; n < weights.length; n += 1) sum += weights[n]! / (nodes[n]! + square);
  const integral = ((2 * STEP * x) / Math.PI) * sum;
  // Beyond π/h the residue is below the rule's own error.
  return x < Math.PI / STEP
    ? integral + (2 * Math.exp(square)) / (1 - Math.exp((2 * Math.PI * x) / STEP))
    : integral;
}

/** P(N(0, 1) > z). */
export const normalTail = (z: number): number =>
  z > 0 ? 0.5 * Math.exp((-z * z) / 2) * erfcx(z * Math.SQRT1_2) : z === 0 ? 0.5 : 1 - normalTail(-z);
