// What a federation promises of privacy. What it goes with is check-privacy.ts's.
import * as v from 'valibot';

const above = (least: number, most: number) => v.pipe(v.number(), v.gtValue(least), v.maxValue(most));

/**
 * central: the server clips every update, adds noise to their sum, and publishes nothing else of them.
 * local: each device adds noise to its own update before it leaves; the server is trusted with nothing.
 * distributed: each device adds a share of the noise before it masks its update for a secure sum; what the server opens is noisy.
 */
export const Privacy = v.variant('type', [
  v.strictObject({ type: v.literal('none') }),
  v.strictObject({
    type: v.picklist(['central', 'local', 'distributed']),
    /** C: the L2 norm that no update exceeds; the first one, where it follows the updates. */
    clipNorm: above(0, 1000),
    /** γ: the clip norm moves to the one that this share of updates lies within. Absent: it stays. */
    followQuantile: v.optional(v.pipe(v.number(), v.gtValue(0), v.ltValue(1))),
    /** z: the noise’s standard deviation, in what one participant can change the sum by. */
    noiseMultiplier: above(0, 1000),
    /**
     * q: the server draws who is in a round, each admitted device by itself with this chance (poisson-sample.ts), and ε counts on it.
     * Absent: devices come as they like, and ε counts as if each were in every round.
     */
    samplingRate: v.optional(v.pipe(v.number(), v.gtValue(0), v.ltValue(1))),
    delta: above(0, 0.1),
    /** The most that any participant may ever lose, at δ. */
    epsilon: above(0, 10_000),
  }),
]);
export type Privacy = v.InferOutput<typeof Privacy>;
export type Noised = Exclude<Privacy, { type: 'none' }>;

/** Whether the server draws cohorts by chance, in secret, and ε counts on that. */
export const isDrawn = (privacy: Privacy): boolean =>
  privacy.type !== 'none' && privacy.samplingRate !== undefined;

/** What was paid by the time of a version: ε at δ of the participant that lost most, over this many releases of the federation. */
export const Charged = v.strictObject({
  releases: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  epsilon: v.number(),
  delta: v.number(),
});
export type Charged = v.InferOutput<typeof Charged>;

export const noPrivacy: Privacy = { type: 'none' };
