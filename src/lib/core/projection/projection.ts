// A dataset in a plane: where each row lies, what the axes are made of, which rows lie far from all, and how far it can be believed.
import { quantile } from '../metrics/quantile.ts';
import type { NamedPoints } from './named-points.ts';
import { principalAxes, type PrincipalAxes } from './principal-axes.ts';
import { tSne } from './t-sne.ts';
import { trustworthiness } from './trustworthiness.ts';

/** axes: the two directions in which rows differ most · neighbours: rows beside those that they are alike to. */
export const methods = ['axes', 'neighbours'] as const;
export type Method = (typeof methods)[number];

/** Rows shown at most: of neighbours each is held against each. */
export const MOST_SHOWN = { axes: 5000, neighbours: 2000 } as const satisfies Record<Method, number>;

export interface Axis {
  /** Of the whole variance, 0–1. */
  readonly share: number;
  /** Dimensions that make most of it, the weightiest first; below nothing: against its direction. */
  readonly mostly: readonly { readonly name: string; readonly weight: number }[];
}

export interface Plot {
  /** [count, 2] */
  readonly places: Float32Array<ArrayBuffer>;
  /** The principal axes: those shown, or those that the picture by neighbours began with. */
  readonly axes: readonly Axis[];
  /** Places among the rows shown, of those far from all others in the data. */
  readonly far: readonly number[];
  /** Of the nearest in the picture, the share that is near in the data (trustworthiness); undefined: too few rows. */
  readonly trust: number | undefined;
}

/** What is near and far is judged by these: more of them are mostly noise (van der Maaten & Hinton 2008, §4.1). */
const AXES = { axes: 10, neighbours: 30 } as const satisfies Record<Method, number>;
/** Fewer have no far ones. */
const LEAST_FOR_FAR = 20;
const MOST_NAMED = 4;
/** An axis is named by the dimensions that make so much of it. */
const MADE_OF = 0.6;

/** Between two steps a hand is felt; each is the share of the way. */
export function* plotOf(
  { points, names }: NamedPoints,
  method: Method,
  seed: number,
): Generator<number, Plot, undefined> {
  const { count, width } = points;
  const first = method === 'axes' ? 1 : 0.3;
  const axes = yield* within(principalAxes(points, AXES[method], seed), 0, first);
  const kept = axes.variances.length;
  const flat =
    method === 'axes' ? firstTwo(axes, count) : yield* within(tSne(axes.scores, count), first, 1 - first);
  return {
    places: Float32Array.from(flat),
    axes: Array.from({ length: Math.min(2, kept) }, (_, axis) => ({
      share: axes.shares[axis]!,
      mostly: mostOf(axes.directions.subarray(axis * width, (axis + 1) * width), names),
    })),
    far: farOut(axes, count),
    trust: kept === 0 ? undefined : trustworthiness(axes.scores, flat, count),
  };
}

/** Steps of a part as steps of the whole. */
function* within<Result>(
  steps: Generator<number, Result, undefined>,
  from: number,
  share: number,
): Generator<number, Result, undefined> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield from + step.value * share;
  }
}

/** [count, 2]; points that differ along one axis alone lie on a line. */
export function firstTwo(
  { variances: { length: kept }, scores }: PrincipalAxes,
  count: number,
): Float64Array {
  return Float64Array.from({ length: 2 * count }, (_, at) =>
    at % 2 < kept ? scores[Math.floor(at / 2) * kept + (at % 2)]! : 0,
  );
}

/** Dimensions of an axis that make most of its length. */
export function mostOf(direction: ArrayLike<number>, names: readonly string[]): Axis['mostly'] {
  const ordered = names
    .map((name, i) => ({ name, weight: direction[i]! }))
    .toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  let made = 0;
  const until = ordered.findIndex(({ weight }) => (made += weight ** 2) >= MADE_OF);
  return ordered.slice(0, Math.min(MOST_NAMED, until < 0 ? MOST_NAMED : until + 1));
}

/** Tukey's fence of what is far out, of each row's distance from the middle in deviations of the axes (Mahalanobis 1936). */
function farOut({ variances, scores }: PrincipalAxes, count: number): number[] {
  const kept = variances.length;
  if (count < LEAST_FOR_FAR || kept === 0) return [];
  const distances = Float64Array.from({ length: count }, (_, row) => {
    let squares = 0;
    for (let axis = 0; axis < kept; axis += 1) squares += scores[row * kept + axis]! ** 2 / variances[axis]!;
    return Math.sqrt(squares);
  });
  const sorted = distances.toSorted();
  const [first, third] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const fence = third + 3 * (third - first);
  return [...distances.keys()].filter((row) => distances[row]! > fence && third > first);
}
