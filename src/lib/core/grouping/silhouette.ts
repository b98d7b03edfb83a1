// How much nearer rows lie to their own group than to the next (Rousseeuw 1987, eq. 2 and 3), by all distances between the rows of a
// sample; of few rows, the sample is all of them and the figure exact. scikit-learn's silhouette_samples, with its sample_size.
import { random } from '../random.ts';
import type { GroupPoints } from './grouper.ts';

/** Distances of so many rows are 2 million. */
export const MOST_SAMPLED = 2000;

export interface Sample {
  /** Row numbers, ascending. */
  readonly rows: Uint32Array<ArrayBuffer>;
  /** Of each pair once: row i to the rows before it, i ascending. */
  readonly distances: Float64Array<ArrayBuffer>;
}

/** `most` of `count` row numbers, ascending; all where there are no more. */
export function drawnRows(
  count: number,
  most: number,
  seed: number,
  label: string,
): Uint32Array<ArrayBuffer> {
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  return count <= most ? rows : random(seed, 'rows of groups', label).shuffle(rows).slice(0, most).sort();
}

/** Yields the share of the rows whose distances are known. */
export function* sampleOf(
  { size, values }: GroupPoints,
  rows: Uint32Array<ArrayBuffer>,
): Generator<number, Sample, undefined> {
  const count = rows.length;
  const distances = new Float64Array((count * (count - 1)) / 2);
  let at = 0;
  for (let one = 0; one < count; one += 1) {
    const own = rows[one]! * size;
    for (let other = 0; other < one; other += 1) {
      const theirs = rows[other]! * size;
      let sum = 0;
      for (let i = 0; i < size; i += 1) sum += (values[own + i]! - values[theirs + i]!) ** 2;
      distances[at] = Math.sqrt(sum);
      at += 1;
    }
    if (one % 64 === 0) yield one / count;
  }
  return { rows, distances };
}

/** [sample.rows]: from −1 to 1; of a row that is alone in its group, or where there is one group only, 0. `groupOf` of all rows. */
export function silhouettes(
  { rows, distances }: Sample,
  groupOf: Int32Array,
  groups: number,
): Float64Array<ArrayBuffer> {
  const count = rows.length;
  const own = Int32Array.from(rows, (row) => groupOf[row]!);
  const sizes = new Float64Array(groups);
  for (const group of own) sizes[group]! += 1;
  const sums = new Float64Array(count * groups);
  let at = 0;
  for (let one = 0; one < count; one += 1) {
    const group = own[one]!;
    for (let other = 0; other < one; other += 1) {
      const distance = distances[at]!;
      at += 1;
      sums[one * groups + own[other]!]! += distance;
      sums[other * groups + group]! += distance;
    }
  }
  return Float64Array.from(own, (group, row) => {
    if (sizes[group]! < 2) return 0;
    const within = sums[row * groups + group]! / (sizes[group]! - 1);
    let next = Infinity;
    for (let other = 0; other < groups; other += 1)
      if (other !== group && sizes[other]! > 0)
        next = Math.min(next, sums[row * groups + other]! / sizes[other]!);
    const larger = Math.max(within, next);
    return next === Infinity || larger === 0 ? 0 : (next - within) / larger;
  });
}

export function meanSilhouette(sample: Sample, groupOf: Int32Array, groups: number): number {
  const all = silhouettes(sample, groupOf, groups);
  return all.reduce((sum, one) => sum + one, 0) / Math.max(1, all.length);
}
