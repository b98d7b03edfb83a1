// What a model's outputs on held-out rows are worth: every figure with the interval that the number of rows allows, and whether one
// model is better than another on the same rows.
import type { DataContract } from '../../core/data/contract.ts';
import type { LearnerRows } from '../../core/learners/learner.ts';
import { calibrationError, reliability, type ReliabilityBin } from '../../core/metrics/calibration.ts';
import { classScores, predictedClass, type ClassScores } from '../../core/metrics/class-scores.ts';
import { classAreas, meanArea } from '../../core/metrics/curves.ts';
import { bootstrap, deLong, deltaInterval } from '../../core/metrics/intervals.ts';
import { mcNemar } from '../../core/metrics/mcnemar.ts';
import { numberScores, type NumberScores } from '../../core/metrics/number-scores.ts';
import { areaPValue, rankPValue } from '../../core/metrics/rank-test.ts';
import { wilson, z95, type Interval } from '../../core/metrics/wilson.ts';

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
  /** How likely an order of the rows as good as this is by luck alone: of each class, or of the number. */
  readonly rankPValues: readonly number[];
}

const DRAWS = 1000;
/** Of more rows the delta method answers at once, and as well; a bootstrap would hold this thread for seconds. */
const BOOTSTRAPPED_ROWS = 1000;

/** The figure that models are ranked by and nothing else, for whoever asks often: accuracy, or −RMSE in the target's own units. */
export function meritOfOutputs(contract: DataContract, outputs: Float64Array, rows: LearnerRows): number {
  const { count, targets } = rows;
  if (contract.kind === 'table' && contract.target.type === 'number') {
    let squares = 0;
    for (let row = 0; row < count; row += 1) squares += (outputs[row]! - targets[row]!) ** 2;
    return -contract.target.standardDeviation * Math.sqrt(squares / count);
  }
  const classes = outputs.length / count;
  let hits = 0;
  for (let row = 0; row < count; row += 1)
    if (predictedClass(outputs, row, classes) === targets[row]) hits += 1;
  return hits / count;
}

/** undefined where there is no row. `outputs` as a Fitted predicts them. Of many rows and classes it takes seconds, in steps. */
export function* judging(
  contract: DataContract,
  outputs: Float64Array,
  rows: LearnerRows,
  seed: number,
): Generator<void, Judged | undefined, undefined> {
  if (rows.count === 0) return undefined;
  const { target } = contract.kind === 'table' ? contract : { target: { type: 'classes' } as const };
  if (target.type === 'number') return judgeNumbers(target, outputs, rows, seed);
  const classes = outputs.length / rows.count;
  const scored = { classes, shares: outputs, targets: rows.targets };
  const scores = classScores(scored);
  if (scores === undefined) return undefined;
  yield;
  const merits = rowMerits(contract, outputs, rows);
  const bins = reliability(scored);
  yield;
  const areas = yield* classAreas(outputs, rows.targets, classes);
  return {
    merits,
    rankPValues: areas.map(({ roc, positives }) =>
      roc === undefined ? 1 : areaPValue(roc, positives, rows.count - positives),
    ),
    report: {
      type: 'classes',
      ...scores,
      accuracyInterval: wilson(Math.round(scores.accuracy * rows.count), rows.count),
      rocArea: meanArea(areas.map((one) => one.roc)),
      rocAreaInterval: classes === 2 ? areaInterval(outputs, rows) : undefined,
      averagePrecision: meanArea(areas.map((one) => one.precision)),
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
      { seed, draws: DRAWS },
    );
  const merits = predicted.map((value, row) => -((value - targets[row]!) ** 2));
  const isMany = rows.count > BOOTSTRAPPED_ROWS;
  return {
    merits,
    rankPValues: [rankPValue(predicted, targets)],
    report: {
      type: 'number',
      ...scores,
      rmseInterval: isMany
        ? deltaInterval(scores.rmse, rmseInfluences(merits, scores.rmse))
        : drawn((errors, _, count) => Math.sqrt(errors / count)),
      r2Interval: isMany
        ? r2ByDelta(merits, targets, scores)
        : drawn((errors, spread) => (spread > 0 ? 1 - errors / spread : NaN)),
    },
  };
}

/** d √E = dE / (2 √E): what each row's squared error moves. */
const rmseInfluences = (merits: RowMerits, rmse: number): Float64Array<ArrayBuffer> =>
  merits.map((merit) => (rmse > 0 ? -merit / (2 * rmse) : 0));

/** R² = 1 − E/S: −dE/S + E dS/S². */
function r2ByDelta(
  merits: RowMerits,
  targets: Float64Array,
  { rmse, r2 }: NumberScores,
): Interval | undefined {
  if (r2 === undefined) return undefined;
  const mean = targets.reduce((sum, target) => sum + target, 0) / targets.length;
  const spread = targets.reduce((sum, target) => sum + (target - mean) ** 2, 0) / targets.length;
  const share = (rmse * rmse) / spread;
  return deltaInterval(
    r2,
    merits.map((merit, row) => (merit + share * (targets[row]! - mean) ** 2) / spread),
  );
}

/** The figure that models are ranked by, higher better: accuracy, or −RMSE. */
export const meritOf = (report: Report): number =>
  report.type === 'classes' ? report.accuracy : -report.rmse;

/** [rows]: what each row moves of that figure. */
export const meritInfluences = ({ report, merits }: Judged): RowMerits =>
  report.type === 'classes' ? merits : rmseInfluences(merits, report.rmse).map((influence) => -influence);

export interface Comparison {
  /** Accuracy gained, or RMSE spared, by the first over the second. */
  readonly gain: number;
  /** 95 %. */
  readonly interval: Interval | undefined;
  /** McNemar's, for classes. */
  readonly pValue: number | undefined;
}

/** The first model against the second, on the same rows. */
export const compareModels = (first: Judged, second: Judged, seed: number): Comparison =>
  compareMerits(first.report.type, first.merits, second.merits, seed);

/** [rows]: of outputs as a Fitted predicts them. */
export function rowMerits(contract: DataContract, outputs: ArrayLike<number>, rows: LearnerRows): RowMerits {
  const { count, targets } = rows;
  if (contract.kind === 'table' && contract.target.type === 'number') {
    const scale = contract.target.standardDeviation ** 2;
    return Float64Array.from({ length: count }, (_, row) => -scale * (outputs[row]! - targets[row]!) ** 2);
  }
  const classes = outputs.length / count;
  return Float64Array.from({ length: count }, (_, row) =>
    predictedClass(outputs, row, classes) === targets[row] ? 1 : 0,
  );
}

export function compareMerits(
  type: Report['type'],
  first: RowMerits,
  second: RowMerits,
  seed: number,
): Comparison {
  const count = first.length;
  if (type === 'classes') return compareClasses(first, second, meanOf(first) - meanOf(second));
  const [own, other] = [Math.sqrt(-meanOf(first)), Math.sqrt(-meanOf(second))];
  const gain = other - own;
  if (count > BOOTSTRAPPED_ROWS) {
    const ownInfluences = rmseInfluences(first, own);
    const otherInfluences = rmseInfluences(second, other);
    const interval = deltaInterval(
      gain,
      ownInfluences.map((influence, row) => otherInfluences[row]! - influence),
    );
    return { gain, interval, pValue: undefined };
  }
  const figure = (merits: RowMerits, draw: Uint32Array): number => {
    let sum = 0;
    for (const row of draw) sum += merits[row]!;
    return -Math.sqrt(-sum / draw.length);
  };
  const interval = bootstrap(count, (draw) => figure(first, draw) - figure(second, draw), {
    seed,
    draws: DRAWS,
  });
  return { gain, interval, pValue: undefined };
}

const meanOf = (merits: RowMerits): number => merits.reduce((sum, merit) => sum + merit, 0) / merits.length;

/** Shares of the same rows, from those that tell the models apart, half a row added to each cell (Agresti & Min 2005). */
function compareClasses(first: RowMerits, second: RowMerits, gain: number): Comparison {
  let [onlyFirst, onlySecond] = [0, 0];
  for (let row = 0; row < first.length; row += 1) {
    if (first[row]! > second[row]!) onlyFirst += 1;
    if (first[row]! < second[row]!) onlySecond += 1;
  }
  const count = first.length + 2;
  const middle = (onlyFirst - onlySecond) / count;
  const reach = z95 * Math.sqrt(((onlyFirst + onlySecond + 1) / count - middle * middle) / count);
  return {
    gain,
    interval: { low: Math.max(-1, middle - reach), high: Math.min(1, middle + reach) },
    pValue: mcNemar(onlyFirst, onlySecond).pValue,
  };
}
