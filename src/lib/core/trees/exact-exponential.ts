// eˣ by additions, multiplications and divisions alone, which IEEE 754 defines to the bit. Math.exp may differ in its last bit
// from browser to browser (ECMA-262 leaves it "implementation-approximated"), and two devices could round a gradient differently.

/** ln 2 in two parts: k · LN2_HIGH is exact for |k| < 2²⁰ (fdlibm's e_exp.c, Sun Microsystems 1993). */
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const INVERSE_LN2 = 1.4426950408889634074;
/** 1/n! for n = 13 … 0: the next term is below 2⁻⁵³ for |r| ≤ ln 2 / 2. */
const TERMS: readonly number[] = (() => {
  const terms = [1];
  for (let n = 1; n <= 13; n += 1) terms.unshift(terms[0]! / n);
  return terms;
})();

/** eˣ, within a few units of the last place; x is taken as ±700 beyond that. The same bits in every engine. */
export function exponential(x: number): number {
  const bounded = Math.max(-700, Math.min(700, x));
  const k = Math.round(bounded * INVERSE_LN2);
  const r = bounded - k * LN2_HIGH - k * LN2_LOW;
  let sum = 0;
  for (const term of TERMS) sum = sum * r + term;
  // A product of powers of two is exact; ** is not promised to be.
  let power = 1;
  let factor = k < 0 ? 0.5 : 2;
  for (let left = Math.abs(k); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power *= factor;
    factor *= factor;
  }
  return sum * power;
}
