// The directions in which points differ most (principal component analysis, Pearson 1901, Hotelling 1933): by the covariance of all
// columns where they are few, else by a random sketch of the points (Halko, Martinsson & Tropp 2011, algorithms 4.4 and 5.1), whose draws
// come of a seed. Variances are those of a sample, n − 1, as scikit-learn's.
import { random } from '../random.ts';
import type { Points } from './points.ts';
import { symmetricEigen, upright } from './symmetric-eigen.ts';

export interface PrincipalAxes {
  /** [axes]: variance along each, the largest first, and its share of the whole. */
  readonly variances: Float64Array;
  readonly shares: Float64Array;
  /** [axes, width]: each of length 1, its largest entry above nothing. */
  readonly directions: Float64Array;
  /** [count, axes]: where the points lie. */
  readonly scores: Float64Array;
}

/** Columns whose covariance is worked out whole. */
export const EXACT_WIDTH = 64;
/** Directions that are sketched beyond those asked for, and products with the points and back: §4.3, and what scikit-learn takes. */
const SPARE = 10;
const POWERS = 7;

/** At most `axes` of them, fewer where the points have fewer. Between two steps a hand is felt; each is the share of the way. */
export function* principalAxes(
  points: Points,
  axes: number,
  seed: number,
): Generator<number, PrincipalAxes, undefined> {
  const { count, width } = points;
  const wanted = Math.min(axes, width, Math.max(0, count - 1));
  const directions = yield* count < 2 || width <= EXACT_WIDTH
    ? exact(points)
    : sketched(points, wanted, seed);
  const kept = directions.values.findIndex((value) => !(value > 1e-12 * (directions.values[0] ?? 0)));
  const own = Math.min(wanted, kept < 0 ? directions.values.length : kept);
  const turned = new Float64Array(width * own);
  for (let axis = 0; axis < own; axis += 1)
    for (let i = 0; i < width; i += 1) turned[i * own + axis] = directions.vectors[axis * width + i]!;
  return {
    variances: directions.values.slice(0, own),
    shares: Float64Array.from(directions.values.subarray(0, own), (value) =>
      Math.min(1, (value * (count - 1)) / points.squares),
    ),
    directions: directions.vectors.slice(0, own * width),
    scores: points.times(turned, own),
  };
}

interface Directions {
  readonly values: Float64Array;
  /** [values, width] */
  readonly vectors: Float64Array;
}

function* exact(points: Points): Generator<number, Directions, undefined> {
  const { count, width } = points;
  const identity = new Float64Array(width * width);
  for (let i = 0; i < width; i += 1) identity[i * width + i] = 1;
  yield 0;
  const products = points.turnedTimes(points.times(identity, width), width);
  yield 0.5;
  return symmetricEigen(
    products.map((value) => value / Math.max(1, count - 1)),
    width,
  );
}

function* sketched(points: Points, axes: number, seed: number): Generator<number, Directions, undefined> {
  const { count, width } = points;
  const k = Math.min(axes + SPARE, width, count);
  const draw = random(seed, 'sketch of points');
  let basis: Float64Array = Float64Array.from({ length: width * k }, () => draw.normal());
  for (let power = 0; power < POWERS; power += 1) {
    yield power / (POWERS + 1);
    const onPoints = orthonormal(points.times(basis, k), k);
    yield (power + 0.5) / (POWERS + 1);
    basis = orthonormal(points.turnedTimes(onPoints, k), k);
  }
  yield POWERS / (POWERS + 1);
  // Of what the points are within the basis: a small covariance, whose eigenvectors say which of its directions.
  const seen = points.times(basis, k);
  const small = new Float64Array(k * k);
  for (let row = 0; row < count; row += 1)
    for (let i = 0; i < k; i += 1)
      for (let j = 0; j < k; j += 1)
        small[i * k + j]! += (seen[row * k + i]! * seen[row * k + j]!) / (count - 1);
  const { values, vectors } = symmetricEigen(small, k);
  const directions = new Float64Array(k * width);
  for (let axis = 0; axis < k; axis += 1) {
    const own = directions.subarray(axis * width, (axis + 1) * width);
    for (let i = 0; i < width; i += 1)
      for (let j = 0; j < k; j += 1) own[i]! += vectors[axis * k + j]! * basis[i * k + j]!;
    upright(own);
  }
  return { values, vectors: directions };
}

/** The columns of `matrix` [n, k] at right angles and of length 1: modified Gram–Schmidt, twice (Giraud et al. 2005). In place. */
function orthonormal(matrix: Float64Array, k: number): Float64Array {
  const n = matrix.length / k;
  for (let column = 0; column < k; column += 1) {
    let before = 0;
    for (let i = 0; i < n; i += 1) before += matrix[i * k + column]! ** 2;
    for (let pass = 0; pass < 2; pass += 1)
      for (let other = 0; other < column; other += 1) {
        let along = 0;
        for (let i = 0; i < n; i += 1) along += matrix[i * k + other]! * matrix[i * k + column]!;
        for (let i = 0; i < n; i += 1) matrix[i * k + column]! -= along * matrix[i * k + other]!;
      }
    let squares = 0;
    for (let i = 0; i < n; i += 1) squares += matrix[i * k + column]! ** 2;
    // The points have no such direction any more.
    const scale = squares > 1e-24 * before ? 1 / Math.sqrt(squares) : 0;
    for (let i = 0; i < n; i += 1) matrix[i * k + column]! *= scale;
  }
  return matrix;
}
