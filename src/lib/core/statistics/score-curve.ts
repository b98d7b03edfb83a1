// The area under the ROC curve out of two histograms of scores, of rows of a class and of all others. Within a bin the order is not known:
// its pairs count half, as equal scores do.

/** With so many the area is within a thousandth of the exact one (WORKFLOW, §2: 0.9463 by 128 bins, 0.9463 pooled). */
export const SCORE_BINS = 128;

/**
 * Chances crowd at 0 and 1, so bins are equal in their logit over ±LOGITS instead: equal in the chance, a model that is sure of itself
 * would have all of its rows in two bins. The order, and so the area, is the same.
 */
const LOGITS = 12;

export function scoreBin(chance: number): number {
  const logit = Math.log(chance / (1 - chance));
  const place = Math.floor(((logit + LOGITS) / (2 * LOGITS)) * SCORE_BINS);
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
