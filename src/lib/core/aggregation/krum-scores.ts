// Krum's measure of how well an update agrees with the others: the sum of squared distances to the nearest of them.
// Blanchard, El Mhamdi, Guerraoui & Stainer 2017, "Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent", §4.

/** For each update the others by their distance, nearest first; between equals the earlier participant first. */
export type Neighbours = readonly Uint32Array[];

/** `distances`: [n, n], squared. */
export function neighboursOf(distances: Float64Array, count: number): Neighbours {
  return Array.from({ length: count }, (_, i) => {
    const others = Uint32Array.from({ length: count - 1 }, (_, j) => (j < i ? j : j + 1));
    return others.sort((a, b) => distances[i * count + a]! - distances[i * count + b]! || a - b);
  });
}

/**
 * The updates not in `removed`, least score first. A score is the sum of the squared distances to the `nearest` nearest of those
 * not removed. Between equal scores the lesser sum over all of these comes first (with one neighbour the nearest pair always ties),
 * then the earlier participant. Sums are added from the least up: the order of the updates does not change their bytes.
 */
export function byScore(
  distances: Float64Array,
  neighbours: Neighbours,
  nearest: number,
  removed: ReadonlySet<number> = new Set(),
): readonly number[] {
  const count = neighbours.length;
  const scores = new Float64Array(count);
  const toAll = new Float64Array(count);
  for (const [i, others] of neighbours.entries()) {
    let taken = 0;
    for (const other of others) {
      if (removed.has(other)) continue;
      toAll[i] = toAll[i]! + distances[i * count + other]!;
      taken += 1;
      if (taken === nearest) scores[i] = toAll[i]!;
    }
  }
  return Array.from({ length: count }, (_, i) => i)
    .filter((i) => !removed.has(i))
    .sort((a, b) => scores[a]! - scores[b]! || toAll[a]! - toAll[b]! || a - b);
}
