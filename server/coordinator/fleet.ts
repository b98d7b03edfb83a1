// What the devices that are checked in can do together, out of what each said of itself: told as counts, of nobody.
import { forecastFleet } from '#lib/core/forecast/forecast.ts';
import { expectedTrainingMs } from '#lib/core/round/select.ts';
import type { FleetView } from '#lib/protocol/fleet.ts';
import type { Federation } from './federation.ts';

export function fleetOf({ attendance, record: { spec } }: Federation): FleetView {
  const times = attendance
    .devices()
    .filter(({ isHeldOut }) => !isHeldOut)
    .flatMap(({ facts }) => expectedTrainingMs(spec.plan, facts) ?? []);
  const told = forecastFleet(times, attendance.checkedIn, spec.rules);
  return { ...told, histogram: told.histogram.map((bin) => ({ ...bin })) };
}
