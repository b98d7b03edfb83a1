// Whether going on is still worth its bytes: what the newest versions brought beyond the best before them.
import { metrics } from './metric-list.ts';
import type { MetricName } from './metric-name.ts';

/** Of a share a thousandth counts as a gain; of anything else, a thousandth of what it was. */
const LEAST = 0.001;

/** Whether none of the last `rounds` figures is better by that than the best before them. `figures` in the order of versions. */
export function bringsNothing(figures: readonly number[], metric: MetricName, rounds: number): boolean {
  if (figures.length <= rounds) return false;
  const { higherIsBetter, isShare } = metrics[metric];
  const best = (values: readonly number[]): number =>
    higherIsBetter ? Math.max(...values) : Math.min(...values);
  const before = best(figures.slice(0, -rounds));
  const now = best(figures.slice(-rounds));
  const gain = higherIsBetter ? now - before : before - now;
  return gain < LEAST * (isShare ? 1 : Math.abs(before));
}
