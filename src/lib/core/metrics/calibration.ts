// Whether a share means what it says: of the rows that a model is 80 % sure of, 80 % ought to be right.
// Guo et al. 2017, "On Calibration of Modern Neural Networks", §2: confidence is the highest share, bins of equal width.
import { predictedClass, type ScoredClasses } from './class-scores.ts';

export interface ReliabilityBin {
  /** (from, to]: the first holds 0 too. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean confidence, and share that is right; undefined in an empty bin. */
  readonly confidence: number | undefined;
  readonly accuracy: number | undefined;
}

/** By bins of confidence: rows, those of them that are right, and Σ confidence. They add up over devices. */
export interface CalibrationSums {
  counts: number[];
  hits: number[];
  confidenceSums: number[];
}

/** Of so many equal ones. */
export const confidenceBin = (confidence: number, bins: number): number =>
  Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));

export const reliabilityBins = ({ counts, hits, confidenceSums }: CalibrationSums): ReliabilityBin[] =>
  counts.map((count, bin) => ({
    from: bin / counts.length,
    to: (bin + 1) / counts.length,
    count,
    confidence: count === 0 ? undefined : confidenceSums[bin]! / count,
    accuracy: count === 0 ? undefined : hits[bin]! / count,
  }));

/** Confidence against accuracy, by the class predicted. */
export function reliability(scored: ScoredClasses, bins = 10): ReliabilityBin[] {
  const zeros = (): number[] => Array.from({ length: bins }, () => 0);
  const sums: CalibrationSums = { counts: zeros(), hits: zeros(), confidenceSums: zeros() };
  const { classes, shares, targets } = scored;
  for (let row = 0; row < targets.length; row += 1) {
    const best = predictedClass(shares, row, classes);
    const confidence = shares[row * classes + best]!;
    const bin = confidenceBin(confidence, bins);
    sums.counts[bin]! += 1;
    sums.confidenceSums[bin]! += confidence;
    if (targets[row] === best) sums.hits[bin]! += 1;
  }
  return reliabilityBins(sums);
}

/** Expected calibration error, eq. 3: Σ count/n · |accuracy − confidence|; undefined where there is no row. */
export function calibrationError(bins: readonly ReliabilityBin[]): number | undefined {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  return bins.reduce(
    (sum, { count, confidence = 0, accuracy = 0 }) => sum + (count / total) * Math.abs(accuracy - confidence),
    0,
  );
}
