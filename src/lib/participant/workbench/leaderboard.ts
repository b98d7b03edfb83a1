// What a search found, kind by kind: how far each is behind the first, how far ahead of the same answer for all, and whether that is more
// than the luck of the rows.
import { z95 } from '../../core/metrics/wilson.ts';
import type { Comparison } from './judge.ts';
import type { BenchModel } from './models.ts';
import type { Trial } from './trial.ts';

/** A line of the leaderboard: the best that was found of one kind of model. */
export interface Leader extends Trial {
  readonly title: string;
  readonly tried: number;
  /** Why it stands where it stands, in a sentence. */
  readonly reason: string;
  /** Over the same answer for all on the same rows; undefined where that could not be judged. */
  readonly gain: Comparison | undefined;
}

/** The lowest loss on all rows; the first of equal ones. */
export function bestOf(trials: readonly Trial[], model: string): Trial | undefined {
  let best: Trial | undefined;
  for (const trial of trials)
    if (
      trial.model === model &&
      trial.share === 1 &&
      trial.loss !== null &&
      trial.loss < (best?.loss ?? Infinity)
    )
      best = trial;
  return best;
}

/** The 97.5 % point of Student's t of two means of so many folds each, 2 (folds − 1) degrees of freedom; of one part, its rows are many. */
const points: Readonly<Record<number, number>> = { 1: z95, 2: 4.303, 3: 2.776, 4: 2.447, 5: 2.306 };

/** As if the two were of other rows, which is on the wide side: of the same rows they rise and fall together. */
export function gainOver(
  floor: Trial | undefined,
  { loss, standardError }: Pick<Trial, 'loss' | 'standardError'>,
  folds: number,
): Comparison | undefined {
  if (floor === undefined || floor.loss === null || loss === null) return undefined;
  const point = points[folds];
  if (point === undefined) throw new RangeError(`Up to five folds judge a trial, not ${folds}.`);
  const gain = floor.loss - loss;
  const reach = point * Math.hypot(standardError, floor.standardError);
  return { gain, interval: { low: gain - reach, high: gain + reach }, pValue: undefined };
}

/** The best of each kind, best first. `folds`: how many parts of the rows judged each trial. */
export function leadersOf(
  suited: readonly BenchModel[],
  trials: readonly Trial[],
  floor: Trial | undefined,
  folds: number,
): Leader[] {
  const found = suited.flatMap(({ name, title }) => {
    const best = bestOf(trials, name);
    const tried = trials.filter((trial) => trial.model === name).length;
    return best === undefined ? [] : [{ ...best, title, tried, gain: gainOver(floor, best, folds) }];
  });
  const sorted = found.toSorted((a, b) => (a.loss ?? Infinity) - (b.loss ?? Infinity));
  const [first] = sorted;
  return sorted.map((leader) => ({ ...leader, reason: reasonOf(leader, first ?? leader) }));
}

function reasonOf(leader: Omit<Leader, 'reason'>, first: Omit<Leader, 'reason'>): string {
  const tried = leader.tried === 1 ? 'its usual settings alone were tried' : `best of ${leader.tried} trials`;
  if (leader === first) return `Lowest loss on rows not learnt from; ${tried}.`;
  const behind = (leader.loss ?? 0) - (first.loss ?? 0);
  const luck = Math.hypot(leader.standardError, first.standardError);
  return luck > 0 && behind <= luck
    ? `Behind ${first.title} by less than the luck of the rows; ${tried}.`
    : `Behind ${first.title} by ${behind.toPrecision(2)}; ${tried}.`;
}
