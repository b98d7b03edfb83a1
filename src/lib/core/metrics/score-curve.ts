// The area under the ROC curve out of two histograms of scores, of rows of a class and of all others. Within a bin the order is not known:
// its pairs count half, as equal scores do. A model that orders rows well is so never flattered.

import { SCORE_BINS } from './tally.ts';

/**
 * Chances crowd at 0 and 1, and those of a model that has learnt little around the share of each class: bins are equal in asinh(2 · logit),
 * which is the chance itself near ½ and the logarithm of the logit far out, up to ±LOGITS. Equal in the chance, the rows of a model that
 * is sure of itself lay in two bins; equal in the logit, those of one that is not. The order, and so the area, is the same in each.
 */
const LOGITS = 12;
const REACH = Math.asinh(2 * LOGITS);

export function scoreBin(chance: number): number {
  const logit = Math.log(chance / (1 - chance));
  const place = Math.floor(((Math.asinh(2 * logit) / REACH + 1) / 2) * SCORE_BINS);
  return Number.isNaN(place) ? SCORE_BINS / 2 : Math.min(SCORE_BINS - 1, Math.max(0, place));
}

/** P(a row of the class scores above another). undefined: one of the two is empty. Noisy counts below nothing count as none. */
export function areaUnderCurve(of: readonly number[], others: readonly number[]): number | undefined {
  let [pairs, above, below] = [0, 0, 0];
  for (const [bin, count] of of.entries()) {
    const [own, other] = [Math.max(0, count), Math.max(0, others[bin] ?? 0)];
    above += own * (below + other / 2);
    below += other;
    pairs += own;
  }
  pairs *= below;
  return pairs > 0 ? above / pairs : undefined;
}
