// What chances of classes say beyond the class that they put first: how well they order rows (ROC area), how far they are from the truth
// (Brier), and whether they mean what they say (calibration). All are sums over rows, so that those of many devices add up to what all rows
// together give; a finished area would not (WORKFLOW, V1: pooled 0.9463, mean of the devices' own 0.9795).
import { confidenceBin } from './calibration.ts';
import { areaUnderCurve, logitBin } from './score-curve.ts';
import { CALIBRATION_BINS, MOST_RANKED, scoreBins, type ScoreSums, type SettledScores } from './tally.ts';

/** Of two classes the second alone: the first's order is that one turned round. */
export const rankedClasses = (classes: number): readonly number[] =>
  classes === 2 ? [1] : classes > MOST_RANKED ? [] : Array.from({ length: classes }, (_, one) => one);

const zeros = (length: number): number[] => Array.from({ length }, () => 0);

const rankCount = (classes: number): number => rankedClasses(classes).length * 2 * scoreBins(classes);

/** Most bins are empty: each run of such is one number, below nothing. */
function packed(counts: readonly number[]): number[] {
  const told: number[] = [];
  for (const count of counts)
    if (count > 0) told.push(count);
    else if (told.length > 0 && told.at(-1)! < 0) told[told.length - 1]! -= 1;
    else told.push(-1);
  return told;
}

/** What would lie beyond `length` is left out. */
function unpacked(told: readonly number[], length: number): number[] {
  const counts = zeros(length);
  let at = 0;
  for (const one of told) {
    if (at >= length) break;
    if (one >= 0) counts[at] = one;
    at += one < 0 ? -one : 1;
  }
  return counts;
}
const unpackedLength = (told: readonly number[]): number => total(told.map((one) => (one < 0 ? -one : 1)));

/** Counts rows of so many classes, one at a time: its chances [classes], its class, and the class that comes first. */
export function scoreCounter(classes: number): {
  add(chances: ArrayLike<number>, target: number, best: number): void;
  readonly sums: ScoreSums;
} {
  const ranked = rankedClasses(classes);
  const bins = scoreBins(classes);
  const calibration = {
    counts: zeros(CALIBRATION_BINS),
    hits: zeros(CALIBRATION_BINS),
    confidenceSums: zeros(CALIBRATION_BINS),
  };
  const ranks = zeros(rankCount(classes));
  let squareSum = 0;
  return {
    get sums() {
      return { squareSum, calibration, ranks: packed(ranks) };
    },
    add(chances, target, best) {
      for (let one = classes === 2 ? 1 : 0; one < classes; one += 1)
        squareSum += (chances[one]! - (target === one ? 1 : 0)) ** 2;
      const bin = confidenceBin(chances[best]!, CALIBRATION_BINS);
      calibration.counts[bin]! += 1;
      calibration.confidenceSums[bin]! += chances[best]!;
      if (best === target) calibration.hits[bin]! += 1;
      for (let at = 0; at < ranked.length; at += 1) {
        const one = ranked[at]!;
        ranks[(2 * at + (target === one ? 1 : 0)) * bins + logitBin(chances[one]!, bins)]! += 1;
      }
    },
  };
}

const added = (a: readonly number[], b: readonly number[]): number[] => a.map((value, at) => value + b[at]!);

/** Of as many classes both. */
export const addScores = (a: ScoreSums, b: ScoreSums, classes: number): ScoreSums => ({
  squareSum: a.squareSum + b.squareSum,
  calibration: {
    counts: added(a.calibration.counts, b.calibration.counts),
    hits: added(a.calibration.hits, b.calibration.hits),
    confidenceSums: added(a.calibration.confidenceSums, b.calibration.confidenceSums),
  },
  ranks: packed(added(unpacked(a.ranks, rankCount(classes)), unpacked(b.ranks, rankCount(classes)))),
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
  const bins = scoreBins(classes);
  const ranksOf = unpacked(ranks, rankCount(classes));
  const half = (at: number): number => total(ranksOf.slice(at * bins, (at + 1) * bins));
  // Sums of so many chances round a little above what they are of.
  const within = (sum: number, most: number): boolean => sum >= 0 && sum <= most + 1e-6;
  return (
    within(squareSum, classes === 2 ? rows : 2 * rows) &&
    total(counts) === rows &&
    total(hits) === right &&
    counts.every((count, bin) => hits[bin]! <= count && within(confidenceSums[bin]!, count)) &&
    unpackedLength(ranks) === ranksOf.length &&
    ranked.every((one, at) => half(2 * at + 1) === support(one) && half(2 * at) === rows - support(one))
  );
}

/** Of each ranked class its rows and all others by bins of its chance, lowest first: [scoreBins] each. */
export function rankHistograms(
  ranks: ScoreSums['ranks'],
  classes: number,
): { readonly own: number[]; readonly others: number[] }[] {
  const bins = scoreBins(classes);
  const all = unpacked(ranks, rankCount(classes));
  return rankedClasses(classes).map((_, at) => {
    const from = 2 * at * bins;
    const [middle, to] = [from + bins, from + 2 * bins];
    return { own: all.slice(middle, to), others: all.slice(from, middle) };
  });
}

/** Of a tally of so many rows. undefined: they are of less than half of them, which do not speak for all. */
export function settledScores(
  { squareSum, calibration, ranks }: ScoreSums,
  classes: number,
  count: number,
): SettledScores | undefined {
  const rows = total(calibration.counts);
  if (rows * 2 < count) return undefined;
  const areas = rankHistograms(ranks, classes).map(({ own, others }) => areaUnderCurve(own, others) ?? null);
  return { areas, squareSum, calibration, ...(rows === count ? {} : { rows }) };
}
