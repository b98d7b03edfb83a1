// The area under the ROC curve out of two histograms of scores, of rows of a class and of all others. Within a bin the order is not known:
// its pairs count half, as equal scores do. A model that orders rows well is so never flattered.

import { SURVEY_BINS } from './tally.ts';

const LOGITS = 12;
const REACH = Math.asinh(2 * LOGITS);

/** `share`: of the way from −1 to 1. */
function binAt(share: number, bins: number): number {
  const place = Math.floor(((share + 1) / 2) * bins);
  return Number.isNaN(place) ? bins / 2 : Math.min(bins - 1, Math.max(0, place));
}

const logitOf = (chance: number): number => Math.log(chance / (1 - chance));

/**
 * Chances crowd at 0 and 1, and those of a model that has learnt little around the share of its class, wherever that is: bins are equal in
 * the logit, up to ±LOGITS. Of 1024 the area is within a thousandth of the exact one, whatever the share of the class, where logits of a
 * class spread by 0.2 or more, and within 0.002 at 0.1; of 512 within 0.002 and 0.007 (shares of 0.001 to 0.5, true area 0.8).
 */
export const logitBin = (chance: number, bins: number): number => binAt(logitOf(chance) / LOGITS, bins);

/**
 * Of a survey, whose few bins are equal in asinh(2 · logit): the chance itself near ½, and the logarithm of the logit far out.
 * The area is within 0.002 of the exact one for shares of 0.3 to 0.5 and logits that spread by 0.2, and for shares of 0.02 to 0.5 by 1. A
 * rare class of which little is learnt is told too near to ½: of 1 % by 0.006 at a spread of 0.5, by 0.04 at 0.2, by 0.08 at 0.1.
 */
export const surveyBin = (chance: number): number =>
  binAt(Math.asinh(2 * logitOf(chance)) / REACH, SURVEY_BINS);

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
