// A histogram over a range that everybody knows, and what is read from it. Under noise a count may come out below nothing: it is shown as it
// is, because figures that were cut off would add up to too much.
import * as v from 'valibot';
import type { Range } from './columns.ts';

const finite = v.pipe(v.number(), v.finite());

export const Histogram = v.strictObject({
  minimum: finite,
  maximum: finite,
  /** Rows in each equal part of the range. */
  counts: v.array(finite),
  /** Interpolated within the bins; null: there are no rows. */
  quantiles: v.array(v.strictObject({ of: finite, value: v.nullable(finite) })),
});
export type Histogram = v.InferOutput<typeof Histogram>;

const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95];

export const histogramOf = (range: Range, counts: readonly number[]): Histogram => ({
  ...range,
  counts: [...counts],
  quantiles: QUANTILES.map((of) => ({ of, value: quantile(range, counts, of) })),
});

/** Where a share `of` the rows lies below, as if rows lay evenly within each bin. Noisy counts below nothing count as none. */
export function quantile({ minimum, maximum }: Range, counts: readonly number[], of: number): number | null {
  const kept = counts.map((count) => Math.max(0, count));
  const total = kept.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return null;
  const width = (maximum - minimum) / counts.length;
  let below = 0;
  for (const [bin, count] of kept.entries()) {
    if (count > 0 && below + count >= of * total)
      return minimum + width * (bin + Math.max(0, of * total - below) / count);
    below += count;
  }
  return maximum;
}
