// Axes: from values to pixels, and the round numbers that stand beside them. Pure, so that it is tested without a DOM.

export interface Scale {
  /** Pixels of a value; undefined where the scale cannot show it (≤ 0 on a log axis, not finite). */
  at(value: number): number | undefined;
  readonly ticks: readonly number[];
  readonly low: number;
  readonly high: number;
}

/** 1, 2 or 5 times a power of ten: the smallest such step that gives at most `most` intervals. */
export function niceStep(span: number, most: number): number {
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const factor of [1, 2, 5]) if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/** Covers [low, high] and widens both to round numbers. `from` and `to` are pixels. */
export function linearScale(low: number, high: number, from: number, to: number, most = 5): Scale {
  const spread = high > low ? high - low : Math.abs(high) || 1;
  const step = niceStep(spread, most);
  const first = Math.floor(low / step + 1e-9) * step;
  const last = Math.max(first + step, Math.ceil(high / step - 1e-9) * step);
  const ticks: number[] = [];
  for (let index = 0; first + index * step <= last + step / 2; index += 1)
    ticks.push(Number((first + index * step).toPrecision(12)));
  return {
    low: first,
    high: last,
    ticks,
    at: (value) =>
      Number.isFinite(value) ? from + ((value - first) / (last - first)) * (to - from) : undefined,
  };
}

/** Exactly [low, high], with round numbers inside it: for steps and rounds along the bottom. */
export function exactScale(low: number, high: number, from: number, to: number, most = 6): Scale {
  const spread = high > low ? high - low : 1;
  const step = Math.max(1, niceStep(spread, most));
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= low + spread; tick += step) ticks.push(tick);
  return {
    low,
    high: low + spread,
    ticks,
    at: (value) => (Number.isFinite(value) ? from + ((value - low) / spread) * (to - from) : undefined),
  };
}

/** Whole powers of ten around the positive values. */
export function logScale(low: number, high: number, from: number, to: number): Scale {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9));
  const every = Math.ceil((last - first) / 6);
  const ticks: number[] = [];
  for (let power = first; power <= last; power += every) ticks.push(10 ** power);
  return {
    low: 10 ** first,
    high: 10 ** last,
    ticks,
    at: (value) =>
      value > 0 && Number.isFinite(value)
        ? from + ((Math.log10(value) - first) / (last - first)) * (to - from)
        : undefined,
  };
}
