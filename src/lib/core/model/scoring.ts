// Outputs compared with targets: the exact tally that an evaluation returns, whichever engine made the outputs.
import { scoreCounter } from '../metrics/score-sums.ts';
import type { Tally } from '../metrics/tally.ts';
import { isClassifier, softmaxRows } from './head.ts';
import type { Network } from './network.ts';

export interface Scorer {
  /** Adds `count` rows: outputs [count, outputSize] (logits, or numbers), targets [count]. */
  add(outputs: Float32Array | Float64Array, targets: ArrayLike<number>, count: number): void;
  tally(): Tally;
}

/** Hands on the outputs [rows, outputSize] of some rows at a time, in order: logits, or numbers. They are read before `use` returns. */
export type ScoreRows = (use: (outputs: Float32Array, from: number, rows: number) => void) => Promise<void>;

/** What outputs say against their targets [count]. */
export async function evaluated(
  network: Network,
  targets: { subarray(from: number, to: number): ArrayLike<number> },
  score: ScoreRows,
): Promise<Tally> {
  const scored = scorer(network);
  await score((outputs, from, rows) => scored.add(outputs, targets.subarray(from, from + rows), rows));
  return scored.tally();
}

/** [count, outputSize]: chances of classes, or numbers. */
export async function predicted(
  network: Network,
  count: number,
  score: ScoreRows,
): Promise<Float32Array<ArrayBuffer>> {
  const { outputSize } = network;
  const predictions = new Float32Array(count * outputSize);
  await score((outputs, from) => predictions.set(outputs, from * outputSize));
  if (isClassifier(network)) softmaxRows(predictions, outputSize);
  return predictions;
}

/** Of a network's outputs. */
export const scorer = (network: Network): Scorer => outputScorer(network.outputSize, isClassifier(network));

/** Of `size` logits over classes, or of numbers. Sums are f64. The predicted class is the lowest index among the highest logits. */
export function outputScorer(size: number, areLogits: boolean): Scorer {
  let count = 0;
  if (areLogits) {
    const confusion = Array.from({ length: size * size }, () => 0);
    const scores = scoreCounter(size);
    const chances = new Float64Array(size);
    let lossSum = 0;
    return {
      add(outputs, targets, rows) {
        for (let row = 0; row < rows; row += 1) {
          const start = row * size;
          let best = 0;
          let highest = outputs[start]!;
          for (let i = 1; i < size; i += 1)
            if (outputs[start + i]! > highest) {
              highest = outputs[start + i]!;
              best = i;
            }
          let total = 0;
          for (let i = 0; i < size; i += 1) total += chances[i] = Math.exp(outputs[start + i]! - highest);
          for (let i = 0; i < size; i += 1) chances[i]! /= total;
          const target = targets[row]!;
          lossSum += Math.max(0, Math.log(total) + highest - outputs[start + target]!);
          confusion[target * size + best]! += 1;
          scores.add(chances, target, best);
        }
        count += rows;
      },
      tally: () => ({ type: 'classification', count, lossSum, confusion, scores: scores.sums }),
    };
  }
  let squaredErrorSum = 0;
  let absoluteErrorSum = 0;
  let targetSum = 0;
  let targetSquareSum = 0;
  return {
    add(outputs, targets, rows) {
      for (let row = 0; row < rows; row += 1) {
        const target = targets[row]!;
        const error = outputs[row]! - target;
        squaredErrorSum += error * error;
        absoluteErrorSum += Math.abs(error);
        targetSum += target;
        targetSquareSum += target * target;
      }
      count += rows;
    },
    tally: () => ({
      type: 'regression',
      count,
      squaredErrorSum,
      absoluteErrorSum,
      targetSum,
      targetSquareSum,
    }),
  };
}
