// What a model's outputs on held-out rows are worth: every figure with the interval that the number of rows allows, and whether one
// model is better than another on the same rows.
import type { DataContract } from '../../core/data/contract.ts';
import type { LearnerRows } from '../../core/learners/learner.ts';
import { calibrationError, reliability, type ReliabilityBin } from '../../core/metrics/calibration.ts';
import { classScores, predictedClass, type ClassScores } from '../../core/metrics/class-scores.ts';
import { averagePrecision, classArea, rocArea } from '../../core/metrics/curves.ts';
import { bootstrap, deLong } from '../../core/metrics/intervals.ts';
import { mcNemar } from '../../core/metrics/mcnemar.ts';
import { numberScores, type NumberScores } from '../../core/metrics/number-scores.ts';
import { wilson, type Interval } from '../../core/metrics/wilson.ts';

export interface ClassReport extends ClassScores {
  readonly type: 'classes';
  readonly accuracyInterval: Interval | undefined;
  /** Of the second class, or the mean of each class against all others. */
  readonly rocArea: number | undefined;
  readonly rocAreaInterval: Interval | undefined;
  readonly averagePrecision: number | undefined;
  readonly calibrationError: number | undefined;
  readonly reliability: readonly ReliabilityBin[];
}

/** In the target's own units. */
export interface NumberReport extends NumberScores {
  readonly type: 'number';
  readonly rmseInterval: Interval | undefined;
  readonly r2Interval: Interval | undefined;
}

export type Report = ClassReport | NumberReport;

/** How well each row was met: 1 or 0 for a class, minus the squared error for a number. Higher is better. */
export type RowMerits = Float64Array<ArrayBuffer>;

export interface Judged {
  readonly report: Report;
  readonly merits: RowMerits;
}

const DRAWS = 1000;

/** undefined where there is no row. `outputs` as a Fitted predicts them; without `draws` there is no interval that takes any. */
export function judge(
  contract: DataContract,
  outputs: Float64Array,
  rows: LearnerRows,
  seed: number,
  draws = DRAWS,
): Judged | undefined {
  if (rows.count === 0) return undefined;
  const { target } = contract.kind === 'table' ? contract : { target: { type: 'classes' } as const };
  if (target.type === 'number') return judgeNumbers(target, outputs, rows, seed, draws);
  const classes = outputs.length / rows.count;
  const scored = { classes, shares: outputs, targets: rows.targets };
  const scores = classScores(scored);
  if (scores === undefined) return undefined;
  const merits = Float64Array.from({ length: rows.count }, (_, row) =>
    predictedClass(outputs, row, classes) === rows.targets[row] ? 1 : 0,
  );
  const bins = reliability(scored);
  return {
    merits,
    report: {
      type: 'classes',
      ...scores,
      accuracyInterval: wilson(Math.round(scores.accuracy * rows.count), rows.count),
      rocArea: classArea(rocArea, outputs, rows.targets, classes),
      rocAreaInterval: classes === 2 ? areaInterval(outputs, rows) : undefined,
      averagePrecision: classArea(averagePrecision, outputs, rows.targets, classes),
      calibrationError: calibrationError(bins),
      reliability: bins,
    },
  };
}

function areaInterval(outputs: Float64Array, rows: LearnerRows): Interval | undefined {
  const found = deLong(
    Float64Array.from({ length: rows.count }, (_, row) => outputs[2 * row + 1]!),
    rows.targets,
  );
  return found && { low: found.low, high: found.high };
}

function judgeNumbers(
  { mean, standardDeviation }: { readonly mean: number; readonly standardDeviation: number },
  outputs: Float64Array,
  rows: LearnerRows,
  seed: number,
  draws: number,
): Judged | undefined {
  const inUnits = (value: number): number => value * standardDeviation + mean;
  const predicted = outputs.map(inUnits);
  const targets = Float64Array.from(rows.targets, inUnits);
  const scores = numberScores(predicted, targets);
  if (scores === undefined) return undefined;
  const drawn = (figure: (errors: number, spread: number, count: number) => number): Interval | undefined =>
    bootstrap(
      rows.count,
      (draw) => {
        let errors = 0;
        let sum = 0;
        let squares = 0;
        for (const row of draw) {
          errors += (predicted[row]! - targets[row]!) ** 2;
          // Against the contract's mean, so that squares lose no digits.
          const target = targets[row]! - mean;
          sum += target;
          squares += target * target;
        }
        return figure(errors, squares - (sum * sum) / draw.length, draw.length);
      },
      { seed, draws },
    );
  return {
    merits: predicted.map((value, row) => -((value - targets[row]!) ** 2)),
    report: {
      type: 'number',
      ...scores,
      rmseInterval: drawn((errors, _, count) => Math.sqrt(errors / count)),
      r2Interval: drawn((errors, spread) => (spread > 0 ? 1 - errors / spread : NaN)),
    },
  };
}

/** The figure that models are ranked by, higher better: accuracy, or −RMSE. */
export const meritOf = (report: Report): number =>
  report.type === 'classes' ? report.accuracy : -report.rmse;

export interface Comparison {
  /** Accuracy gained, or RMSE spared, by the first over the second. */
  readonly gain: number;
  /** 95 %, over draws of the rows. */
  readonly interval: Interval | undefined;
  /** McNemar's, for classes. */
  readonly pValue: number | undefined;
}

/** The first model against the second, on the same rows. */
export function compareModels(first: Judged, second: Judged, seed: number): Comparison {
  const count = first.merits.length;
  const gain = meritOf(first.report) - meritOf(second.report);
  const isClasses = first.report.type === 'classes';
  const figure = (merits: RowMerits, draw: Uint32Array): number => {
    let sum = 0;
    for (const row of draw) sum += merits[row]!;
    return isClasses ? sum / draw.length : -Math.sqrt(-sum / draw.length);
  };
  const interval = bootstrap(count, (draw) => figure(first.merits, draw) - figure(second.merits, draw), {
    seed,
    draws: DRAWS,
  });
  if (!isClasses) return { gain, interval, pValue: undefined };
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let row = 0; row < count; row += 1) {
    if (first.merits[row]! > second.merits[row]!) onlyFirst += 1;
    if (first.merits[row]! < second.merits[row]!) onlySecond += 1;
  }
  return { gain, interval, pValue: mcNemar(onlyFirst, onlySecond).pValue };
}

/** Whether there is anything to learn: better than the same answer for all, beyond what the luck of the rows explains. */
export function verdictOf({ interval, gain }: Comparison): 'signal' | 'no signal' {
  return gain > 0 && interval !== undefined && interval.low > 0 ? 'signal' : 'no signal';
}
