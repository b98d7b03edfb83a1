// What a person says that this device draws while it trains. It stays on the device, and nothing is told of energy before it is said.
import * as v from 'valibot';
import { aboutWatts, deviceKindNames, deviceKinds, type LowHigh } from '../core/forecast/energy.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';

/** Above it somebody meant another unit: a socket gives 3.7 kW at most. */
export const MOST_WATTS = 3_700;

/** null: nothing is said. */
const OwnWatts = v.nullable(
  v.variant('type', [
    v.strictObject({ type: v.literal('kind'), kind: v.picklist(deviceKindNames) }),
    v.strictObject({
      type: v.literal('own'),
      watts: v.pipe(v.number(), v.gtValue(0), v.maxValue(MOST_WATTS)),
    }),
  ]),
);
export type OwnWatts = v.InferOutput<typeof OwnWatts>;

const KEY = 'own-watts';
type Settings = Pick<ParticipantStore, 'settings'>;

export async function readWatts({ settings }: Settings): Promise<OwnWatts> {
  const kept = v.safeParse(OwnWatts, await settings.get(KEY));
  return kept.success ? kept.output : null;
}
export const writeWatts = ({ settings }: Settings, watts: OwnWatts): Promise<void> =>
  settings.put(KEY, watts);

/** undefined: nothing is said. */
export function wattsOf(said: OwnWatts): LowHigh | undefined {
  if (said === null) return undefined;
  return said.type === 'own' ? aboutWatts(said.watts) : deviceKinds[said.kind].watts;
}
