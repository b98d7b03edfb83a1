// What a search found, kind by kind: how far each is behind the first, how far ahead of the same answer for all, and whether that is more
// than the luck of the rows.
import { z95 } from '../../core/metrics/wilson.ts';
import type { Comparison } from './judge.ts';
import type { FoundEnsemble } from './ensemble.ts';
import { membersOf, type BenchModel, type SpokenMember } from './models.ts';
import { tradeOffs, type TradeOff } from './trade-offs.ts';
import type { Trial } from './trial.ts';

/** A line of the leaderboard: the best that was found of one kind of model. */
export interface Leader extends Trial {
  readonly title: string;
  readonly tried: number;
  /** Why it stands where it stands, in a sentence. */
  readonly reason: string;
  /** Over the same answer for all on the same rows; undefined where that could not be judged. */
  readonly gain: Comparison | undefined;
  /** Of an ensemble: who answers together, the heaviest first. */
  readonly members?: readonly SpokenMember[] | undefined;
  /** Score, size and time against each other; undefined where size and time are not known. */
  readonly tradeOff?: TradeOff | undefined;
}

type Judged = Omit<Leader, 'reason' | 'tradeOff'>;

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

export interface Found {
  readonly suited: readonly BenchModel[];
  readonly trials: readonly Trial[];
  readonly floor: Trial | undefined;
  /** How many parts of the rows judged each trial. */
  readonly folds: number;
  readonly together: FoundEnsemble | undefined;
}

/**
 * The best of each kind, best first. An ensemble stands before them where it is better than what choosing one of them comes to, both
 * judged on rows that had no part in it: the loss of the best of many is their luck as well, and is lower than it will be.
 */
export function leadersOf({ suited, trials, floor, folds, together }: Found): Leader[] {
  const singles = suited
    .flatMap(({ name, title }): Judged[] => {
      const best = bestOf(trials, name);
      const tried = trials.filter((trial) => trial.model === name).length;
      return best === undefined ? [] : [{ ...best, title, tried, gain: gainOver(floor, best, folds) }];
    })
    .toSorted((a, b) => (a.loss ?? Infinity) - (b.loss ?? Infinity));
  const [first] = singles;
  const leaders = singles.map((leader) => ({ ...leader, reason: reasonOf(leader, first ?? leader) }));
  const all = together === undefined ? leaders : withTogether(leaders, together, floor, folds);
  const offs = tradeOffs(all);
  return all.map((leader, at) => ({ ...leader, tradeOff: offs[at] }));
}

function withTogether(
  leaders: readonly Leader[],
  { model, trial, oneAlone }: FoundEnsemble,
  floor: Trial | undefined,
  folds: number,
): Leader[] {
  const isBetter = (trial.loss ?? Infinity) < oneAlone;
  const reason = `${isBetter ? 'Better' : 'No better'} than choosing one of them alone, which comes to ${oneAlone.toPrecision(3)} on rows that had no part in the choice.`;
  const own: Leader = {
    ...trial,
    title: model.title,
    tried: 1,
    reason,
    gain: gainOver(floor, trial, folds),
    members: membersOf({ model }),
  };
  if (isBetter) return [own, ...leaders];
  // Behind the one that is taken, by its loss.
  const place = leaders.findIndex(({ loss }, at) => at > 0 && (loss ?? Infinity) > (trial.loss ?? 0));
  return leaders.toSpliced(place < 0 ? leaders.length : place, 0, own);
}

function reasonOf(leader: Judged, first: Judged): string {
  const tried = leader.tried === 1 ? 'its usual settings alone were tried' : `best of ${leader.tried} trials`;
  if (leader === first) return `Lowest loss on rows not learnt from; ${tried}.`;
  const behind = (leader.loss ?? 0) - (first.loss ?? 0);
  const luck = Math.hypot(leader.standardError, first.standardError);
  return luck > 0 && behind <= luck
    ? `Behind ${first.title} by less than the luck of the rows; ${tried}.`
    : `Behind ${first.title} by ${behind.toPrecision(2)}; ${tried}.`;
}
