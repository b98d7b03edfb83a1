// How far an area that a survey told could be off by the luck of its rows. A survey keeps the area and not the histograms, and Newcombe's
// interval takes no more than that and how many rows of each kind it is of.
import { newcombe } from './intervals.ts';
import type { Interval } from './wilson.ts';

/** Of the rarer of the two kinds. At such a share the survey's bins move an area by no more than 0.01, at logits that spread by 0.1 or more; of 1 % by 0.1 and more. */
export const LEAST_SURVEYED_SHARE = 0.3;

/**
 * Of exact counts; `own`: rows of the class, of `all`. undefined where one kind is so rare that the bins (score-curve.ts) may move the
 * area by more than the interval is wide.
 */
export const surveyedAreaInterval = (area: number, own: number, all: number): Interval | undefined =>
  Math.min(own, all - own) >= LEAST_SURVEYED_SHARE * all && all > 0
    ? newcombe(area, own, all - own)
    : undefined;
