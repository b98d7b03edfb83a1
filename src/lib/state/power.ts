// Whether the device charges and its connection is metered, where the browser says so: the Battery Status and Network Information APIs,
// which Chromium has, and Firefox and Safari do not.
import type { Power } from '../participant/own-limits.ts';

interface Battery extends EventTarget {
  readonly charging: boolean;
}
interface Connection extends EventTarget {
  readonly saveData?: boolean;
  readonly type?: string;
}
export interface PowerNavigator {
  getBattery?(): Promise<Battery>;
  readonly connection?: Connection;
}

/** What this browser can say at all. */
export const saysCharging = (from: PowerNavigator = navigator as PowerNavigator): boolean =>
  from.getBattery !== undefined;
export const saysMetered = (from: PowerNavigator = navigator as PowerNavigator): boolean =>
  from.connection !== undefined;

/** Tells at once, and with each change. */
export function watchPower(
  tell: (power: Power) => void,
  from: PowerNavigator = navigator as PowerNavigator,
): void {
  let power: Power = { charging: null, metered: null };
  const heard = (change: Partial<Power>): void => {
    power = { ...power, ...change };
    tell(power);
  };
  const { connection } = from;
  if (connection !== undefined) {
    const look = (): void =>
      heard({ metered: connection.saveData === true || connection.type === 'cellular' });
    connection.addEventListener('change', look);
    look();
  }
  from
    .getBattery?.()
    .then((battery) => {
      const look = (): void => heard({ charging: battery.charging });
      battery.addEventListener('chargingchange', look);
      look();
    })
    // A page that may not ask is as one whose browser does not say.
    .catch(() => undefined);
}
