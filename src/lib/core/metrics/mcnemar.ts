// Whether two models that were scored on the same rows differ by more than luck.
import { normalTail } from '../privacy/complementary-error.ts';

export interface McNemar {
  /** Rows that only the first has right, and only the second. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** How likely a difference at least as large is where both are equally good; 1 where they never differ. */
  readonly pValue: number;
}

/**
 * Whether two models differ on the same rows (McNemar 1947): the exact binomial test up to 1,000 rows that tell them apart, beyond it
 * the normal approximation with Edwards's correction.
 */
export function mcNemar(onlyFirst: number, onlySecond: number): McNemar {
  const differing = onlyFirst + onlySecond;
  const answer = (pValue: number): McNemar => ({ onlyFirst, onlySecond, pValue: Math.min(1, pValue) });
  if (differing === 0) return answer(1);
  const fewer = Math.min(onlyFirst, onlySecond);
  if (differing > 1000)
    return answer(2 * normalTail(Math.max(0, Math.abs(onlyFirst - onlySecond) - 1) / Math.sqrt(differing)));
  // 2 · Σ_{k ≤ fewer} C(n, k) / 2ⁿ, in logarithms.
  let logTerm = -differing * Math.LN2;
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= fewer; k += 1) {
    logTerm += Math.log((differing - k + 1) / k);
    sum += Math.exp(logTerm);
  }
  return answer(2 * sum);
}
