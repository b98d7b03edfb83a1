// What the devices that are here can do together, for whoever plans a run: counts alone, and no device’s own figure.
//
//   GET    /api/federations/:id/fleet     FleetView     (coordinator)
import * as v from 'valibot';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const ms = v.pipe(v.number(), v.minValue(0));

/** As core/forecast has it. */
export const FleetView = v.strictObject({
  devices: whole,
  measured: whole,
  histogram: v.array(v.strictObject({ upToMs: ms, devices: whole })),
  trainingMs: v.nullable(v.strictObject({ median: ms, slowest: ms })),
  roundMs: v.nullable(ms),
  deviceHours: v.nullable(v.number()),
  late: whole,
});
export type FleetView = v.InferOutput<typeof FleetView>;
