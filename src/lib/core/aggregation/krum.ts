// Krum: the one update that agrees best with its n − f − 2 nearest. Multi-Krum: the mean of the n − f that do.
// Blanchard, El Mhamdi, Guerraoui & Stainer 2017, "Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent",
// §4 (n ≥ 2f + 3) and their experiments (multi-Krum; here m = n − f, the most that need not be hostile).
// Where devices' data differ, Krum's one update stands for one device's data: multi-Krum is nearly always the better.
import { ok } from '../result.ts';
import {
  addWeighted,
  badAmong,
  badShare,
  divide,
  inPasses,
  leastFrom,
  plainly,
  serverRate,
  tooFew,
} from './individual.ts';
import { byScore, neighboursOf } from './krum-scores.ts';
import { gram } from './pairwise-distances.ts';
import type { IndividualStrategy, StrategyOptions } from './strategy.ts';

const bad = badShare(0.49);
const badOf = (options: StrategyOptions, count: number): number =>
  badAmong(options['bad'] ?? bad.default, count);
const isEnough = (options: StrategyOptions, count: number): boolean => count >= 2 * badOf(options, count) + 3;

// 2⌊bad·n⌋ + 3 ≤ n where n ≥ 3 / (1 − 2·bad).
const minimumUpdates = (options: StrategyOptions): number =>
  leastFrom((count) => isEnough(options, count), 3 / (1 - 2 * (options['bad'] ?? bad.default)));

/** `kept`: of how many, of n updates of which f may be bad, the mean is taken. */
const startKeeping =
  (kept: (count: number, f: number) => number): IndividualStrategy['start'] =>
  ({ length: count }, { parameterCount, options }) => {
    if (!isEnough(options, count)) return tooFew(minimumUpdates(options), count);
    const f = badOf(options, count);
    const products = gram(count);
    const delta = new Float64Array(parameterCount);
    const compare = () => products.add;
    const average = () => {
      const distances = products.squaredDistances();
      // Added in the order of their scores, so that the order of the updates changes nothing but between equals.
      const rows = byScore(distances, neighboursOf(distances, count), count - f - 2)
        .slice(0, kept(count, f))
        .map((row) => ({ row, weight: 1 }));
      return (block: Parameters<typeof addWeighted>[1]) => addWeighted(delta, block, rows);
    };
    return ok(inPasses([compare, average], () => ok(divide(delta, kept(count, f)))));
  };

export const krum: IndividualStrategy = {
  ...plainly,
  name: 'krum',
  title: 'Krum',
  description:
    'The one update that agrees best with the others. Only where all devices have alike data: it learns from one.',
  paper: 'Blanchard et al. 2017, §4',
  options: [bad, serverRate],
  minimumUpdates,
  start: startKeeping(() => 1),
};

export const multiKrum: IndividualStrategy = {
  ...plainly,
  name: 'multikrum',
  title: 'Multi-Krum',
  description: 'The mean of the updates that agree with one another. Strong against large hostile updates.',
  paper: 'Blanchard et al. 2017, experiments',
  options: [bad, serverRate],
  minimumUpdates,
  start: startKeeping((count, f) => count - f),
};
