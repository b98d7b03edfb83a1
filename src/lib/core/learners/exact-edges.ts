// Edges between bins where all rows are at hand: halfway between neighbouring values, at quantiles of the rows where a column has more
// values than bins. (Devices of a federation find theirs from counts instead, trees/bin-edges.ts.)
import { isMissingNumber, type BinnedColumns } from '../trees/columns.ts';
import type { LearnerRows } from './learner.ts';

/** [numbers, bins − 1], encoded, ascending in each column; the last edge repeats where there are fewer values than bins. */
export function exactEdges(columns: BinnedColumns, rows: LearnerRows): Float32Array<ArrayBuffer> {
  const between = columns.bins - 1;
  const edges = new Float32Array(columns.numbers.length * between);
  for (const column of columns.numbers) {
    const values = new Float32Array(rows.count);
    let known = 0;
    for (let row = 0; row < rows.count; row += 1) {
      const at = row * columns.features + column.feature;
      if (!isMissingNumber(column, rows.features, at)) values[known++] = rows.features[at]!;
    }
    const found = cuts(values.subarray(0, known).sort(), between);
    const from = column.numberIndex * between;
    edges.fill(found.at(-1) ?? 0, from, from + between);
    edges.set(found, from);
  }
  return edges;
}

/** At most `most` cuts between unequal neighbours of the sorted values, dividing them as evenly as they can be. */
function cuts(sorted: Float32Array, most: number): number[] {
  const places: number[] = [];
  for (let i = 1; i < sorted.length; i += 1) if (sorted[i]! > sorted[i - 1]!) places.push(i);
  let chosen = places;
  if (places.length > most) {
    chosen = [];
    let next = 0;
    for (let cut = 1; cut <= most; cut += 1) {
      const wanted = (cut * sorted.length) / (most + 1);
      while (next < places.length && places[next]! < wanted) next += 1;
      const place = places[Math.min(next, places.length - 1)]!;
      if (place !== chosen.at(-1)) chosen.push(place);
    }
  }
  return chosen.map((place) => {
    const [below, above] = [sorted[place - 1]!, sorted[place]!];
    const middle = Math.fround((below + above) / 2);
    // Between neighbours in f32 the middle may round up to the upper one, which must lie above its edge.
    return middle < above ? middle : below;
  });
}
