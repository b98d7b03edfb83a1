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
export const ClusteringTally = v.strictObject({
  type: v.literal('clustering'),
  count,
  /** Inertia: Σ ‖x − nearest centre‖², in encoded units. */
  squaredDistanceSum: v.pipe(sum, v.minValue(0)),
  /** [k]: rows next to each centre. */
  sizes: v.pipe(v.array(count), v.maxLength(256)),
});
export const Tally = v.variant('type', [ClassificationTally, RegressionTally, ClusteringTally]);
export type ClassificationTally = v.InferOutput<typeof ClassificationTally>;
export type RegressionTally = v.InferOutput<typeof RegressionTally>;
export type ClusteringTally = v.InferOutput<typeof ClusteringTally>;
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
  if (a.type === 'clustering' && b.type === 'clustering') {
    if (a.sizes.length !== b.sizes.length) return undefined;
    return {
      type: 'clustering',
      count: a.count + b.count,
      squaredDistanceSum: a.squaredDistanceSum + b.squaredDistanceSum,
      sizes: a.sizes.map((size, index) => size + (b.sizes[index] ?? 0)),
    };
  }
  return undefined;
}

/** What a tally must be of: rows of so many classes, of a number, or next to so many centres. */
export type TallyShape =
  | { readonly type: 'classification'; readonly classes: number }
  | { readonly type: 'regression' }
  | { readonly type: 'clustering'; readonly clusters: number };

/** Whether a tally adds up and is of the expected kind: the check on what a device claims. */
export function tallyFits(tally: Tally, shape: TallyShape): boolean {
  const addsUp = (parts: readonly number[], wanted: number): boolean =>
    parts.length === wanted && parts.reduce((total, part) => total + part, 0) === tally.count;
  switch (shape.type) {
    case 'classification':
      return tally.type === shape.type && addsUp(tally.confusion, shape.classes ** 2) && tally.lossSum >= 0;
    case 'regression':
      return tally.type === shape.type;
    case 'clustering':
      return tally.type === shape.type && addsUp(tally.sizes, shape.clusters);
    default:
      return shape satisfies never;
  }
}

/** The tally of no rows. */
export function emptyTally(shape: TallyShape): Tally {
  switch (shape.type) {
    case 'classification':
      return { type: 'classification', count: 0, lossSum: 0, confusion: zeros(shape.classes ** 2) };
    case 'regression':
      return {
        type: 'regression',
        count: 0,
        squaredErrorSum: 0,
        absoluteErrorSum: 0,
        targetSum: 0,
        targetSquareSum: 0,
      };
    case 'clustering':
      return { type: 'clustering', count: 0, squaredDistanceSum: 0, sizes: zeros(shape.clusters) };
    default:
      return shape satisfies never;
  }
}

const zeros = (length: number): number[] => Array.from({ length }, () => 0);
