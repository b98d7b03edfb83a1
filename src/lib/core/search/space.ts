// A space of settings to search: each a number within bounds, on the scale on which steps are alike.

export interface Dimension {
  readonly name: string;
  readonly minimum: number;
  readonly maximum: number;
  /** log: from 0.001 to 0.01 is as far as from 0.01 to 0.1; `minimum` is above 0 then. */
  readonly scale: 'linear' | 'log';
  readonly isWhole: boolean;
}

export type Space = readonly Dimension[];

/** A place in the space: a value for each dimension, by name. */
export type Setting = Readonly<Record<string, number>>;

/** 0–1 along the dimension's scale; whole numbers have their half steps at the ends, so that each is equally wide. */
export function toUnit(dimension: Dimension, value: number): number {
  const [low, high] = endsOf(dimension);
  return Math.min(1, Math.max(0, (scaled(dimension, value) - low) / (high - low)));
}

export function fromUnit(dimension: Dimension, unit: number): number {
  const [low, high] = endsOf(dimension);
  const value = low + unit * (high - low);
  const plain = dimension.scale === 'log' ? Math.exp(value) : value;
  const whole = dimension.isWhole ? Math.round(plain) : plain;
  return Math.min(dimension.maximum, Math.max(dimension.minimum, whole));
}

const scaled = ({ scale }: Dimension, value: number): number => (scale === 'log' ? Math.log(value) : value);

function endsOf(dimension: Dimension): readonly [low: number, high: number] {
  const half = dimension.isWhole ? 0.5 : 0;
  const low = scaled(dimension, dimension.minimum - half);
  const high = scaled(dimension, dimension.maximum + half);
  return high > low ? [low, high] : [low, low + 1];
}

/** Levels of a dimension of a grid, at most. */
const MOST_LEVELS = 9;

/**
 * Every place of an even grid over the space, both ends of each dimension in it; at most `most` of them, unless two
 * levels of each are more.
 */
export function gridOf(space: Space, most: number): readonly Setting[] {
  const fitting = Math.floor(most ** (1 / Math.max(1, space.length)) + 1e-9);
  const levels = Math.max(2, Math.min(MOST_LEVELS, fitting));
  let places: readonly Setting[] = [{}];
  for (const dimension of space) {
    const values = new Set(
      Array.from({ length: levels }, (_, level) => fromUnit(dimension, level / (levels - 1))),
    );
    places = places.flatMap((place) => [...values].map((value) => ({ ...place, [dimension.name]: value })));
  }
  return places;
}
