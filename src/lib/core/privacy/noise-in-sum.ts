// Noise that no single party knows: each device clips its update, rounds it to whole units of the ring that a secure sum is made in,
// and adds its share of Skellam noise before it is masked. What the server opens is noisy already, and it adds nothing.
// Kairouz, Liu & Steinke 2021, algorithm 1, with the Skellam noise of Agarwal, Kairouz & Liu 2021. No rotation: a ring of 32 bits holds
// the worst case. The noise stands whoever else takes part: of how many devices are in the sum nothing is hidden. Where γ of the devices
// may be in league with the server, each share is larger, so that those of the others alone are the noise that was promised.
import type { Random } from '../random.ts';
import { honestAmong, LEAST_COHORT, leastSummed } from '../secure-sum/rules.ts';
import { LEAST_DEVIATION, LEFT_OF_DELTA } from './budget.ts';
import { clip } from './clip.ts';
import type { DrawBytes } from './random-bits.ts';
import type { Noised } from './rules.ts';
import { addSkellam, LARGEST_VARIANCE, skellamTable, TABLE_ERROR } from './skellam-noise.ts';
import { ringSensitivity, shareVariance } from './skellam.ts';

/** What a cohort must agree on. */
export interface NoiseInSum {
  /** One unit of the ring, in units of an update: a power of two. */
  readonly quantum: number;
  /** Of the noise of the honest in the smallest sum that is opened, in units of the ring: a whole number. */
  readonly variance: number;
}

/** The clip norm has so many units, and so many times √values, where there is room: rounding adds a thousandth to what a device can change. */
const UNITS = 2048;
const UNITS_PER_ROOT = 16;
/** Where rounding would add more to what a device can change, there is no room for the noise. */
const MOST_ROUNDING = 1.25;
/**
 * Of all devices that shared keys more than half must be in the sum, and γ of all do not count: where all stay and none is in league,
 * their noise is less than so many times that which is needed.
 */
const surplusOf = (colluding: number): number => 1 / (0.5 - colluding);

/** The fewest devices not in league with the server that any sum can be opened with: of rosters of five on. */
function fewestHonest(colluding: number): number {
  let fewest = LEAST_COHORT;
  // Beyond so many devices half of them less γ is more than five.
  for (let roster = LEAST_COHORT; roster * (0.5 - colluding) <= LEAST_COHORT; roster += 1)
    fewest = Math.min(fewest, honestAmong(leastSummed(roster, 'lenient'), roster, colluding));
  return fewest;
}
/** The chance that any coordinate of a sum leaves the ring. */
const MOST_WRAPPED = 2 ** -40;
const RING = 2 ** 31 - 1;

type Strength = Pick<Noised, 'clipNorm' | 'noiseMultiplier'>;

/**
 * How finely updates of `length` values are rounded, and the noise that this needs: z times what one of them can change the sum by once
 * it is rounded. `colluding`: γ. Undefined: so much noise does not fit, or so little.
 */
export function noiseInSum(
  { clipNorm, noiseMultiplier }: Strength,
  length: number,
  cohort: number,
  colluding = 0,
): NoiseInSum | undefined {
  const wanted = Math.max(UNITS, UNITS_PER_ROOT * Math.sqrt(length), LEAST_DEVIATION / noiseMultiplier);
  for (let quantum = 2 ** Math.floor(Math.log2(clipNorm / wanted)); ; quantum *= 2) {
    const most = ringSensitivity(clipNorm, 1 / quantum, length).l2;
    if (most > MOST_ROUNDING * clipNorm) return undefined;
    const variance = Math.ceil(((noiseMultiplier * most) / quantum) ** 2);
    if (variance < LEAST_DEVIATION ** 2) return undefined;
    if (
      variance <= fewestHonest(colluding) * LARGEST_VARIANCE &&
      wrapChance(clipNorm / quantum, surplusOf(colluding) * variance, length, cohort) <= MOST_WRAPPED
    )
      return { quantum, variance };
  }
}

/**
 * A bound on the chance that one of `length` coordinates of the sum of `cohort` updates, each of up to `units`, leaves ±2³¹ by noise of
 * up to `variance`. Skellam noise of variance V exceeds t with chance 2·e^(−t²/(2(V + t/3))) at most (Bernstein’s inequality for Poisson variables).
 */
export function wrapChance(units: number, variance: number, length: number, cohort: number): number {
  const left = RING - cohort * (Math.ceil(units) + 1);
  if (left <= 0) return 1;
  // Shares are whole numbers: each may be one more than its part.
  const most = variance + cohort;
  return Math.min(1, 2 * length * Math.exp(-(left * left) / (2 * (most + left / 3))));
}

/**
 * Whether what draws of a table differ by from true Skellam noise, over all rounds, is within the part of δ that is kept for it: two
 * distributions that are (ε, δ)-close are so at δ + (1 + e^ε)·v where each is drawn with error v.
 */
export const drawsAreExact = (
  { epsilon, delta }: Pick<Noised, 'epsilon' | 'delta'>,
  length: number,
  cohort: number,
  rounds: number,
): boolean => (1 + Math.exp(epsilon)) * length * cohort * rounds * TABLE_ERROR <= (1 - LEFT_OF_DELTA) * delta;

/** Rounding is drawn again until the vector is short enough: with a chance of 39 % each time, or more. */
const MOST_TRIES = 256;

/**
 * What one device gives into the sum, in units of the ring: `values`, which are clipped in place, rounded at random, and its share of the
 * noise. `survivors`: the fewest honest devices of a sum that this one helps to open. `rounding` need not be secret, `draw` must be.
 */
export function noisyUnits(
  values: Float32Array,
  { clipNorm, quantum, variance }: NoiseInSum & Pick<Noised, 'clipNorm'>,
  survivors: number,
  rounding: Random,
  draw: DrawBytes,
): Int32Array<ArrayBuffer> {
  clip(values, clipNorm);
  const most = ringSensitivity(clipNorm, 1 / quantum, values.length).l2 / quantum;
  const units = new Int32Array(values.length);
  const chances = new Uint32Array(values.length);
  for (let tried = 0; ; tried += 1) {
    if (tried === MOST_TRIES) throw new RangeError('The update cannot be rounded within its clip norm.');
    rounding.fill(chances);
    let squares = 0;
    for (let i = 0; i < values.length; i += 1) {
      const unit = Math.floor(values[i]! / quantum + chances[i]! / 4294967296);
      units[i] = unit;
      squares += unit * unit;
    }
    if (squares <= most * most) break;
  }
  addSkellam(units, skellamTable(shareVariance(variance, survivors)), draw);
  return units;
}
