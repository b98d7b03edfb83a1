// A tally as a device tells it: rows of a confusion matrix, each put first with the same chance.
import { scoreCounter } from '#lib/core/metrics/score-sums.ts';
import type { ClassificationTally } from '#lib/core/metrics/tally.ts';

export function countedTally(confusion: readonly number[], lossSum = 1): ClassificationTally {
  const classes = Math.round(Math.sqrt(confusion.length));
  const scores = scoreCounter(classes);
  const chances = (best: number) =>
    Array.from({ length: classes }, (_, one) => (one === best ? 0.75 : 0.25 / (classes - 1)));
  for (const [cell, rows] of confusion.entries())
    for (let row = 0; row < rows; row += 1)
      scores.add(chances(cell % classes), Math.floor(cell / classes), cell % classes);
  const count = confusion.reduce((sum, rows) => sum + rows, 0);
  return { type: 'classification', count, lossSum, confusion: [...confusion], scores: scores.sums };
}
