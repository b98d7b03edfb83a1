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

/**
 * Recognised from here on, where it is so much above guessing; and a gain over guessing that chance does not explain: dB; share of
 * columns. The mean of a class of small pictures comes to 20 dB of some of them, 3 above guessing.
 */
const planes = { recognised: 18, above: 4, gain: 2 };
const bounds = {
  image: planes,
  // A spectrogram is a picture that is read as easily.
  audio: planes,
  table: { recognised: 0.9, above: 0.1, gain: 0.1 },
} as const;

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
  const { recognised, above, gain } = bounds[contract.kind];
  const found = closest.likeness;
  const exceeds = (by: number): boolean => without === null || found >= without + by;
  return {
    own: rows[closest.row] ?? first,
    guess: guesses[closest.guess] ?? null,
    likeness: found,
    without,
    verdict:
      found >= recognised && exceeds(above)
        ? 'rebuilt'
        : without !== null && exceeds(gain)
          ? 'traces'
          : 'nothing',
  };
}
