// A series cut into windows: the past `steps` moments of some channels, and what is to be foretold `horizon` steps after the last of them.
// The split is by time and lets nothing through: no moment that a held-out window looks at is looked at, or foretold, by a window to learn
// from, so that the `steps + horizon − 1` windows about the border go (Bergmeir & Benítez 2012, "blocked"; Cerqueira et al. 2020).
import { fail, ok, type Result } from '../result.ts';

/** Moments on one grid, oldest first; NaN: not known. */
export interface Series {
  /** Milliseconds, or whatever the times count, from one moment to the next. */
  readonly step: number;
  /** Of the first moment. */
  readonly start: number;
  readonly moments: number;
  /** [moments]: which row of the table it is; −1: there is none. */
  readonly rows: Int32Array;
}

/** A row off the grid is one that lies further from it, in steps. */
const OFF_GRID = 1e-6;
/** More of them, or more moments than this a row, and the times are no grid. */
const MOST_OFF = 0.01;
const MOST_MOMENTS = 20;

/**
 * Rows on the grid of the difference that is most frequent between neighbours, or of a step that is known. Refused with a sentence where
 * there is none.
 */
export function seriesOf(
  times: Float64Array,
  known?: number,
): Result<Series & { readonly offGrid: number }, string> {
  const order = Array.from(times.keys())
    .filter((row) => Number.isFinite(times[row]))
    .toSorted((a, b) => times[a]! - times[b]!);
  if (order.length < (known === undefined ? 3 : 1))
    return fail(`Only ${order.length} rows have a time; a series needs more.`);
  const counts = new Map<number, number>();
  for (let at = 1; at < order.length; at += 1) {
    const difference = times[order[at]!]! - times[order[at - 1]!]!;
    counts.set(difference, (counts.get(difference) ?? 0) + 1);
  }
  const twice = counts.get(0) ?? 0;
  if (twice > 0)
    return fail(
      `${twice} ${twice === 1 ? 'row has' : 'rows have'} the time of another: one moment has one row in a series. Bring one series at a time, or name all columns that make up the time.`,
    );
  const [frequent = 1] = [...counts].toSorted(([a, first], [b, second]) => second - first || a - b)[0] ?? [];
  const step = known ?? frequent;
  const start = times[order[0]!]!;
  const moments = Math.round((times[order.at(-1)!]! - start) / step) + 1;
  const placeOf = (row: number): number => (times[row]! - start) / step;
  const off = order.filter((row) => Math.abs(placeOf(row) - Math.round(placeOf(row))) > OFF_GRID);
  if (off.length > order.length * MOST_OFF || moments > order.length * MOST_MOMENTS)
    return fail(
      'The times of the rows lie on no grid of equal steps, and windows need one. Bring rows of equal distance (every hour, every day).',
    );
  const rows = new Int32Array(moments).fill(-1);
  const isOff = new Set(off);
  for (const row of order) if (!isOff.has(row)) rows[Math.round(placeOf(row))] = row;
  return ok({ step, start, moments, rows, offGrid: off.length });
}

export interface WindowSettings {
  readonly steps: number;
  readonly horizon: number;
  /** A missing value stands for so many moments at most as the one before it; of longer gaps no window is made. */
  readonly fill: number;
  /** Share of the windows, 0–0.9: the latest. */
  readonly heldOut: number;
}

export interface Windows {
  /** The last moment of each window; the target is `horizon` later. */
  readonly training: Uint32Array<ArrayBuffer>;
  readonly heldOut: Uint32Array<ArrayBuffer>;
  /** No moment from here on is looked at or foretold by a window to learn from. */
  readonly border: number;
  /** [moments, channels]: as given, gaps of `fill` moments at most closed by what was known before. */
  readonly values: Float64Array<ArrayBuffer>;
  readonly filled: number;
  /** Windows that there would be, and are not: for want of a target, of a value they look at, or about the border. */
  readonly withoutTarget: number;
  readonly withoutValue: number;
  readonly aboutBorder: number;
}

/** `values` [moments, channels] and `targets` [moments], NaN where not known. A target is never filled in. */
export function windowsOf(
  values: Float64Array,
  targets: Float64Array,
  { steps, horizon, fill, heldOut: share }: WindowSettings,
): Windows {
  const moments = targets.length;
  const channels = values.length / moments;
  const filled = filledForward(values, channels, fill);
  const known = knownUpTo(filled.values, channels);
  const whole: number[] = [];
  let [withoutTarget, withoutValue] = [0, 0];
  for (let last = steps - 1; last + horizon < moments; last += 1) {
    if (Number.isNaN(targets[last + horizon])) withoutTarget += 1;
    else if (known[last]! < steps) withoutValue += 1;
    else whole.push(last);
  }
  const from = whole[Math.min(whole.length - 1, Math.ceil(whole.length * (1 - share)))];
  const border = from === undefined ? 0 : from + horizon;
  const training = whole.filter((last) => last + horizon < border);
  const heldOut = whole.filter((last) => last - steps + 1 >= border);
  return {
    training: Uint32Array.from(training),
    heldOut: Uint32Array.from(heldOut),
    border,
    values: filled.values,
    filled: filled.count,
    withoutTarget,
    withoutValue,
    aboutBorder: whole.length - training.length - heldOut.length,
  };
}

/** [moments]: how many moments up to this one, itself included, have all their values, without a break. */
export function knownUpTo(values: Float64Array, channels: number): Uint32Array<ArrayBuffer> {
  const known = new Uint32Array(values.length / channels);
  for (let moment = 0; moment < known.length; moment += 1) {
    let isKnown = true;
    for (let channel = 0; channel < channels; channel += 1)
      isKnown = isKnown && !Number.isNaN(values[moment * channels + channel]);
    known[moment] = isKnown ? (known[moment - 1] ?? 0) + 1 : 0;
  }
  return known;
}

/** Looks back alone: what comes after a gap would tell of the future. */
export function filledForward(values: Float64Array, channels: number, most: number) {
  const out = Float64Array.from(values);
  let count = 0;
  for (let channel = 0; channel < channels; channel += 1) {
    let before = NaN;
    let gap = 0;
    for (let at = channel; at < out.length; at += channels) {
      if (!Number.isNaN(out[at])) {
        before = out[at]!;
        gap = 0;
      } else if (!Number.isNaN(before) && (gap += 1) <= most) {
        out[at] = before;
        count += 1;
      }
    }
  }
  return { values: out, count };
}
