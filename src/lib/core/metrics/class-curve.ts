// One class against the others, as it is drawn: its ROC and precision-recall curve on a grid, and the areas with their intervals.
import {
  areaOf,
  precisionOf,
  recallOf,
  rocOf,
  type PrecisionRecallPoint,
  type RocPoint,
  type Step,
} from './curves.ts';
import { z95, type Interval } from './wilson.ts';

export interface ClassCurve {
  readonly label: string;
  /** Rows of the class. */
  readonly positives: number;
  /** Share of the positives found, at each share of the others that are taken for positive. */
  readonly roc: readonly CurvePoint[];
  readonly rocArea: number;
  readonly rocInterval?: Interval | undefined;
  /** Precision, at each share of the positives found. */
  readonly precision: readonly CurvePoint[];
  readonly averagePrecision: number;
  readonly precisionInterval?: Interval | undefined;
}
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

/** Curves are drawn through so many points: more are not seen. */
const GRID = Array.from({ length: 51 }, (_, at) => at / 50);

/** undefined where one of the two kinds does not occur. `interval`: of the area below the ROC curve. */
export function classCurve(
  label: string,
  steps: readonly Step[],
  interval: Interval | undefined,
): ClassCurve | undefined {
  const [roc, precision] = [rocOf(steps), recallOf(steps)];
  const [area, mean] = [areaOf(roc), precisionOf(precision)];
  if (roc === undefined || precision === undefined || area === undefined || mean === undefined)
    return undefined;
  const positives = steps.at(-1)?.positives ?? 0;
  return {
    label,
    positives,
    roc: onGrid(roc),
    rocArea: area,
    rocInterval: interval && { low: interval.low, high: interval.high },
    precision: precisionOnGrid(precision),
    averagePrecision: mean,
    precisionInterval: precisionInterval(mean, positives),
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
