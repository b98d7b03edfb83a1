// Gradient-boosted trees as data: what a coordinator types, and what is learnt from which target.
// Chen & Guestrin 2016, "XGBoost: A Scalable Tree Boosting System": the settings have the meaning that they have there.
import * as v from 'valibot';
import type { TableContract } from '../data/contract.ts';

const whole = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(minimum), v.maxValue(maximum));
const between = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.minValue(minimum), v.maxValue(maximum));

/** Parsing `{}` gives every setting its default. */
export const TreesSpec = v.strictObject({
  /** Boosting stages; each grows one tree, or one a class where there are more than two. */
  stages: v.optional(whole(1, 1000), 40),
  /** Splits from the root to the deepest leaf. */
  depth: v.optional(whole(1, 8), 4),
  /** Bins of a column of numbers; missing cells have one more. */
  bins: v.optional(whole(2, 256), 32),
  /** Edges at quantiles, by one more round of counts; or evenly over what the contract allows and is usual. */
  binning: v.optional(v.picklist(['quantiles', 'range']), 'quantiles'),
  /** η: how much of each tree is believed. */
  learningRate: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1)), 0.1),
  /** λ: pulls the weights of leaves to zero. */
  lambda: v.optional(between(0, 1000), 1),
  /** γ: what a split must gain. */
  gamma: v.optional(between(0, 1000), 0),
  /** Σ of second derivatives below which no child is made. */
  minimumChildWeight: v.optional(between(0, 1_000_000), 1),
});
export type TreesSpec = v.InferOutput<typeof TreesSpec>;

/** logistic: two classes, one output, ln of the odds of the second. softmax: an output a class. squared-error: a number. */
export const objectives = ['logistic', 'softmax', 'squared-error'] as const;
export type Objective = (typeof objectives)[number];

export function objectiveOf(target: TableContract['target']): Objective {
  if (target.type === 'number') return 'squared-error';
  return target.classes.length === 2 ? 'logistic' : 'softmax';
}

/** Trees that a stage grows side by side, in the same rounds. */
export const outputsOf = (target: TableContract['target']): number =>
  target.type === 'classes' && target.classes.length > 2 ? target.classes.length : 1;

/**
 * Rounds that a whole ensemble takes at most: one a level, since a split's own sums give its children's weights, so that the
 * leaves need no round; and one of counts where edges lie at quantiles. A tree that stops early takes fewer.
 */
export const roundsNeeded = (spec: TreesSpec): number =>
  spec.stages * spec.depth + (spec.binning === 'quantiles' ? 1 : 0);
