// The coordinate-wise median: each parameter of the aggregate is the median of the updates' values there.
// Yin, Chen, Ramchandran & Bartlett 2018, "Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates",
// definition 1 and algorithm 1, option I. It stays within the values of the honest as long as they are more than half.
import { ok } from '../result.ts';
import { inPasses, plainly, serverRate, tooFew } from './individual.ts';
import { sorter, TILE } from './order-statistics.ts';
import type { IndividualStrategy } from './strategy.ts';

/** Of two, neither outvotes the other. */
const LEAST = 3;

export const median: IndividualStrategy = {
  ...plainly,
  name: 'median',
  title: 'Coordinate median',
  description: 'The middle value of every parameter. Stands fewer than half the devices being hostile.',
  paper: 'Yin et al. 2018, definition 1',
  options: [serverRate],
  minimumUpdates: () => LEAST,
  start({ length: count }, { parameterCount }) {
    if (count < LEAST) return tooFew(LEAST, count);
    const delta = new Float64Array(parameterCount);
    const upper = count >> 1;
    const lower = (count - 1) >> 1;
    const rows = Array.from({ length: count }, (_, row) => row);
    const { sort } = sorter(count, lower, upper + 1);
    const middle = (sorted: Float32Array, offset: number, width: number): void => {
      for (let i = 0; i < width; i += 1)
        delta[offset + i] = (sorted[lower * TILE + i]! + sorted[upper * TILE + i]!) / 2;
    };
    return ok(inPasses([() => (block) => sort(block, rows, middle)], () => ok(delta)));
  },
};
