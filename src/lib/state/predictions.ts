// From what a model puts out to what a person reads: probabilities of classes, most likely first, or a number in its own unit.
import { classLabels, type DataContract } from '../core/data/contract.ts';

export type Prediction =
  | {
      readonly type: 'classes';
      readonly ranked: readonly { readonly label: string; readonly probability: number }[];
    }
  | { readonly type: 'number'; readonly name: string; readonly value: number };

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
