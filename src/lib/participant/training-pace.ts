// How fast training goes here, and how many steps to enqueue before reading anything back: an engine takes steps faster than
// it works them off, so a loss must be read every so often, or pausing would wait for a long queue.
import type { Clock } from '../ports/clock.ts';

/** A read-back this often keeps pause and stop under 300 ms, and costs a fast engine one read-back in hundreds of steps. */
const READ_BACK_MS = 120;
const MAXIMUM_STEPS_BETWEEN = 512;
/** Weight of the newest measurement. */
const SMOOTHING = 0.3;
/** The first steps compile kernels: they are not measured. */
const STEPS_BEFORE_MEASURING = 3;

export interface TrainingPace {
  /** Steps to enqueue before the next read-back. */
  readonly stepsBetween: number;
  /** Exponentially weighted mean; null until it is measured. */
  readonly examplesPerSecond: number | null;
  /** A read-back has ended: so much was worked off since the last. */
  measured(steps: number, examples: number): void;
  /** Time from here on counts as work: after a pause, an evaluation, a checkpoint. */
  restart(): void;
}

export function createTrainingPace(clock: Clock): TrainingPace {
  let since = clock.monotonic();
  let stepsBetween = 1;
  let rate: number | null = null;
  let stepsSeen = 0;
  return {
    get stepsBetween() {
      return stepsBetween;
    },
    get examplesPerSecond() {
      return rate;
    },
    measured(steps, examples) {
      const now = clock.monotonic();
      const elapsed = now - since;
      since = now;
      stepsSeen += steps;
      if (stepsSeen <= STEPS_BEFORE_MEASURING || elapsed <= 0) return;
      const measuredRate = (examples * 1000) / elapsed;
      rate = rate === null ? measuredRate : rate + SMOOTHING * (measuredRate - rate);
      stepsBetween = Math.min(
        MAXIMUM_STEPS_BETWEEN,
        Math.max(1, Math.round((READ_BACK_MS * steps) / elapsed)),
        stepsBetween * 4,
      );
    },
    restart() {
      since = clock.monotonic();
    },
  };
}
