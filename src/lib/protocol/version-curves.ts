// What the sums of a version's scores draw, for its coordinators: curves of all rows together, and of no device apart from the others.
// Beside views.ts and console-api.ts, which pages load that draw none of it.
//
//   GET    /api/federations/:id/versions/:v/curves     VersionCurves     (coordinator)
import * as v from 'valibot';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const interval = v.optional(v.strictObject({ low: v.number(), high: v.number() }));
const points = v.array(v.strictObject({ x: v.number(), y: v.number() }));

/** As core/metrics/summed-curves.ts has it; null: devices have told no scores, or of too few rows. */
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
