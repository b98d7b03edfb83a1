// Recordings of a device's motion as one table of several series: what its sensor said at moments of its own choosing becomes rows of equal
// distance, which windows want (core/series). Nothing is made up: where the sensor said nothing for long, the cells are empty.
import { tableText } from '../table-text.ts';

/** Rows a second: each a whole number of milliseconds, since ISO times have no finer ones. */
export const MOTION_RATES = [10, 25, 50] as const;

/** Acceleration along x, y, z in m/s², then rotation about z, x, y (alpha, beta, gamma) in °/s. NaN: not measured. */
export type MotionValues = readonly [number, number, number, number, number, number];
const VALUES = 6;

export interface MotionSample {
  /** Milliseconds, of any beginning. */
  readonly at: number;
  readonly values: MotionValues;
}

/** One series. */
export interface MotionRecording {
  readonly label: string;
  readonly samples: readonly MotionSample[];
}

export interface MotionRows {
  readonly count: number;
  /** [count, 6], NaN where not known. */
  readonly values: Float64Array<ArrayBuffer>;
  /** Rows of which nothing is known. */
  readonly missing: number;
}

/** Sensors speak 50 to 100 times a second: where one is silent for longer, what it would have said is not known. */
const LONGEST_SILENCE_MS = 100;

/**
 * Each row is the mean, over its step, of the line through the samples: a value in the middle of a step where the line is straight, and no
 * alias of a shaking that is faster than the rows. What is left after the last whole step is dropped. The sensor's own clock is kept to,
 * so that no drift adds up.
 */
export function motionRows(heard: readonly MotionSample[], perSecond: number): MotionRows {
  const samples = inOrder(heard);
  const step = 1000 / perSecond;
  const [first, last] = [samples[0], samples.at(-1)];
  const length = first === undefined || last === undefined ? 0 : last.at - first.at;
  const count = Math.floor(length / step + 1e-6);
  const values = new Float64Array(count * VALUES);
  const isSilent = new Uint8Array(count);
  for (let next = 1; next < samples.length; next += 1) {
    const [before, after] = [samples[next - 1]!, samples[next]!];
    const [from, to] = [before.at - first!.at, after.at - first!.at];
    for (let row = Math.floor(from / step); row < count && row * step < to; row += 1) {
      const [begin, end] = [Math.max(from, row * step), Math.min(to, (row + 1) * step)];
      // The sample lies on the border of two rows.
      if (end <= begin) continue;
      if (to - from > LONGEST_SILENCE_MS) isSilent[row] = 1;
      // Of a straight line the mean is the value in the middle.
      const along = ((begin + end) / 2 - from) / (to - from);
      for (let at = 0; at < VALUES; at += 1)
        values[row * VALUES + at]! +=
          ((before.values[at]! + along * (after.values[at]! - before.values[at]!)) * (end - begin)) / step;
    }
  }
  for (const [row, silent] of isSilent.entries())
    if (silent === 1) values.fill(NaN, row * VALUES, (row + 1) * VALUES);
  return { count, values, missing: isSilent.reduce((sum, silent) => sum + silent, 0) };
}

/** Without those that come after a later one, or at the same moment as one. */
function inOrder(samples: readonly MotionSample[]): readonly MotionSample[] {
  let latest = -Infinity;
  return samples.filter(({ at }) => {
    const isNew = at > latest;
    latest = Math.max(latest, at);
    return isNew;
  });
}

/** How often the sensor spoke, a second; 0: fewer than two samples. */
export function sensorRate(samples: readonly MotionSample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) return 0;
  return (1000 * (samples.length - 1)) / (last.at - first.at);
}

/**
 * Comma-separated, with a header. `t` is the time since the recording's start, written as a moment after the beginning of 1970: the series
 * of all recordings lie beside each other, so that a border in time holds the end of each out, and not the last recordings whole.
 */
export function motionTable(recordings: readonly MotionRecording[], perSecond: number): string {
  const turns = recordings.some(({ samples }) =>
    samples.some(({ values }) => values.slice(3).some((value) => !Number.isNaN(value))),
  );
  const kept = turns ? VALUES : 3;
  const names = ['ax', 'ay', 'az', 'ra', 'rb', 'rg'].slice(0, kept);
  const rows = recordings.flatMap(({ label, samples }, at) => {
    const { count, values } = motionRows(samples, perSecond);
    return Array.from({ length: count }, (_, row) => [
      new Date((row * 1000) / perSecond).toISOString(),
      `recording ${at + 1}`,
      ...Array.from(values.subarray(row * VALUES, row * VALUES + kept), cell),
      label,
    ]);
  });
  return tableText({ header: ['t', 'series', ...names, 'label'], rows });
}

/** No finer than sensors are. */
const cell = (value: number): string => (Number.isNaN(value) ? '' : String(Number(value.toFixed(4))));
