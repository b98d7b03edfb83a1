// The curves behind a model's figures, on the rows that were held out: receiver operating characteristic, precision against recall and
// whether shares mean what they say, or of a number how its errors lie; each figure with the interval that so many rows allow.
import { quantile } from '../../../core/metrics/quantile.ts';
import { reliability, type ReliabilityBin } from '../../../core/metrics/calibration.ts';
import { classCurve, type ClassCurve } from '../../../core/metrics/class-curve.ts';
import { stepsOf } from '../../../core/metrics/curves.ts';
import { deLong } from '../../../core/metrics/intervals.ts';
import { wilson, z95, type Interval } from '../../../core/metrics/wilson.ts';
import { labelsOf, unitsOf, type Examined } from './examined.ts';

export interface CalibrationBin extends ReliabilityBin {
  /** Of the share that is right. */
  readonly interval: Interval | undefined;
}
/** Rows by what was predicted of them, lowest first. */
export interface ResidualPart {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean of predicted − true with its interval, and the middle half of it, in the target's own units. */
  readonly mean: number;
  readonly interval: Interval | undefined;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
}
export type Curves =
  | {
      readonly type: 'classes';
      /** Each class against all others; of two, the second alone. Classes that did not occur are left out. */
      readonly curves: readonly ClassCurve[];
      readonly calibration: readonly CalibrationBin[];
    }
  | { readonly type: 'number'; readonly residuals: readonly ResidualPart[] };

const MOST_CURVES = 20;

export function curvesOf(examined: Examined): Curves {
  const { outputs, data } = examined;
  const { count, targets } = data.heldOut;
  const labels = labelsOf(examined);
  if (labels === undefined) return { type: 'number', residuals: residualsOf(examined) };
  const classes = labels.length;
  const curves: ClassCurve[] = [];
  for (let one = classes === 2 ? 1 : 0; one < Math.min(classes, MOST_CURVES); one += 1) {
    const scores = Float64Array.from({ length: count }, (_, row) => outputs[row * classes + one]!);
    const isPositive = Uint8Array.from({ length: count }, (_, row) => Number(targets[row] === one));
    const curve = classCurve(labels[one] ?? '', stepsOf(scores, isPositive), deLong(scores, isPositive));
    if (curve !== undefined) curves.push(curve);
  }
  const bins = reliability({ classes, shares: outputs, targets });
  return {
    type: 'classes',
    curves,
    calibration: bins.map((bin) => ({
      ...bin,
      interval: wilson(Math.round((bin.accuracy ?? 0) * bin.count), bin.count),
    })),
  };
}

const MOST_PARTS = 10;
/** Rows of a part: fewer say little. */
const PART_ROWS = 10;

function residualsOf(examined: Examined): ResidualPart[] {
  const { outputs, data } = examined;
  const { scale, shift } = unitsOf(examined);
  const { count, targets } = data.heldOut;
  const order = Array.from({ length: count }, (_, row) => row).sort((a, b) => outputs[a]! - outputs[b]!);
  const parts = Math.max(1, Math.min(MOST_PARTS, Math.floor(count / PART_ROWS)));
  return Array.from({ length: parts }, (_, part) => {
    const rows = order.slice(Math.round((part * count) / parts), Math.round(((part + 1) * count) / parts));
    const errors = Float64Array.from(rows, (row) => (outputs[row]! - targets[row]!) * scale).sort();
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    const squares = errors.reduce((sum, error) => sum + (error - mean) ** 2, 0);
    const reach = z95 * Math.sqrt(squares / (errors.length - 1) / errors.length);
    return {
      from: (outputs[rows[0] ?? 0] ?? 0) * scale + shift,
      to: (outputs[rows.at(-1) ?? 0] ?? 0) * scale + shift,
      count: errors.length,
      mean,
      interval: Number.isFinite(reach) ? { low: mean - reach, high: mean + reach } : undefined,
      lowerQuartile: quantile(errors, 0.25),
      upperQuartile: quantile(errors, 0.75),
    };
  });
}
