// What an evaluation returns: counts and sums only, so that tallies of many devices add up to exactly the pooled figure.
// A finished ratio never crosses the wire (averaged ratios are wrong: WORKFLOW's V1 measures by how much).
import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sum = v.pipe(v.number(), v.finite());

export const ClassificationTally = v.strictObject({
  type: v.literal('classification'),
  /** n: examples evaluated. */
  count,
  /** Σ −ln p(true class), nats. */
  lossSum: sum,
  /** [K · K], row = true class, column = predicted class. */
  confusion: v.pipe(v.array(count), v.maxLength(10_000)),
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
export const Tally = v.variant('type', [ClassificationTally, RegressionTally]);
export type ClassificationTally = v.InferOutput<typeof ClassificationTally>;
export type RegressionTally = v.InferOutput<typeof RegressionTally>;
export type Tally = v.InferOutput<typeof Tally>;

/** The sum of two tallies of one kind and size; undefined where they do not fit together. */
export function addTallies(a: Tally, b: Tally): Tally | undefined {
  if (a.type === 'classification' && b.type === 'classification') {
    if (a.confusion.length !== b.confusion.length) return undefined;
    return {
      type: 'classification',
      count: a.count + b.count,
      lossSum: a.lossSum + b.lossSum,
      confusion: a.confusion.map((cell, index) => cell + (b.confusion[index] ?? 0)),
    };
  }
  if (a.type === 'regression' && b.type === 'regression')
    return {
      type: 'regression',
      count: a.count + b.count,
      squaredErrorSum: a.squaredErrorSum + b.squaredErrorSum,
      absoluteErrorSum: a.absoluteErrorSum + b.absoluteErrorSum,
      targetSum: a.targetSum + b.targetSum,
      targetSquareSum: a.targetSquareSum + b.targetSquareSum,
    };
  return undefined;
}

/** Whether a tally adds up and is of the expected kind: the check on what a device claims. */
export function tallyFits(tally: Tally, classes: number | undefined): boolean {
  if (tally.type === 'regression') return classes === undefined;
  return (
    classes !== undefined &&
    tally.confusion.length === classes * classes &&
    tally.confusion.reduce((total, cell) => total + cell, 0) === tally.count &&
    tally.lossSum >= 0
  );
}
