// k-means from given centres to where they rest (Lloyd 1982), in f64 and in a fixed order. It ends, and mends a centre that has lost all
// its rows, as scikit-learn's KMeans does, so that both come to the same centres from the same start.
import type { GroupPoints } from './grouper.ts';

export interface LloydSettings {
  readonly iterations: number;
  /** Of the mean variance of a column: centres that move less, all together and squared, rest. */
  readonly tolerance: number;
}

export interface Rested {
  /** [k, size] */
  readonly centres: Float64Array<ArrayBuffer>;
  /** [count] */
  readonly nearest: Int32Array<ArrayBuffer>;
  /** Σ of squared distances from the nearest centre. */
  readonly inertia: number;
  readonly iterations: number;
}

/** `start` [k, size] is left as it is. Yields after each iteration. */
export function* lloyd(
  points: GroupPoints,
  start: Float64Array,
  { iterations, tolerance }: LloydSettings,
): Generator<undefined, Rested, undefined> {
  const enough = tolerance * meanVariance(points);
  let centres = Float64Array.from(start);
  let nearest = new Int32Array(points.count).fill(-1);
  let done = 0;
  for (;;) {
    const found = nearestOf(points, centres);
    const isSame = found.nearest.every((own, row) => own === nearest[row]);
    nearest = found.nearest;
    if (isSame || done === iterations) return { centres, nearest, inertia: found.inertia, iterations: done };
    done += 1;
    const moved = meansOf(points, centres, nearest);
    let shift = 0;
    for (let i = 0; i < moved.length; i += 1) shift += (moved[i]! - centres[i]!) ** 2;
    centres = moved;
    yield undefined;
    if (shift <= enough) {
      // Whose centres rest have their rows counted once more, to the centres as they are now.
      const last = nearestOf(points, centres);
      return { centres, ...last, iterations: done };
    }
  }
}

/** Of equally near centres the first is taken. */
export function nearestOf(
  { count, size, values }: GroupPoints,
  centres: Float64Array,
): Pick<Rested, 'nearest' | 'inertia'> {
  const nearest = new Int32Array(count);
  let inertia = 0;
  for (let row = 0; row < count; row += 1) {
    let best = 0;
    let least = Infinity;
    for (let from = 0; from < centres.length; from += size) {
      let sum = 0;
      for (let i = 0; i < size && sum < least;) {
        const until = Math.min(size, i + 16);
        for (; i < until; i += 1) {
          const difference = values[row * size + i]! - centres[from + i]!;
          sum += difference * difference;
        }
      }
      if (sum < least) {
        least = sum;
        best = from / size;
      }
    }
    nearest[row] = best;
    inertia += least;
  }
  return { nearest, inertia };
}

/** Every centre to the mean of its rows; one without any to the row that lies farthest from its own centre. */
function meansOf(points: GroupPoints, centres: Float64Array, nearest: Int32Array): Float64Array<ArrayBuffer> {
  const { count, size, values } = points;
  const sums = new Float64Array(centres.length);
  const rows = new Float64Array(centres.length / size);
  for (let row = 0; row < count; row += 1) {
    const own = nearest[row]!;
    rows[own]! += 1;
    for (let i = 0; i < size; i += 1) sums[own * size + i]! += values[row * size + i]!;
  }
  const empty = [...rows.keys()].filter((own) => rows[own] === 0);
  for (const [at, row] of (empty.length === 0
    ? []
    : farthest(points, centres, nearest, empty.length)
  ).entries()) {
    const [from, to] = [nearest[row]!, empty[at]!];
    for (let i = 0; i < size; i += 1) {
      sums[from * size + i]! -= values[row * size + i]!;
      sums[to * size + i] = values[row * size + i]!;
    }
    rows[from]! -= 1;
    rows[to] = 1;
  }
  return sums.map((sum, at) => {
    const own = rows[Math.floor(at / size)]!;
    // As far as there are no more rows apart from a centre than centres.
    return own === 0 ? centres[at]! : sum / own;
  });
}

/** At most `wanted` rows apart from their centres, the farthest first. */
function farthest(
  { count, size, values }: GroupPoints,
  centres: Float64Array,
  nearest: Int32Array,
  wanted: number,
): readonly number[] {
  const apart = Float64Array.from({ length: count }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < size; i += 1)
      sum += (values[row * size + i]! - centres[nearest[row]! * size + i]!) ** 2;
    return sum;
  });
  return [...apart.keys()]
    .filter((row) => apart[row]! > 0)
    .sort((a, b) => apart[b]! - apart[a]! || a - b)
    .slice(0, wanted);
}

function meanVariance({ count, size, values }: GroupPoints): number {
  let all = 0;
  for (let i = 0; i < size; i += 1) {
    let mean = 0;
    for (let row = 0; row < count; row += 1) mean += values[row * size + i]! / count;
    for (let row = 0; row < count; row += 1) all += (values[row * size + i]! - mean) ** 2 / count / size;
  }
  return all;
}
