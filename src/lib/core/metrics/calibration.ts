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

/** Confidence against accuracy, by the class predicted. */
export function reliability(scored: ScoredClasses, bins = 10): ReliabilityBin[] {
  const counts = new Float64Array(bins);
  const confidences = new Float64Array(bins);
  const hits = new Float64Array(bins);
  const { classes, shares, targets } = scored;
  for (let row = 0; row < targets.length; row += 1) {
    const best = predictedClass(shares, row, classes);
    const confidence = shares[row * classes + best]!;
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
    counts[bin]! += 1;
    confidences[bin]! += confidence;
    if (targets[row] === best) hits[bin]! += 1;
  }
  return Array.from(counts, (count, bin) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    count,
    confidence: count === 0 ? undefined : confidences[bin]! / count,
    accuracy: count === 0 ? undefined : hits[bin]! / count,
  }));
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
