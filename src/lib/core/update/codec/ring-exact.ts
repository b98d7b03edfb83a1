// The exact mode of what secure aggregation sums: coordinates clipped to ±clip, times an integer weight, as integers modulo 2³².
// A unit is so small that no sum of the whole cohort can reach 2³¹: nothing wraps, whatever anyone sends within the rules.
// The sum of n encodings is within n units of the true one: for n = 100, weights up to 1000 and clip 1 a unit is 4.7·10⁻⁵ of a
// weighted coordinate, 5·10⁻⁸ of the mean's clip.
import type { Random } from '../../random.ts';
import { largestMagnitude } from './finite.ts';

export interface ExactRing {
  /** Coordinates are clipped to ±clip; finite, ≥ 0. */
  readonly clip: number;
  /** Encodings that may be added; 1 … 2²⁰. */
  readonly cohort: number;
  /** The largest weight; an integer ≥ 1. */
  readonly largestWeight: number;
}

/** The largest |integer| of one encoding: cohort of them stay below 2³¹. */
export const largestInteger = (ring: ExactRing): number => Math.floor((2 ** 31 - 1) / ring.cohort);

/** What one step of the integers is worth in weight·coordinate. 0 at a clip of 0. */
export const unitOf = (ring: ExactRing): number => (ring.largestWeight * ring.clip) / largestInteger(ring);

/** The integers of weight·values, stochastically rounded by `draws`, so that the sum stays unbiased. Throws a RangeError at a weight beyond the rules or a value that is not finite. */
export function encodeExact(
  values: Float32Array,
  weight: number,
  ring: ExactRing,
  draws: Random,
): Int32Array<ArrayBuffer> {
  if (!Number.isInteger(weight) || weight < 1 || weight > ring.largestWeight)
    throw new RangeError(`A weight is an integer from 1 to ${ring.largestWeight}, not ${weight}.`);
  largestMagnitude(values);
  const { clip } = ring;
  const most = largestInteger(ring);
  const perUnit = clip === 0 ? 0 : (weight / ring.largestWeight) * most;
  const random = new Uint32Array(values.length);
  draws.fill(random);
  const out = new Int32Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    const clipped = value > clip ? clip : value < -clip ? -clip : value;
    // Divided by the clip first: the quotient is at most 1 at any size of f32.
    const integer = Math.floor(perUnit === 0 ? 0 : (clipped / clip) * perUnit + random[i]! / 4294967296);
    // A product that is rounded up could be carried one too far.
    out[i] = integer > most ? most : integer < -most ? -most : integer;
  }
  return out;
}

/** The weighted sum that integers (or their sum modulo 2³²) stand for; the caller divides by the sum of weights. */
export function decodeExact(integers: Int32Array, ring: ExactRing, into: Float32Array): void {
  const unit = unitOf(ring);
  for (let i = 0; i < integers.length; i += 1) into[i] = integers[i]! * unit;
}
