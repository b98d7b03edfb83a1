// The curves behind a model's figures, on the rows that were held out: receiver operating characteristic, precision against recall and
// whether shares mean what they say, or of a number how its errors lie; each figure with the interval that so many rows allow.
import { quantile } from '../../../core/metrics/quantile.ts';
import { reliability, type ReliabilityBin } from '../../../core/metrics/calibration.ts';
import {
  averagePrecision,
  precisionRecallCurve,
  rocArea,
  rocCurve,
  type PrecisionRecallPoint,
  type RocPoint,
} from '../../../core/metrics/curves.ts';
import { deLong } from '../../../core/metrics/intervals.ts';
import { wilson, z95, type Interval } from '../../../core/metrics/wilson.ts';
import { labelsOf, unitsOf, type Examined } from './examined.ts';

export interface ClassCurve {
  readonly label: string;
  /** Held-out rows of the class. */
  readonly positives: number;
  /** Share of the positives found, at each share of the others that are taken for positive. */
  readonly roc: readonly CurvePoint[];
  readonly rocArea: number;
  readonly rocInterval: Interval | undefined;
  /** Precision, at each share of the positives found. */
  readonly precision: readonly CurvePoint[];
  readonly averagePrecision: number;
  readonly precisionInterval: Interval | undefined;
}
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}
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

/** Curves are drawn through so many points: more are not seen. */
const GRID = Array.from({ length: 51 }, (_, at) => at / 50);
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
    const roc = rocCurve(scores, isPositive);
    const precision = precisionRecallCurve(scores, isPositive);
    const [area, mean] = [rocArea(scores, isPositive), averagePrecision(scores, isPositive)];
    if (roc === undefined || precision === undefined || area === undefined || mean === undefined) continue;
    const positives = isPositive.reduce((sum, flag) => sum + flag, 0);
    const interval = deLong(scores, isPositive);
    curves.push({
      label: labels[one] ?? '',
      positives,
      roc: onGrid(roc),
      rocArea: area,
      rocInterval: interval && { low: interval.low, high: interval.high },
      precision: precisionOnGrid(precision),
      averagePrecision: mean,
      precisionInterval: precisionInterval(mean, positives),
    });
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

/** Straight between its points; of several at one place the highest. */
function onGrid(roc: readonly RocPoint[]): CurvePoint[] {
  let at = 0;
  return GRID.map((x) => {
    while (at + 1 < roc.length && roc[at + 1]!.falsePositives <= x) at += 1;
    const [before, after] = [roc[at]!, roc[at + 1]];
    if (after === undefined) return { x, y: before.truePositives };
    const share = (x - before.falsePositives) / (after.falsePositives - before.falsePositives);
    return { x, y: before.truePositives + share * (after.truePositives - before.truePositives) };
  });
}

/** At the highest threshold that finds so many: nothing is drawn between points, which would flatter (Davis & Goadrich 2006). */
function precisionOnGrid(curve: readonly PrecisionRecallPoint[]): CurvePoint[] {
  let at = 0;
  return GRID.map((x) => {
    while (at + 1 < curve.length && curve[at]!.recall < x) at += 1;
    return { x, y: curve[at]!.precision };
  });
}

/** Boyd, Eng & Page 2013, "Area under the Precision-Recall Curve", §3.2: ln odds of the area vary by 1/√(positives · area · (1 − area)). */
function precisionInterval(area: number, positives: number): Interval | undefined {
  if (!(area > 0 && area < 1)) return undefined;
  const middle = Math.log(area / (1 - area));
  const reach = z95 / Math.sqrt(positives * area * (1 - area));
  const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
  return { low: logistic(middle - reach), high: logistic(middle + reach) };
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
