// From what a model puts out to what a person reads: probabilities of classes, most likely first, a number in its own unit, or
// clusters, nearest first.
import { classLabels, type DataContract } from '../core/data/contract.ts';

export type Prediction =
  | {
      readonly type: 'classes';
      readonly ranked: readonly { readonly label: string; readonly probability: number }[];
    }
  | { readonly type: 'number'; readonly name: string; readonly value: number }
  | {
      readonly type: 'clusters';
      /** `number` counts from 1; `distance` in standard deviations. */
      readonly ranked: readonly { readonly number: number; readonly distance: number }[];
    };

/** `output` [k]: squared distances to the centres. */
export const readClusters = (output: ArrayLike<number>): Prediction => ({
  type: 'clusters',
  ranked: Array.from(output, (squared, index) => ({ number: index + 1, distance: Math.sqrt(squared) })).sort(
    (a, b) => a.distance - b.distance,
  ),
});

/** `output` is one row of a prediction: probabilities [K], or one scaled number. */
export function readPrediction(contract: DataContract, output: ArrayLike<number>): Prediction {
  const labels = classLabels(contract);
  if (labels !== undefined)
    return {
      type: 'classes',
      ranked: labels
        .map((label, index) => ({ label, probability: output[index] ?? 0 }))
        .toSorted((a, b) => b.probability - a.probability),
    };
  const target = contract.kind === 'table' && contract.target.type === 'number' ? contract.target : undefined;
  const scaled = output[0] ?? Number.NaN;
  return {
    type: 'number',
    name: target?.name ?? 'value',
    value: target === undefined ? scaled : scaled * target.standardDeviation + target.mean,
  };
}
