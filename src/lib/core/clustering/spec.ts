// Clusters as data: what a coordinator types. Lloyd 1982, "Least squares quantization in PCM".
import * as v from 'valibot';

const whole = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(minimum), v.maxValue(maximum));

/** Parsing `{}` gives every setting its default. */
export const ClustersSpec = v.strictObject({
  /** k */
  clusters: v.optional(whole(1, 256), 8),
  /** Rounds of Lloyd at most: it ends before where no centre moves. */
  iterations: v.optional(whole(1, 1000), 30),
  /**
   * Points a cluster that are drawn from the contract before anybody's row is seen; one round finds the means of the rows next to
   * each, and the first centres are chosen among those. 1: the drawn points are the first centres, without such a round.
   */
  candidates: v.optional(whole(1, 16), 4),
  seed: v.optional(whole(0, Number.MAX_SAFE_INTEGER), 1),
});
export type ClustersSpec = v.InferOutput<typeof ClustersSpec>;

export const roundsNeeded = (spec: ClustersSpec): number => spec.iterations + (spec.candidates > 1 ? 1 : 0);
