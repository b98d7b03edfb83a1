// Whether a score goes up with what it is a score of, by ranks alone: no scale and no threshold can hide or feign it, and where it says
// nothing the chance is known without a model of the rows.
import { normalTail } from '../privacy/complementary-error.ts';
import { midRanks } from './intervals.ts';

/**
 * How likely an area below the ROC curve at least as large is where the score says nothing (Mann & Whitney 1947, normal approximation).
 * Without the correction for ties, which would only lower it.
 */
export function areaPValue(area: number, positives: number, negatives: number): number {
  if (positives === 0 || negatives === 0) return 1;
  return normalTail((area - 0.5) * Math.sqrt((12 * positives * negatives) / (positives + negatives + 1)));
}

/** How likely a rank correlation (Spearman 1904) at least as large is where the two go their own ways: ρ √(n − 1) is about normal. */
export function rankPValue(scores: ArrayLike<number>, truths: ArrayLike<number>): number {
  const [a, b] = [midRanks(scores), midRanks(truths)];
  const middle = (scores.length + 1) / 2;
  let [both, first, second] = [0, 0, 0];
  for (let row = 0; row < a.length; row += 1) {
    const [x, y] = [a[row]! - middle, b[row]! - middle];
    both += x * y;
    first += x * x;
    second += y * y;
  }
  if (first === 0 || second === 0) return 1;
  return normalTail((both / Math.sqrt(first * second)) * Math.sqrt(a.length - 1));
}
