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
  const scale = features instanceof Uint8Array ? 1 / 255 : 1;
  const units = new Float64Array(size);
  for (let row = 0; row < count; row += 1) {
    for (let i = 0; i < size; i += 1) {
      const value = Math.max(-LARGEST, Math.min(LARGEST, features[row * size + i]! * scale));
      units[i] = Math.round(value / GRID);
    }
    let best = 0;
    let least = Infinity;
    for (let point = 0; point < active; point += 1) {
      let sum = 0;
      for (let i = 0; i < size && sum < least; i += 1) {
        const apart = units[i]! * GRID - points[point * size + i]!;
        sum += apart * apart;
      }
      if (sum < least) {
        least = sum;
        best = point;
      }
    }
    onRow(row, units, best, least);
  }
}
