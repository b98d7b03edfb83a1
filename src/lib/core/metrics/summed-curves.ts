// Curves and areas with their intervals out of the histograms of scores that tallies add up to: of all rows together.
// Rows of one bin are one step of a curve and half above each other, so that an area is what figures say, and its interval DeLong's over
// bins (intervals.ts has what that assumes). A mean over classes has none: the same rows are in each, and how areas go together is lost.
import { classCurve, type ClassCurve } from './class-curve.ts';
import { stepsOfBins } from './curves.ts';
import { deLongOfBins } from './intervals.ts';
import { rankedClasses, rankHistograms, settledScores } from './score-sums.ts';
import type { Tally } from './tally.ts';
import { shapeOf } from './tally-sums.ts';
import type { Interval } from './wilson.ts';

export interface SummedCurves {
  /** That they are of. */
  readonly rows: number;
  /** Each class against all others; of two, the second alone. One that does not occur, or alone, is left out. */
  readonly curves: readonly ClassCurve[];
}

/** undefined: nothing of scores was counted, or of too few rows to speak for all. */
export function summedCurves(tally: Tally, labels: readonly string[]): SummedCurves | undefined {
  const shape = shapeOf(tally);
  if (tally.type !== 'classification' || shape.type !== 'classification' || tally.scores === undefined)
    return undefined;
  const { classes } = shape;
  const settled = settledScores(tally.scores, classes, tally.count);
  if (settled === undefined) return undefined;
  const ranked = rankedClasses(classes);
  const curves = rankHistograms(tally.scores.ranks, classes).flatMap(({ own, others }, at) => {
    const label = labels[ranked[at]!] ?? String(ranked[at]);
    return classCurve(label, stepsOfBins(own, others), deLongOfBins(own, others)) ?? [];
  });
  return { rows: settled.rows ?? tally.count, curves };
}

export interface ClassArea {
  readonly label: string;
  readonly area: number;
  /** null: of fewer than two rows of a kind. */
  readonly interval: Interval | null;
}

/** Areas below ROC curves alone; none where there are no curves. */
export const summedAreas = (tally: Tally, labels: readonly string[]): readonly ClassArea[] =>
  (summedCurves(tally, labels)?.curves ?? []).map(({ label, rocArea, rocInterval }) => ({
    label,
    area: rocArea,
    interval: rocInterval ?? null,
  }));
