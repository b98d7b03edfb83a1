// How long one prediction takes on a device, as the device tells it: as a step of √2, so that it says as much as a coordinator
// needs to choose a model by, and little that a device could be known by. A step stands for all durations up to its end: a version
// that is said to be fast enough is.
import * as v from 'valibot';

/** An eighth of a millisecond: browsers' clocks tell no finer. */
export const FASTEST_STEP = -6;
/** A minute. */
export const SLOWEST_STEP = 32;

/** The step k: longer than the end of the one before, and at most its own. The first and the last take in what lies beyond them. */
export const LatencyStep = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(FASTEST_STEP),
  v.maxValue(SLOWEST_STEP),
);

/** The longest of its durations, milliseconds: 2^(step/2), to four digits, so that who types what a page shows asks for just that. */
export const stepMs = (step: number): number => Number((2 ** (step / 2)).toPrecision(4));

export function latencyStep(ms: number): number {
  let step = FASTEST_STEP;
  while (step < SLOWEST_STEP && stepMs(step) < ms) step += 1;
  return step;
}

/** How many devices told which step. */
export interface LatencyCount {
  readonly step: number;
  readonly devices: number;
}

export const latencyPlaces = ['worst', 'worst-quarter', 'median'] as const;
export type LatencyPlace = (typeof latencyPlaces)[number];
/** Devices on which a prediction takes no longer. */
const shares = { worst: 1, 'worst-quarter': 0.75, median: 0.5 } as const;

/** Milliseconds that so many of the devices need at most: a step's end, never between two. undefined: no device told. */
export function latencyAt(told: readonly LatencyCount[], place: LatencyPlace): number | undefined {
  const needed = devicesOf(told) * shares[place];
  let reached = 0;
  for (const { step, devices } of told.toSorted((a, b) => a.step - b.step)) {
    reached += devices;
    if (reached >= needed) return stepMs(step);
  }
  return undefined;
}

export const devicesOf = (told: readonly LatencyCount[]): number =>
  told.reduce((sum, { devices }) => sum + devices, 0);
