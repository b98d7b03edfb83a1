// What the sums of a version's scores draw, for its coordinators: curves of all rows together, once two devices have scored it. Each step
// is a bin of scores and how many rows are in it: of one device alone that would be more than any view tells, which have areas in place
// of histograms. Who asks before and after a further device scored still has that one's by the difference, as of its counts by the views'.
// Beside views.ts and console-api.ts, which pages load that draw none of it.
//
//   GET    /api/federations/:id/versions/:v/curves     VersionCurves     (coordinator)
import * as v from 'valibot';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const interval = v.optional(v.strictObject({ low: v.number(), high: v.number() }));
const points = v.array(v.strictObject({ x: v.number(), y: v.number() }));

/** Devices. */
export const FEWEST_DRAWN = 2;

/** As core/metrics/summed-curves.ts has it; null: fewer devices have told scores, or of too few rows. */
export const VersionCurves = v.nullable(
  v.strictObject({
    rows: whole,
    curves: v.array(
      v.strictObject({
        label: v.string(),
        positives: whole,
        roc: points,
        rocArea: v.number(),
        rocInterval: interval,
        precision: points,
        averagePrecision: v.number(),
        precisionInterval: interval,
      }),
    ),
  }),
);
export type VersionCurves = v.InferOutput<typeof VersionCurves>;
