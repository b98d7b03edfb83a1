// What scoring rows against clusters returns: counts and a sum, which add up over devices to exactly the pooled figure.
import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const ClusterTally = v.strictObject({
  type: v.literal('clustering'),
  count,
  /** Inertia: Σ ‖x − nearest centre‖², in encoded units. */
  squaredDistanceSum: v.pipe(v.number(), v.finite(), v.minValue(0)),
  /** [k]: rows next to each centre. */
  sizes: v.pipe(v.array(count), v.maxLength(4096)),
});
export type ClusterTally = v.InferOutput<typeof ClusterTally>;

/** The sum of two tallies of as many clusters; undefined where they do not fit together. */
export function addClusterTallies(a: ClusterTally, b: ClusterTally): ClusterTally | undefined {
  if (a.sizes.length !== b.sizes.length) return undefined;
  return {
    type: 'clustering',
    count: a.count + b.count,
    squaredDistanceSum: a.squaredDistanceSum + b.squaredDistanceSum,
    sizes: a.sizes.map((size, index) => size + b.sizes[index]!),
  };
}

/** Mean squared distance to the nearest centre; undefined without rows. */
export const meanSquaredDistance = (tally: ClusterTally): number | undefined =>
  tally.count === 0 ? undefined : tally.squaredDistanceSum / tally.count;
