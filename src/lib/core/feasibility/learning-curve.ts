// How the loss of a model falls with the rows that it learns from, and what more rows would bring: an inverse power law
// loss(n) = floor + scale · n^−exponent (Cortes et al. 1993, "Learning Curves: Asymptotic Values and Rate of Convergence", eq. 3), which
// most measured curves follow, though not all (Viering & Loog 2021, "The Shape of Learning Curves: a Review", §4).
import { quantile } from '../metrics/quantile.ts';
import type { Interval } from '../metrics/wilson.ts';
import type { Random } from '../random.ts';

export interface PowerLaw {
  /** What no number of rows goes below. */
  readonly floor: number;
  readonly scale: number;
  readonly exponent: number;
}

export const lossAt = ({ floor, scale, exponent }: PowerLaw, rows: number): number =>
  floor + scale * rows ** -exponent;

/** A tenth: hardly anything comes of more rows; 2: all has come of few. */
const EXPONENTS = Array.from({ length: 39 }, (_, at) => 0.1 + 0.05 * at);

/**
 * Least squares, each point weighed by its rows: a curve's beginning follows no law. For each exponent on a grid the other two follow
 * in closed form, neither below 0.
 */
export function fitPowerLaw(points: readonly { readonly rows: number; readonly loss: number }[]): PowerLaw {
  let best: PowerLaw = { floor: 0, scale: 0, exponent: 1 };
  let least = Infinity;
  for (const exponent of EXPONENTS) {
    let [w, wx, wy, wxx, wxy] = [0, 0, 0, 0, 0];
    for (const { rows, loss } of points) {
      const x = rows ** -exponent;
      w += rows;
      wx += rows * x;
      wy += rows * loss;
      wxx += rows * x * x;
      wxy += rows * x * loss;
    }
    const spread = w * wxx - wx * wx;
    let scale = spread <= 0 ? 0 : (w * wxy - wx * wy) / spread;
    let floor = (wy - scale * wx) / w;
    if (scale < 0) [scale, floor] = [0, wy / w];
    else if (floor < 0) [scale, floor] = [wxy / wxx, 0];
    const law = { floor, scale, exponent };
    const squares = points.reduce((sum, { rows, loss }) => sum + rows * (loss - lossAt(law, rows)) ** 2, 0);
    if (squares < least - 1e-15) [least, best] = [squares, law];
  }
  return best;
}

/** One size, and the losses on every held-out row of models learnt from so many rows, each from other ones. */
export interface CurvePoint {
  readonly rows: number;
  /** [repeats][held-out rows] */
  readonly losses: readonly Float64Array[];
}

export interface Foreseen {
  readonly rows: number;
  readonly loss: number;
  readonly interval: Interval;
}

export interface LearningCurve {
  readonly law: PowerLaw;
  readonly points: readonly { readonly rows: number; readonly loss: number }[];
  /** At the rows that were asked for. */
  readonly foreseen: readonly Foreseen[];
  /** By how much the loss falls from the first to the last of these. */
  readonly gain: {
    readonly value: number;
    readonly interval: Interval;
    /** Nine draws of ten gain at least as much. */
    readonly likely: number;
  };
}

const DRAWS = 200;

/**
 * The curve with 95 % intervals, by a bootstrap over held-out rows and repeats: the same rows for every size, so that what is hard
 * about them is hard at all sizes.
 *
 * @param at rows to foresee the loss at, ascending; the first: now.
 */
export function* learningCurve(
  points: readonly CurvePoint[],
  at: readonly number[],
  draw: Random,
): Generator<void, LearningCurve, undefined> {
  const count = points[0]?.losses[0]?.length ?? 0;
  const drawn = at.map(() => new Float64Array(DRAWS));
  const gains = new Float64Array(DRAWS);
  for (let round = 0; round < DRAWS; round += 1) {
    const rows = Uint32Array.from({ length: count }, () => draw.below(count));
    const law = fitPowerLaw(
      points.map((point) => {
        const losses = point.losses.map(() => point.losses[draw.below(point.losses.length)]!);
        return { rows: point.rows, loss: meanOf(losses, rows) };
      }),
    );
    for (const [index, rowsThen] of at.entries()) drawn[index]![round] = lossAt(law, rowsThen);
    gains[round] = drawn[0]![round]! - drawn.at(-1)![round]!;
    yield;
  }
  const all = Uint32Array.from({ length: count }, (_, row) => row);
  const measured = points.map(({ rows, losses }) => ({ rows, loss: meanOf(losses, all) }));
  const law = fitPowerLaw(measured);
  const foreseen = at.map((rows, index) => ({
    rows,
    loss: lossAt(law, rows),
    interval: middle(drawn[index]!),
  }));
  return {
    law,
    points: measured,
    foreseen,
    gain: {
      value: foreseen[0]!.loss - foreseen.at(-1)!.loss,
      interval: middle(gains),
      likely: quantile(gains.toSorted(), 0.1),
    },
  };
}

const middle = (values: Float64Array): Interval => {
  const sorted = values.toSorted();
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
};

function meanOf(losses: readonly Float64Array[], rows: Uint32Array): number {
  let sum = 0;
  for (const one of losses) for (const row of rows) sum += one[row]!;
  return sum / (losses.length * rows.length);
}
