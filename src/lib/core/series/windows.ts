// Series cut into windows: the past `steps` moments of some channels, and what is to be foretold `horizon` steps after the last of them.
// The split is by time and lets nothing through: no moment that a held-out window looks at is looked at, or foretold, by a window to learn
// from, so that the `steps + horizon − 1` windows about the border go (Bergmeir & Benítez 2012, "blocked"; Cerqueira et al. 2020). Of
// several series the border is one in time: what neighbouring stations measured in the same hours tells of one another.
import { fail, ok, type Result } from '../result.ts';

/** A series: moments on a grid, oldest first. Those of several lie one after the other. */
export interface SeriesPart {
  /** Empty where there is one series alone. */
  readonly name: string;
  /** Its first moment among those of all. */
  readonly from: number;
  readonly moments: number;
  /** The time of that. */
  readonly start: number;
}

export interface SeriesSet {
  /** Milliseconds, or whatever the times count, from one moment to the next. */
  readonly step: number;
  /** [moments of all]: which row of the table each is; −1: there is none. */
  readonly rows: Int32Array<ArrayBuffer>;
  /** By name. */
  readonly parts: readonly SeriesPart[];
  readonly offGrid: number;
}

/** A row off the grid is one that lies further from it, in steps. */
const OFF_GRID = 1e-6;
/** More of them, or more moments than this a row, and the times are no grid. */
const MOST_OFF = 0.01;
const MOST_MOMENTS = 20;

/**
 * Each series on a grid of its own, all of the step that is most frequent between neighbours, or that is known. `names` [rows]: which
 * series each is of, and '' of none, which is left out; undefined: all are of one. Refused with a sentence, which says in which series.
 */
export function seriesOf(
  times: Float64Array,
  names?: readonly string[],
  known?: number,
): Result<SeriesSet, string> {
  const orders = ordersOf(times, names);
  const timed = orders.reduce((sum, { order }) => sum + order.length, 0);
  if (timed < (known === undefined ? 3 : 1))
    return fail(`Only ${timed} rows have a time; a series needs more.`);
  const differences = differencesOf(
    times,
    orders.map(({ order }) => order),
  );
  const [frequent] = [...differences]
    .filter(([difference]) => difference > 0)
    .toSorted(([a, first], [b, second]) => second - first || a - b);
  const step = known ?? frequent?.[0];
  const parts: SeriesPart[] = [];
  const grids: Int32Array[] = [];
  let [from, offGrid] = [0, 0];
  for (const { name, order } of orders) {
    const grid = gridOf(times, order, step ?? 1);
    if (!grid.ok) return name === '' ? grid : fail(`The series “${name}”: ${grid.error}`);
    parts.push({ name, from, moments: grid.value.rows.length, start: times[order[0]!]! });
    grids.push(grid.value.rows);
    from += grid.value.rows.length;
    offGrid += grid.value.offGrid;
  }
  if (step === undefined)
    return fail('No series has two rows. Bring more, or say which other column tells the series apart.');
  const rows = new Int32Array(from);
  for (const [at, part] of parts.entries()) rows.set(grids[at]!, part.from);
  return ok({ step, rows, parts, offGrid });
}

/** Of each series, by name: its rows that have a time, in the order of it. */
function ordersOf(times: Float64Array, names: readonly string[] | undefined) {
  const rowsOf = new Map<string, number[]>(names === undefined ? [['', []]] : []);
  for (const [row, time] of times.entries()) {
    const name = names === undefined ? '' : (names[row] ?? '');
    if (!Number.isFinite(time) || (names !== undefined && name === '')) continue;
    const own = rowsOf.get(name);
    if (own === undefined) rowsOf.set(name, [row]);
    else own.push(row);
  }
  return [...rowsOf]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, rows]) => ({ name, order: rows.toSorted((a, b) => times[a]! - times[b]!) }));
}

/** How often each difference lies between neighbours. */
function differencesOf(times: Float64Array, orders: Iterable<readonly number[]>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const order of orders)
    for (let at = 1; at < order.length; at += 1) {
      const difference = times[order[at]!]! - times[order[at - 1]!]!;
      counts.set(difference, (counts.get(difference) ?? 0) + 1);
    }
  return counts;
}

/** Refused where two rows have one time, or where they lie on no such grid. */
function gridOf(
  times: Float64Array,
  order: readonly number[],
  step: number,
): Result<Pick<SeriesSet, 'rows' | 'offGrid'>, string> {
  const twice = differencesOf(times, [order]).get(0) ?? 0;
  if (twice > 0)
    return fail(
      `${twice} ${twice === 1 ? 'row has' : 'rows have'} the time of another: one moment has one row in a series. Say which column tells the series apart, or name all columns that make up the time.`,
    );
  const start = times[order[0]!]!;
  const moments = Math.round((times[order.at(-1)!]! - start) / step) + 1;
  const placeOf = (row: number): number => (times[row]! - start) / step;
  const off = order.filter((row) => Math.abs(placeOf(row) - Math.round(placeOf(row))) > OFF_GRID);
  if (off.length > order.length * MOST_OFF || moments > order.length * MOST_MOMENTS)
    return fail(
      'The times of the rows lie on no grid of equal steps, and windows need one. Bring rows of equal distance (every hour, every day); months and quarters, which are not equally long, numbered 1, 2, 3 … in a column that is then the time.',
    );
  const rows = new Int32Array(moments).fill(-1);
  const isOff = new Set(off);
  for (const row of order) if (!isOff.has(row)) rows[Math.round(placeOf(row))] = row;
  return ok({ rows, offGrid: off.length });
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
  /**
   * Of each series: no moment of it from here on is looked at or foretold by a window to learn from. One that ended by then has none
   * such, and its border is where it ends.
   */
  readonly borders: readonly number[];
  /** [moments, channels]: as given, gaps of `fill` moments at most closed by what was known before. */
  readonly values: Float64Array<ArrayBuffer>;
  readonly filled: number;
  /** Windows that there would be, and are not: for want of a target, of a value they look at, or about the border. */
  readonly withoutTarget: number;
  readonly withoutValue: number;
  readonly aboutBorder: number;
}

/**
 * `values` [moments, channels] and `targets` [moments], NaN where not known. A target is never filled in. Several series have one border in
 * time, and no window or filled gap reaches from one into another.
 */
export function windowsOf(
  values: Float64Array,
  targets: Float64Array,
  settings: WindowSettings,
  { step, parts }: OnGrids = { step: 1, parts: [{ from: 0, moments: targets.length, start: 0 }] },
): Windows {
  const { steps, horizon, heldOut: share } = settings;
  const channels = values.length / targets.length;
  const begin = parts.reduce((first, { start }) => Math.min(first, start), Infinity);
  const each = parts.map(({ from, moments, start }) => ({
    from,
    moments,
    /** Steps after the first moment of all. */
    later: nearlyWhole((start - begin) / step),
    ...wholeWindows(
      values.subarray(from * channels, (from + moments) * channels),
      targets.subarray(from, from + moments),
      settings,
    ),
  }));
  const foretold = Float64Array.from(
    each.flatMap(({ later, whole }) => whole.map((last) => later + last + horizon)),
  ).sort();
  const border = foretold[Math.min(foretold.length - 1, Math.ceil(foretold.length * (1 - share)))] ?? 0;
  const all = new Float64Array(values.length);
  for (const part of each) all.set(part.values, part.from * channels);
  const those = (isWanted: (last: number) => boolean): Uint32Array<ArrayBuffer> =>
    Uint32Array.from(
      each.flatMap(({ from, later, whole }) =>
        whole.filter((last) => isWanted(later + last)).map((last) => from + last),
      ),
    );
  const training = those((last) => last + horizon < border);
  const heldOut = those((last) => last - steps + 1 >= border);
  const sum = (count: 'filled' | 'withoutTarget' | 'withoutValue'): number =>
    each.reduce((total, part) => total + part[count], 0);
  return {
    training,
    heldOut,
    borders: each.map(
      ({ from, moments, later }) => from + Math.max(0, Math.min(moments, Math.ceil(border - later))),
    ),
    values: all,
    filled: sum('filled'),
    withoutTarget: sum('withoutTarget'),
    withoutValue: sum('withoutValue'),
    aboutBorder: foretold.length - training.length - heldOut.length,
  };
}

type OnGrids = Pick<SeriesSet, 'step'> & {
  readonly parts: readonly Pick<SeriesPart, 'from' | 'moments' | 'start'>[];
};

/** One moment of two grids is one number, though neither its time nor the step need be whole. */
const nearlyWhole = (steps: number): number =>
  Math.abs(steps - Math.round(steps)) < OFF_GRID ? Math.round(steps) : steps;

/** The last moment of each window that has all its values and its target. */
function wholeWindows(values: Float64Array, targets: Float64Array, { steps, horizon, fill }: WindowSettings) {
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
  return { whole, values: filled.values, filled: filled.count, withoutTarget, withoutValue };
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
