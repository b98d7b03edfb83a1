// What a version does on all devices' held-out rows: the confusion matrix and histograms of scores, of which AUC is read, or sums of errors.
// Everything is a sum, so that the figures are those of all rows together: a mean of the devices' own F1 or AUC is another number, and
// wrong (WORKFLOW, §2).
import * as v from 'valibot';
import { classLabels, type DataContract } from '../data/contract.ts';
import { MOST_SURVEYED, SURVEY_BINS, Tally } from '../metrics/tally.ts';
import { VersionNumber } from '../ids.ts';
import { areaUnderCurve, surveyBin } from '../metrics/score-curve.ts';
import { classesOf, outputsOf, predictedClass, wholeCounts } from './scored-rows.ts';
import type { Measured, Shape, Statistic, Total } from './statistic.ts';

/** −ln p beyond which a row counts as no worse, nats. */
const MOST_LOSS = 16;
/** Errors and numbers beyond so many standard deviations of the target count as no further. */
const DEVIATIONS = 8;

export const Asked = v.strictObject({ statistic: v.literal('evaluation'), version: VersionNumber });
export type Asked = v.InferOutput<typeof Asked>;

export const Figures = v.strictObject({
  statistic: v.literal('evaluation'),
  version: VersionNumber,
  /** Of all rows together; noisy counts are rounded, and none is below nothing. */
  tally: Tally,
  /** Of each class against the others; null: it cannot be had. */
  auc: v.array(v.nullable(v.number())),
});
export type Figures = v.InferOutput<typeof Figures>;

/** Beyond so many scores would make the vector too long: their AUC is left out. */
const scoredClasses = (classes: number): number =>
  classes > MOST_SURVEYED ? 0 : classes === 2 ? 1 : classes;

function ofClasses(classes: number): Shape {
  const scored = scoredClasses(classes);
  return {
    counts: classes * classes + scored * 2 * SURVEY_BINS,
    sums: 1,
    // One cell of the matrix, one bin of each class, and the loss.
    reach: Math.sqrt(2 + scored),
  };
}

function measureClasses(measured: Measured, classes: number): Float64Array<ArrayBuffer> {
  const outputs = outputsOf(measured);
  const { counts, sums } = ofClasses(classes);
  const scored = scoredClasses(classes);
  const values = new Float64Array(counts + sums);
  for (let row = 0; row < measured.count; row += 1) {
    const truth = measured.targets[row]!;
    values[truth * classes + predictedClass(outputs, row, classes)]! += 1;
    for (let one = 0; one < scored; one += 1) {
      // Of two classes the second is the one that is looked for.
      const of = classes === 2 ? 1 : one;
      const half = truth === of ? 1 : 0;
      const bin = surveyBin(outputs[row * classes + of]!);
      values[classes * classes + (2 * one + half) * SURVEY_BINS + bin]! += 1;
    }
    const loss = -Math.log(outputs[row * classes + truth]!);
    values[counts]! += Math.min(MOST_LOSS, Math.max(0, loss)) / MOST_LOSS;
  }
  return values;
}

function readClasses(version: VersionNumber, classes: number, { values }: Total): Figures {
  const { counts } = ofClasses(classes);
  const all = Array.from(values);
  const confusion = wholeCounts(all.slice(0, classes * classes));
  const count = confusion.reduce((sum, cell) => sum + cell, 0);
  const auc = Array.from({ length: scoredClasses(classes) }, (_, one) => {
    const from = classes * classes + 2 * one * SURVEY_BINS;
    const others = all.slice(from, from + SURVEY_BINS);
    return areaUnderCurve(all.slice(from + SURVEY_BINS, from + 2 * SURVEY_BINS), others) ?? null;
  });
  const lossSum = Math.max(0, all[counts]! * MOST_LOSS);
  return {
    statistic: 'evaluation',
    version,
    tally: { type: 'classification', count, lossSum, confusion },
    auc,
  };
}

/** n, then Σe², Σ|e|, Σy, Σy², each scaled to ±1. */
const OF_NUMBERS: Shape = { counts: 1, sums: 4, reach: Math.sqrt(5) };

function measureNumbers(measured: Measured): Float64Array<ArrayBuffer> {
  const outputs = outputsOf(measured);
  const values = new Float64Array(5);
  const scaled = (value: number): number => Math.min(1, Math.max(-1, value / DEVIATIONS));
  for (let row = 0; row < measured.count; row += 1) {
    const y = scaled(measured.targets[row]!);
    const error = scaled(outputs[row]! - measured.targets[row]!);
    values[0]! += 1;
    values[1]! += error * error;
    values[2]! += Math.abs(error);
    values[3]! += y;
    values[4]! += y * y;
  }
  return values;
}

function readNumbers(version: VersionNumber, contract: DataContract, { values }: Total): Figures {
  if (contract.kind !== 'table' || contract.target.type !== 'number')
    throw new Error('The target is no number.');
  const { mean, standardDeviation } = contract.target;
  const unit = DEVIATIONS * standardDeviation;
  const [count = 0, squares = 0, absolutes = 0, sum = 0, targetSquares = 0] = Array.from(values);
  const rows = Math.max(0, Math.round(count));
  return {
    statistic: 'evaluation',
    version,
    tally: {
      type: 'regression',
      count: rows,
      squaredErrorSum: Math.max(0, squares) * unit * unit,
      absoluteErrorSum: Math.max(0, absolutes) * unit,
      targetSum: sum * unit + rows * mean,
      targetSquareSum: targetSquares * unit * unit + 2 * mean * sum * unit + rows * mean * mean,
    },
    auc: [],
  };
}

export const statistic: Statistic<Asked, Figures> = {
  name: 'evaluation',
  title: 'Evaluation of a version',
  per: 'row',
  of: 'version',
  check: () => undefined,
  shape(_, contract) {
    const classes = classesOf(contract);
    return classes === 0 ? OF_NUMBERS : ofClasses(classes);
  },
  measure(_, measured) {
    const classes = classLabels(measured.contract)?.length;
    return classes === undefined ? measureNumbers(measured) : measureClasses(measured, classes);
  },
  read({ version }, contract, total) {
    const classes = classLabels(contract)?.length;
    return classes === undefined
      ? readNumbers(version, contract, total)
      : readClasses(version, classes, total);
  },
};
