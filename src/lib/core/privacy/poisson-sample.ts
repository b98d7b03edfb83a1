// Poisson sampling: each of a population is drawn by itself with the same chance, whoever else is. That is the draw that the sampled
// Gaussian's account is of (sampled-gaussian-rdp.ts); a cohort of fixed size, or one picked among whoever is there, is another, and
// is never accounted as this.
import type { DrawBytes } from './random-bits.ts';

/** Bytes of one draw. Chances are whole multiples of 2⁻⁴⁸, rounded down: nobody is drawn more often than is accounted for. */
const BYTES = 6;

/** Those of `population` that were drawn, in its order. `draw`: the platform’s CSPRNG wherever ε counts on it. */
export function poissonSample<T>(population: readonly T[], rate: number, draw: DrawBytes): T[] {
  const bytes = draw(BYTES * population.length);
  const limit = Math.floor(rate * 256 ** BYTES);
  const numberAt = (index: number): number => {
    let value = 0;
    for (let at = 0; at < BYTES; at += 1) value = 256 * value + bytes[BYTES * index + at]!;
    return value;
  };
  return population.filter((_, index) => numberAt(index) < limit);
}
