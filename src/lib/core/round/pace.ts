// Pace steering (Bonawitz et al. 2019, §2.3): devices beyond those that rounds need are told when to come back, each at another
// moment, so that they return as often as they are needed and no crowd returns together.

export interface Demand {
  /** Devices that train at the same time. */
  readonly seats: number;
  /** Devices at hand and those asked to come back. */
  readonly population: number;
  /** How long a round takes. */
  readonly roundMs: number;
}

/** The shortest and the longest that a device is asked to stay away. */
export const LEAST_AWAY_MS = 10_000;
export const MOST_AWAY_MS = 3_600_000;

/** Devices that may be checked in at the same time. */
export const roomFor = (seats: number, reserve: number): number => Math.ceil(seats * reserve - 1e-9);

/**
 * Whole milliseconds. A round takes `seats` of `population` devices, so each is needed once in population / seats rounds:
 * that long on average, uniform over half to one and a half of it. `draw` is uniform in [0, 1).
 */
export function comeBackAfter({ seats, population, roundMs }: Demand, draw: number): number {
  const mean = (roundMs * Math.max(population, seats)) / seats;
  const spread = Math.min(MOST_AWAY_MS / 1.5, Math.max(2 * LEAST_AWAY_MS, mean));
  return Math.round(spread * (0.5 + draw));
}
