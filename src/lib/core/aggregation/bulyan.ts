// Bulyan: Krum picks n − 2f updates, one after the other; at each parameter the n − 4f of their values nearest the median are
// averaged, so that no update can hide a large change of few parameters behind a small distance.
// El Mhamdi, Guerraoui & Rouault 2018, "The Hidden Vulnerability of Distributed Learning in Byzantium", §4 (n ≥ 4f + 3).
import { ok } from '../result.ts';
import { badAmong, badShare, inPasses, leastFrom, plainly, serverRate, tooFew } from './individual.ts';
import { byScore, neighboursOf } from './krum-scores.ts';
import { sorter, TILE } from './order-statistics.ts';
import { gram } from './pairwise-distances.ts';
import type { IndividualStrategy, StrategyOptions, UpdateBlock } from './strategy.ts';

const bad = badShare(0.24);
const badOf = (options: StrategyOptions, count: number): number =>
  badAmong(options['bad'] ?? bad.default, count);
const isEnough = (options: StrategyOptions, count: number): boolean => count >= 4 * badOf(options, count) + 3;

/**
 * n − 2f updates in the order in which Krum picks them. Each time the n′ that are left are scored by their n′ − f − 2 nearest; of
 * the last few, where that leaves none, by the nearest one.
 */
export function picked(distances: Float64Array, count: number, f: number): readonly number[] {
  const neighbours = neighboursOf(distances, count);
  const removed = new Set<number>();
  while (removed.size < count - 2 * f) {
    const nearest = Math.max(1, count - removed.size - f - 2);
    const [best] = byScore(distances, neighbours, nearest, removed);
    if (best === undefined) break;
    removed.add(best);
  }
  return [...removed];
}

export const bulyan: IndividualStrategy = {
  ...plainly,
  name: 'bulyan',
  title: 'Bulyan',
  description:
    'Krum, then a trimmed mean of what it picked. For large cohorts of alike data; stands up to a quarter being hostile.',
  paper: 'El Mhamdi et al. 2018, §4',
  options: [bad, serverRate],
  // 4⌊bad·n⌋ + 3 ≤ n where n ≥ 3 / (1 − 4·bad).
  minimumUpdates: (options) =>
    leastFrom((count) => isEnough(options, count), 3 / (1 - 4 * (options['bad'] ?? bad.default))),
  start({ length: count }, { parameterCount, options }) {
    if (!isEnough(options, count)) return tooFew(bulyan.minimumUpdates(options), count);
    const f = badOf(options, count);
    const products = gram(count);
    const delta = new Float64Array(parameterCount);
    const compare = () => products.add;
    const average = () => {
      const rows = picked(products.squaredDistances(), count, f);
      const { sort } = sorter(rows.length);
      const nearest = nearestTheMedian(rows.length, count - 4 * f, delta);
      return (block: UpdateBlock) => sort(block, rows, nearest);
    };
    return ok(inPasses([compare, average], () => ok(delta)));
  },
};

/**
 * Writes the mean of the `kept` values nearest the median of `count` to `delta`, added from the least up. They stand side by side
 * in the order of the values; of two that are as far from the median the lesser counts.
 */
const nearestTheMedian =
  (count: number, kept: number, delta: Float64Array) =>
  (sorted: Float32Array, offset: number, width: number): void => {
    const lower = (count - 1) >> 1;
    const upper = count >> 1;
    for (let i = 0; i < width; i += 1) {
      const middle = (sorted[lower * TILE + i]! + sorted[upper * TILE + i]!) / 2;
      let first = 0;
      let end = count;
      while (end - first > kept)
        if (middle - sorted[first * TILE + i]! > sorted[(end - 1) * TILE + i]! - middle) first += 1;
        else end -= 1;
      let sum = 0;
      for (let rank = first; rank < end; rank += 1) sum += sorted[rank * TILE + i]!;
      delta[offset + i] = sum / kept;
    }
  };
