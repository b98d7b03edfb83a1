// Where clusters begin: points drawn from what the contract says of the data, spread out by k-means++ (Arthur & Vassilvitskii
// 2007, §2.2); and, after one round of sums, the means of the rows next to them, each as heavy as its rows (as k-means|| reclusters
// its candidates, Bahmani et al. 2012, algorithm 2, step 8). No row is ever a candidate: that would send it to the server.
import { exampleShape, type DataContract } from '../data/contract.ts';
import type { Random } from '../random.ts';

/** [count, size] of points, row-major. */
export interface Points {
  readonly count: number;
  readonly size: number;
  readonly values: Float32Array<ArrayBuffer>;
}

/** What is spread out: points, or rows of any precision. */
export type Spread = Omit<Points, 'values'> & { readonly values: Float32Array | Float64Array };

/** Drawn points for each one that is kept, where choosing takes at most CHOICE_STEPS additions; else as many as are kept. */
const DRAWS = 8;
const CHOICE_STEPS = 2e8;

/** At most `count` points as encoded rows of this contract could be, far from each other: fewer where it allows no more. */
export function pointsOfContract(contract: DataContract, count: number, draw: Random): Points {
  const size = exampleShape(contract).reduce((product, side) => product * side, 1);
  const draws = count * count * DRAWS * size <= CHOICE_STEPS ? DRAWS : 1;
  const values = new Float32Array(count * draws * size);
  for (let at = 0; at < values.length; at += size) drawPoint(contract, values.subarray(at, at + size), draw);
  const pool = { count: count * draws, size, values };
  if (draws === 1) return pool;
  const chosen = spreadOut(pool, () => 1, count, draw);
  return selected(pool, chosen);
}

/** Numbers as they are usual (normal, within their bounds), one category each, nothing missing; pixels evenly. */
function drawPoint(contract: DataContract, point: Float32Array, draw: Random): void {
  if (contract.kind !== 'table') {
    for (let i = 0; i < point.length; i += 1) point[i] = draw.next();
    return;
  }
  let at = 0;
  for (const column of contract.columns) {
    if (column.type === 'category') {
      point[at + draw.below(column.categories.length)] = 1;
      at += column.categories.length;
      continue;
    }
    if (column.type !== 'number') throw new Error('A federation has no column of texts.');
    const { mean, standardDeviation } = column;
    const low = column.minimum === null ? -Infinity : (column.minimum - mean) / standardDeviation;
    const high = column.maximum === null ? Infinity : (column.maximum - mean) / standardDeviation;
    point[at] = Math.min(high, Math.max(low, draw.normal()));
    at += column.missingAllowed ? 2 : 1;
  }
}

/** The points at `indices`, in that order. */
export function selected({ size, values }: Points, indices: readonly number[]): Points {
  const chosen = new Float32Array(indices.length * size);
  for (const [to, from] of indices.entries())
    chosen.set(values.subarray(from * size, (from + 1) * size), to * size);
  return { count: indices.length, size, values: chosen };
}

/**
 * Indices of at most `wanted` points: each next one is drawn with a chance in proportion to its weight times the squared distance to
 * the nearest of those before. Fewer where no other point of any weight lies elsewhere.
 */
export function spreadOut(
  points: Spread,
  weightOf: (index: number) => number,
  wanted: number,
  draw: Random,
): number[] {
  const nearest = new Float64Array(points.count).fill(Infinity);
  const chances = new Float64Array(points.count);
  const chosen: number[] = [];
  while (chosen.length < wanted) {
    let total = 0;
    for (let index = 0; index < points.count; index += 1) {
      chances[index] = weightOf(index) * (chosen.length === 0 ? 1 : nearest[index]!);
      total += chances[index]!;
    }
    if (!(total > 0)) break;
    const next = drawn(chances, draw.next() * total);
    chosen.push(next);
    for (let index = 0; index < points.count; index += 1)
      nearest[index] = Math.min(nearest[index]!, squaredDistance(points, index, next));
  }
  return chosen;
}

/** The first index at which the chances before and at it exceed `threshold`; never one without a chance. */
function drawn(chances: Float64Array, threshold: number): number {
  let passed = 0;
  let last = 0;
  for (let index = 0; index < chances.length; index += 1) {
    const chance = chances[index]!;
    if (chance <= 0) continue;
    passed += chance;
    last = index;
    if (passed > threshold) break;
  }
  return last;
}

function squaredDistance({ size, values }: Spread, one: number, other: number): number {
  let sum = 0;
  for (let i = 0; i < size; i += 1) sum += (values[one * size + i]! - values[other * size + i]!) ** 2;
  return sum;
}
