// What chances of classes say beyond the class that they put first: how well they order rows (ROC area), how far they are from the truth
// (Brier), and whether they mean what they say (calibration). All are sums over rows, so that those of many devices add up to what all rows
// together give; a finished area would not (WORKFLOW, V1: pooled 0.9463, mean of the devices' own 0.9795).
import { confidenceBin } from './calibration.ts';
import { areaUnderCurve, scoreBin } from './score-curve.ts';
import { CALIBRATION_BINS, MOST_RANKED, SCORE_BINS, type ScoreSums, type SettledScores } from './tally.ts';

/** Of two classes the second alone: the first's order is that one turned round. */
export const rankedClasses = (classes: number): readonly number[] =>
  classes === 2 ? [1] : classes > MOST_RANKED ? [] : Array.from({ length: classes }, (_, one) => one);

const zeros = (length: number): number[] => Array.from({ length }, () => 0);

/** Counts rows of so many classes, one at a time: its chances [classes], its class, and the class that comes first. */
export function scoreCounter(classes: number): {
  add(chances: ArrayLike<number>, target: number, best: number): void;
  readonly sums: ScoreSums;
} {
  const ranked = rankedClasses(classes);
  const sums: ScoreSums = {
    squareSum: 0,
    calibration: {
      counts: zeros(CALIBRATION_BINS),
      hits: zeros(CALIBRATION_BINS),
      confidenceSums: zeros(CALIBRATION_BINS),
    },
    ranks: zeros(ranked.length * 2 * SCORE_BINS),
  };
  const { calibration, ranks } = sums;
  return {
    sums,
    add(chances, target, best) {
      for (let one = classes === 2 ? 1 : 0; one < classes; one += 1)
        sums.squareSum += (chances[one]! - (target === one ? 1 : 0)) ** 2;
      const bin = confidenceBin(chances[best]!, CALIBRATION_BINS);
      calibration.counts[bin]! += 1;
      calibration.confidenceSums[bin]! += chances[best]!;
      if (best === target) calibration.hits[bin]! += 1;
      for (let at = 0; at < ranked.length; at += 1) {
        const one = ranked[at]!;
        ranks[(2 * at + (target === one ? 1 : 0)) * SCORE_BINS + scoreBin(chances[one]!)]! += 1;
      }
    },
  };
}

const added = (a: readonly number[], b: readonly number[]): number[] => a.map((value, at) => value + b[at]!);

/** Of as many classes both. */
export const addScores = (a: ScoreSums, b: ScoreSums): ScoreSums => ({
  squareSum: a.squareSum + b.squareSum,
  calibration: {
    counts: added(a.calibration.counts, b.calibration.counts),
    hits: added(a.calibration.hits, b.calibration.hits),
    confidenceSums: added(a.calibration.confidenceSums, b.calibration.confidenceSums),
  },
  ranks: added(a.ranks, b.ranks),
});

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Whether sums can be those of the rows of a confusion matrix [K · K]: the check on what a device claims. */
export function scoresFit(
  { squareSum, calibration: { counts, hits, confidenceSums }, ranks }: ScoreSums,
  confusion: readonly number[],
  classes: number,
): boolean {
  const rows = total(confusion);
  const support = (one: number): number => total(confusion.slice(one * classes, (one + 1) * classes));
  const right = total(confusion.filter((_, cell) => cell % (classes + 1) === 0));
  const ranked = rankedClasses(classes);
  const half = (at: number): number => total(ranks.slice(at * SCORE_BINS, (at + 1) * SCORE_BINS));
  // Sums of so many chances round a little above what they are of.
  const within = (sum: number, most: number): boolean => sum >= 0 && sum <= most + 1e-6;
  return (
    within(squareSum, classes === 2 ? rows : 2 * rows) &&
    total(counts) === rows &&
    total(hits) === right &&
    counts.every((count, bin) => hits[bin]! <= count && within(confidenceSums[bin]!, count)) &&
    ranks.length === ranked.length * 2 * SCORE_BINS &&
    ranked.every((one, at) => half(2 * at + 1) === support(one) && half(2 * at) === rows - support(one))
  );
}

export function settledScores({ squareSum, calibration, ranks }: ScoreSums): SettledScores {
  const areas = Array.from({ length: ranks.length / (2 * SCORE_BINS) }, (_, at) => {
    const from = 2 * at * SCORE_BINS;
    const [middle, to] = [from + SCORE_BINS, from + 2 * SCORE_BINS];
    return areaUnderCurve(ranks.slice(middle, to), ranks.slice(from, middle)) ?? null;
  });
  return { areas, squareSum, calibration };
}
