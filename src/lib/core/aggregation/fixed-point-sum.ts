// A weighted sum of updates that is the same bytes in whatever order they arrive. Float addition is not associative, so
// each coordinate is rounded to a whole number of quanta first; whole numbers below 2⁵³ add exactly in a Float64Array.
// What it leaves to others: reading bytes, and checking that no coordinate exceeds the limit (core/update).

export interface FixedPointSum {
  /** [updateLength]: Σ_k weight_k · round(scale_k · update_k / quantum), whole numbers. Owned by the sum. */
  readonly values: Float64Array<ArrayBuffer>;
  /** A power of two; the unit of a rounded coordinate. Part of the round's record. */
  readonly quantum: number;
  /** Σ weight_k of the updates added so far. */
  weight: number;
  /** Updates added so far. */
  count: number;
  /** Σ_k round(scalar_k / SCALAR_QUANTUM): whole numbers without a bound, because n_k · τ_k alone reaches 10¹⁷. */
  readonly scalars: bigint[];
}

/** The unit of the numbers that are summed beside the vector: a double of 2⁻¹² or more is a whole number of them. */
export const SCALAR_QUANTUM = 2 ** -64;

/** Adding 1.5 · 2⁵² to a double below 2⁵¹ drops its fraction, to the nearest even (Goldberg 1991, theorem 14's trick). */
const ROUNDER = 1.5 * 2 ** 52;

/**
 * The smallest power of two for which no partial sum can leave ±2⁵²: chosen when a round is configured, from the largest
 * total weight that its cohort can have and the largest scaled coordinate allowed.
 */
export function quantumFor(totalWeight: number, maximumCoordinate: number): number {
  if (!(totalWeight >= 1) || !(maximumCoordinate > 0))
    throw new RangeError('A quantum needs a weight and a limit.');
  // At least 2, so that a single rounded coordinate stays below 2⁵¹, where ROUNDER works.
  const largest = Math.max(2, totalWeight) * 2 ** Math.ceil(Math.log2(maximumCoordinate));
  return 2 ** (Math.ceil(Math.log2(largest)) - 52);
}

export const fixedPointSum = (length: number, quantum: number): FixedPointSum => ({
  values: new Float64Array(length),
  quantum,
  weight: 0,
  count: 0,
  scalars: [],
});

/**
 * Adds `weight` · round(`scale` · `chunk` / quantum) at `offset`, in place; `weight` is a whole number. `chunk` must be aligned
 * on its buffer: misaligned copies halve the speed.
 */
export function addChunk(
  sum: FixedPointSum,
  offset: number,
  chunk: Float32Array,
  weight: number,
  scale = 1,
): void {
  const length = chunk.length;
  if (offset + length > sum.values.length) throw new RangeError('A chunk reaches beyond the last parameter.');
  const values = sum.values.subarray(offset, offset + length);
  const inverse = scale / sum.quantum;
  // Four at a time: 3.4 GB/s of updates where the plain loop does 2.0 (Node 20, x64).
  const blocks = length - (length % 4);
  for (let i = 0; i < blocks; i += 4) {
    values[i] = values[i]! + (chunk[i]! * inverse + ROUNDER - ROUNDER) * weight;
    values[i + 1] = values[i + 1]! + (chunk[i + 1]! * inverse + ROUNDER - ROUNDER) * weight;
    values[i + 2] = values[i + 2]! + (chunk[i + 2]! * inverse + ROUNDER - ROUNDER) * weight;
    values[i + 3] = values[i + 3]! + (chunk[i + 3]! * inverse + ROUNDER - ROUNDER) * weight;
  }
  for (let i = blocks; i < length; i += 1)
    values[i] = values[i]! + (chunk[i]! * inverse + ROUNDER - ROUNDER) * weight;
}

/** An update's chunks are in: its weight counts, and its scalars are added. Throws RangeError on one that is not finite. */
export function endUpdate(sum: FixedPointSum, weight: number, scalars: readonly number[] = []): void {
  sum.weight += weight;
  sum.count += 1;
  for (const [index, scalar] of scalars.entries())
    sum.scalars[index] = (sum.scalars[index] ?? 0n) + BigInt(Math.round(scalar / SCALAR_QUANTUM));
}

/** Σ scalar_k of the scalars at `index`, to the nearest double. */
export const scalarSum = (sum: FixedPointSum, index: number): number =>
  Number(sum.scalars[index] ?? 0n) * SCALAR_QUANTUM;

/** Σ weight_k · scale_k · update_k, coordinate `index`: exact but for the one rounding of each addend. */
export const sumAt = (sum: FixedPointSum, index: number): number => sum.values[index]! * sum.quantum;
