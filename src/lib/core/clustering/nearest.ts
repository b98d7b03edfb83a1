// Rows held against points: which is nearest, and how far. Rows are first rounded to a grid, on which their sums are exact.
import type { ModelRows } from '../aggregation/summed-model.ts';
import type { ClustersState } from './state.ts';

/** The unit of the grid, a power of two: 1/4096 of a standard deviation. */
export const GRID = 2 ** -12;
/** A value beyond ±64 standard deviations counts as that. */
const LARGEST = 64;
/** Rows of one device whose sums stay within exact-words' 2⁴⁰: 64 / GRID · 2²². */
export const MAXIMUM_ROWS = 2 ** 22;

/** Called for each row: its number, its values in units of the grid [d] (valid during the call), its point and squared distance. */
export type OnRow = (row: number, units: Float64Array, point: number, squaredDistance: number) => void;

/** Of equally near points the first is taken. In f64 and in a fixed order: the same for a row wherever it lies. */
export function eachNearest(
  { layout, points, active }: ClustersState,
  { features, count }: Pick<ModelRows, 'features' | 'count'>,
  onRow: OnRow,
): void {
  const { size } = layout;
  const units = new Float64Array(size);
  for (let row = 0; row < count; row += 1) {
    toUnits(features, row, units);
    let best = 0;
    let least = Infinity;
    for (let point = 0; point < active; point += 1) {
      const sum = apart(units, points, point, least);
      if (sum < least) {
        least = sum;
        best = point;
      }
    }
    onRow(row, units, best, least);
  }
}

/** [count, active]: from each row to each point. */
export function squaredDistances(
  { layout, points, active }: ClustersState,
  { features, count }: Pick<ModelRows, 'features' | 'count'>,
): Float32Array<ArrayBuffer> {
  const distances = new Float32Array(count * active);
  const units = new Float64Array(layout.size);
  for (let row = 0; row < count; row += 1) {
    toUnits(features, row, units);
    for (let point = 0; point < active; point += 1)
      distances[row * active + point] = apart(units, points, point, Infinity);
  }
  return distances;
}

/** The `row`-th row in units of the grid, written into `units` [d]. */
function toUnits(features: ModelRows['features'], row: number, units: Float64Array): void {
  const scale = features instanceof Uint8Array ? 1 / 255 : 1;
  for (let i = 0; i < units.length; i += 1) {
    const value = Math.max(-LARGEST, Math.min(LARGEST, features[row * units.length + i]! * scale));
    units[i] = Math.round(value / GRID);
  }
}

/** Squared distance to a point; adding up ends where it reaches `enough`. */
function apart(units: Float64Array, points: Float32Array, point: number, enough: number): number {
  let sum = 0;
  for (let i = 0; i < units.length && sum < enough; i += 1) {
    const difference = units[i]! * GRID - points[point * units.length + i]!;
    sum += difference * difference;
  }
  return sum;
}
