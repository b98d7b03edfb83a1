// What one attack on one update came to, measured against what anybody could have guessed without it.
import type { DataContract } from '../data/contract.ts';
import { closestOf, likenessOf, meanOf } from './likeness.ts';

/**
 * rebuilt: somebody who knows the row would recognise it. traces: closer than guessing comes, and still not the row. nothing: no
 * closer than guessing comes.
 */
export type Verdict = 'rebuilt' | 'traces' | 'nothing';

export interface Findings {
  /** The person's own row that a guess came closest to, and that guess: [exampleShape] as the model sees them. */
  readonly own: Float32Array<ArrayBuffer>;
  readonly guess: Float32Array<ArrayBuffer> | null;
  /** dB for images, share of columns for rows; null: no guess could be made. */
  readonly likeness: number | null;
  /**
   * The most that is reached without the update's help: by the mean of such rows, or by the same guesses on rows that were
   * not in it. null: there are no such rows.
   */
  readonly without: number | null;
  readonly verdict: Verdict;
}

/** Recognised from here on, and a gain over guessing that chance does not explain: dB; share of columns. */
const bounds = { image: { recognised: 22, gain: 2 }, table: { recognised: 0.9, gain: 0.1 } } as const;

/** `rows`: what the update was made of, at least one; `others`: rows that it was not made of. */
export function findingsOf(
  contract: DataContract,
  guesses: readonly Float32Array<ArrayBuffer>[],
  rows: readonly Float32Array<ArrayBuffer>[],
  others: readonly Float32Array<ArrayBuffer>[],
): Findings {
  const likeness = likenessOf(contract);
  const [first] = rows;
  if (first === undefined) throw new Error('An update is made of one row at least.');
  const closest = closestOf(guesses, rows, likeness);
  const without =
    others.length === 0
      ? null
      : Math.max(
          closestOf([meanOf(others)], rows, likeness)?.likeness ?? 0,
          closestOf(guesses, others, likeness)?.likeness ?? 0,
        );
  if (closest === undefined) return { own: first, guess: null, likeness: null, without, verdict: 'nothing' };
  const { recognised, gain } = bounds[contract.kind];
  const gains = without === null || closest.likeness >= without + gain;
  const found = closest.likeness;
  return {
    own: rows[closest.row] ?? first,
    guess: guesses[closest.guess] ?? null,
    likeness: found,
    without,
    verdict: found >= recognised && gains ? 'rebuilt' : gains && without !== null ? 'traces' : 'nothing',
  };
}
