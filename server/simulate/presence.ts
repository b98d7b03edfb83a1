// Which devices are connected: they leave and come back, by day and night or in the middle of a round. The order in which they
// came is the server's order of candidates, so it is remembered with a simulation that is to be gone on with.
import type { Clock } from '../ports/clock.ts';
import { DAILY_MS, DAY_MS, type SimulatedDevice } from './devices.ts';

export interface Absence {
  readonly index: number;
  /** When it comes back, on the simulation's clock. */
  readonly untilMs: number;
}

export interface PresenceState {
  /** Indices in the order in which the server knows them. */
  readonly present: readonly number[];
  /** Those that left a round and come back, in the order in which they left. */
  readonly absent: readonly Absence[];
}

export class Presence {
  readonly #present = new Set<number>();
  readonly #absent = new Map<number, number>();

  constructor(
    private readonly devices: readonly SimulatedDevice[],
    private readonly isDaily: boolean,
    private readonly clock: Clock,
    private readonly connect: (device: SimulatedDevice) => void,
    private readonly disconnect: (device: SimulatedDevice) => void,
  ) {}

  get state(): PresenceState {
    return {
      present: [...this.#present],
      absent: Array.from(this.#absent, ([index, untilMs]) => ({ index, untilMs })),
    };
  }

  has(device: SimulatedDevice): boolean {
    return this.#present.has(device.index);
  }

  /** Whoever is there at the beginning connects; `earlier`: as an earlier process left them. */
  begin(earlier: PresenceState | undefined): void {
    if (earlier === undefined) for (const device of this.devices) this.#come(device);
    else {
      for (const index of earlier.present) this.#come(this.#of(index));
      for (const { index, untilMs } of earlier.absent) this.#awayUntil(this.#of(index), untilMs);
    }
    if (this.isDaily) for (const device of this.devices) this.#nextTurn(device);
  }

  /** It leaves now, and comes back after `ms`. */
  leave(device: SimulatedDevice, ms: number): void {
    this.#go(device);
    this.#awayUntil(device, this.clock.monotonic() + ms);
  }

  #of(index: number): SimulatedDevice {
    const device = this.devices[index];
    if (device === undefined) throw new Error(`There is no device ${index}.`);
    return device;
  }

  #awayUntil(device: SimulatedDevice, untilMs: number): void {
    this.#absent.set(device.index, untilMs);
    this.clock.after(untilMs - this.clock.monotonic(), () => {
      this.#absent.delete(device.index);
      this.#come(device);
    });
  }

  #come(device: SimulatedDevice): void {
    if (this.#present.has(device.index) || this.#absent.has(device.index) || !this.#isAwake(device)) return;
    this.#present.add(device.index);
    this.connect(device);
  }

  #go(device: SimulatedDevice): void {
    if (this.#present.delete(device.index)) this.disconnect(device);
  }

  /** Milliseconds since it was last due to come. */
  #since(device: SimulatedDevice): number {
    return (((this.clock.monotonic() - device.wakesAtMs) % DAY_MS) + DAY_MS) % DAY_MS;
  }

  #isAwake(device: SimulatedDevice): boolean {
    return !this.isDaily || device.isRoot || this.#since(device) < DAILY_MS;
  }

  #nextTurn(device: SimulatedDevice): void {
    const since = this.#since(device);
    this.clock.after((since < DAILY_MS ? DAILY_MS : DAY_MS) - since, () => {
      if (this.#isAwake(device)) this.#come(device);
      else this.#go(device);
      this.#nextTurn(device);
    });
  }
}
