// First and second derivatives of the loss with respect to the outputs of one row, as whole numbers of one fixed unit: every device
// rounds a row alike, so that sums over rows are exact wherever they are made (compare the integer gradients of Shi et al. 2022).
import { exponential } from './exact-exponential.ts';
import type { Objective } from './spec.ts';

/**
 * The unit of a derivative, a power of two. Classes: |g|, h ≤ 1, so 2¹⁶ units at most; numbers: a residual is taken as at most
 * ±16 standard deviations of the contract, 2¹⁶ units again. So 2²⁴ rows of one device stay within exact-words' 2⁴⁰.
 */
export function derivativeUnit(objective: Objective): number {
  switch (objective) {
    case 'logistic':
    case 'softmax':
      return 2 ** -16;
    case 'squared-error':
      return 2 ** -12;
    default:
      return objective satisfies never;
  }
}

/** Rows of one device whose sums are exact in any case: 16,777,216. */
export const MAXIMUM_ROWS = 2 ** 24;
const LARGEST_RESIDUAL = 16;

/** Writes [outputs] units each into `first` and `second`; `outputs` are the row's margins [outputs], `target` as encoded. */
export type Derivatives = (
  outputs: Float64Array,
  target: number,
  first: Float64Array,
  second: Float64Array,
) => void;

export function derivatives(objective: Objective): Derivatives {
  const units = 1 / derivativeUnit(objective);
  switch (objective) {
    case 'logistic':
      return (outputs, target, first, second) => {
        const p = 1 / (1 + exponential(-outputs[0]!));
        first[0] = Math.round((p - target) * units);
        second[0] = Math.round(p * (1 - p) * units);
      };
    case 'softmax':
      return (outputs, target, first, second) => {
        softmax(outputs, first);
        for (let i = 0; i < outputs.length; i += 1) {
          const p = first[i]!;
          first[i] = Math.round((p - (i === target ? 1 : 0)) * units);
          // 2 p (1 − p) bounds the matrix of second derivatives by its diagonal: XGBoost's multi:softprob.
          second[i] = Math.round(2 * p * (1 - p) * units);
        }
      };
    case 'squared-error':
      return (outputs, target, first, second) => {
        const residual = Math.max(-LARGEST_RESIDUAL, Math.min(LARGEST_RESIDUAL, outputs[0]! - target));
        first[0] = Math.round(residual * units);
        second[0] = units;
      };
    default:
      return objective satisfies never;
  }
}

/** Class probabilities of margins [classes], the same bits in every engine. */
export function softmax(margins: Float64Array, into: Float64Array): void {
  let highest = -Infinity;
  for (let i = 0; i < margins.length; i += 1) highest = Math.max(highest, margins[i]!);
  let total = 0;
  for (let i = 0; i < margins.length; i += 1) {
    into[i] = exponential(margins[i]! - highest);
    total += into[i]!;
  }
  for (let i = 0; i < margins.length; i += 1) into[i] = into[i]! / total;
}
