// What an evaluation returns: counts and sums only, so that tallies of many devices add up to exactly the pooled figure.
// A finished ratio never crosses the wire (averaged ratios are wrong: WORKFLOW's V1 measures by how much).
import * as v from 'valibot';

/** Of the histograms of a class's chances (score-curve.ts): of more classes fewer, as what a device tells is one message. */
export const scoreBins = (classes: number): number => (classes > 5 ? 512 : 1024);
/** Of more classes the order of scores is not counted: two histograms each would make a tally of many kilobytes. */
export const MOST_RANKED = 10;
const MOST_RANKS = 2 * Math.max(5 * scoreBins(5), MOST_RANKED * scoreBins(MOST_RANKED));
/** Of the same in a survey, whose vector has all bins, empty or not. */
export const SURVEY_BINS = 128;
/** The same of a survey, which asks once and not of every version. */
export const MOST_SURVEYED = 20;
/** Of confidence, from 0 to 1. */
export const CALIBRATION_BINS = 10;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sum = v.pipe(v.number(), v.finite());

const bins = v.pipe(v.array(count), v.length(CALIBRATION_BINS));
/** By the chance of the class that comes first, in bins of equal width, (from, to]: rows, those that are right, and Σ of the chance. */
const CalibrationSums = v.strictObject({
  counts: bins,
  hits: bins,
  confidenceSums: v.pipe(v.array(sum), v.length(CALIBRATION_BINS)),
});
const ScoreSums = v.strictObject({
  /** Σ over rows of the squared distance of the chances from the truth; of two classes, of the second's chance alone. */
  squareSum: sum,
  calibration: CalibrationSums,
  /**
   * [S · 2 · scoreBins]: of each ranked class first the other rows by its chance in them, then its own; −n stands for n bins without rows.
   * Empty: too many classes.
   */
  ranks: v.pipe(v.array(v.pipe(v.number(), v.safeInteger())), v.maxLength(MOST_RANKS)),
});
export type ScoreSums = v.InferOutput<typeof ScoreSums>;
/** As figures take them: areas in place of the histograms that they were read of. */
const SettledScores = v.strictObject({
  /** Of each ranked class against the others; null: only one of the two occurs. */
  areas: v.pipe(v.array(v.nullable(v.number())), v.maxLength(MOST_SURVEYED)),
  /** Absent: a survey does not count these. */
  squareSum: v.exactOptional(sum),
  calibration: v.exactOptional(CalibrationSums),
  /** That they are of; absent: all of the tally. */
  rows: v.exactOptional(count),
});
export type SettledScores = v.InferOutput<typeof SettledScores>;
const classification = {
  type: v.literal('classification'),
  /** n: examples evaluated. */
  count,
  /** Σ −ln p(true class), nats. */
  lossSum: sum,
  /** [K · K], row = true class, column = predicted class. */
  confusion: v.pipe(v.array(count), v.maxLength(10_000)),
};
export const ClassificationTally = v.strictObject({
  ...classification,
  /** Absent: by a program before protocol 5, whose rows are then in no figure that is read of it. */
  scores: v.exactOptional(ScoreSums),
});
export const RegressionTally = v.strictObject({
  type: v.literal('regression'),
  count,
  /** Σ (ŷ − y)², Σ |ŷ − y|, Σ y, Σ y², in the target's own units. */
  squaredErrorSum: sum,
  absoluteErrorSum: sum,
  targetSum: sum,
  targetSquareSum: sum,
});
export const ClusteringTally = v.strictObject({
  type: v.literal('clustering'),
  count,
  /** Inertia: Σ ‖x − nearest centre‖², in encoded units. */
  squaredDistanceSum: v.pipe(sum, v.minValue(0)),
  /** [k]: rows next to each centre. */
  sizes: v.pipe(v.array(count), v.maxLength(256)),
});
export const Tally = v.variant('type', [ClassificationTally, RegressionTally, ClusteringTally]);
/** As views have it, and as figures are read of it. */
export const SettledTally = v.variant('type', [
  v.strictObject({ ...classification, scores: v.exactOptional(SettledScores) }),
  RegressionTally,
  ClusteringTally,
]);
export type SettledTally = v.InferOutput<typeof SettledTally>;
export type ClassificationTally = v.InferOutput<typeof ClassificationTally>;
export type RegressionTally = v.InferOutput<typeof RegressionTally>;
export type ClusteringTally = v.InferOutput<typeof ClusteringTally>;
export type Tally = v.InferOutput<typeof Tally>;
