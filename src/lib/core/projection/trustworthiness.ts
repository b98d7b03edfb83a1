// How far a picture in a plane can be believed: of the nearest of each point there, how many are near in the data too, those counted more
// that are far off (Venna & Kaski 2006, eq. 2; scikit-learn's manifold.trustworthiness). 1: all of them; of a picture drawn at random about ½.
import { distances } from './t-sne.ts';

/** Of many points, these many tell as much. */
const MOST_ASKED = 400;

/** `points` [count, width] and their `places` [count, 2]; undefined where there are too few. */
export function trustworthiness(
  points: Float64Array,
  places: Float64Array,
  count: number,
  neighbours = 12,
): number | undefined {
  const k = Math.min(neighbours, Math.floor((count - 1) / 2));
  if (k < 1) return undefined;
  const width = points.length / count;
  const asked = Math.min(count, MOST_ASKED);
  const [far, near] = [new Float64Array(count), new Float64Array(count)];
  const rank = new Uint32Array(count);
  let penalty = 0;
  for (let at = 0; at < asked; at += 1) {
    const row = Math.floor((at * count) / asked);
    distances(points, width, row, far);
    distances(places, 2, row, near);
    for (const [place, other] of ordered(far, row).entries()) rank[other] = place;
    for (const other of ordered(near, row).subarray(1, k + 1)) penalty += Math.max(0, rank[other]! - k);
  }
  return 1 - (penalty * 2) / (asked * k * (2 * count - 3 * k - 1));
}

/** The row itself first. */
const ordered = (squares: Float64Array, row: number): Uint32Array => {
  squares[row] = -1;
  return Uint32Array.from(squares, (_, other) => other).sort((a, b) => squares[a]! - squares[b]! || a - b);
};
