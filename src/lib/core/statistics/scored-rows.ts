// What a version says of rows, as counts take it: the class that it gives each, and the chance of it.
import { classLabels, type DataContract } from '../data/contract.ts';
import type { Measured } from './statistic.ts';

export const classesOf = (contract: DataContract): number => classLabels(contract)?.length ?? 0;

/** [count, K] of rows that were scored. */
export function outputsOf({ outputs }: Measured): Float32Array {
  if (outputs === undefined) throw new Error('The rows were not scored by any version.');
  return outputs;
}

/** The lowest index among the likeliest, as core/model/scoring.ts has it. */
export function predictedClass(outputs: Float32Array, row: number, classes: number): number {
  let best = 0;
  for (let i = 1; i < classes; i += 1)
    if (outputs[row * classes + i]! > outputs[row * classes + best]!) best = i;
  return best;
}

/** Noisy counts as a tally holds them: whole, and not below nothing. */
export const wholeCounts = (values: ArrayLike<number>): number[] =>
  Array.from(values, (value) => Math.max(0, Math.round(value)));
