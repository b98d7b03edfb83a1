// How a figure differs between participants. The mean hides whom a model does not work for.

export interface FigureSpread {
  readonly participants: number;
  /** Each device counts once, however many rows it has: not the figure of all rows together. */
  readonly mean: number;
  readonly minimum: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly maximum: number;
}

/**
 * Quartiles lie between order statistics, linearly: type 7 of Hyndman & Fan 1996, as R, NumPy and spreadsheets have it.
 * undefined for fewer than two values: one has no spread.
 */
export function spreadOf(values: readonly number[]): FigureSpread | undefined {
  if (values.length < 2) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)]!;
    return below + (place % 1) * (sorted[Math.ceil(place)]! - below);
  };
  return {
    participants: sorted.length,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    minimum: at(0),
    lowerQuartile: at(0.25),
    median: at(0.5),
    upperQuartile: at(0.75),
    maximum: at(1),
  };
}
