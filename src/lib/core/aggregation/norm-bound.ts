// Norm bounding: every update is cut to the median norm M of the round, Δ · min(1, M / ‖Δ‖), then the plain mean is taken.
// Sun, Kairouz, Suresh & McMahan 2019, "Can You Really Backdoor Federated Learning?" (norm thresholding), with the round's
// median for its threshold, so that there is none to guess. One update moves the mean by M / n at most.
import { ok } from '../result.ts';
import { addSquares, addWeighted, divide, inPasses, plainly, serverRate, tooFew } from './individual.ts';
import { medianOf } from './order-statistics.ts';
import type { IndividualStrategy, UpdateBlock } from './strategy.ts';

/** Of two norms, the median is as much the greater's as the lesser's. */
const LEAST = 3;

export const normBound: IndividualStrategy = {
  ...plainly,
  name: 'normbound',
  title: 'Norm bound',
  description:
    'The mean of updates cut to their median length. Costs honest devices almost nothing; the mildest protection.',
  paper: 'Sun et al. 2019',
  options: [serverRate],
  minimumUpdates: () => LEAST,
  start({ length: count }, { parameterCount }) {
    if (count < LEAST) return tooFew(LEAST, count);
    const delta = new Float64Array(parameterCount);
    // Measured here, and not taken from the facts: who wants a long update counted whole would claim a short one.
    const squares = new Float64Array(count);
    const measure = () => (block: UpdateBlock) => addSquares(squares, block);
    const average = () => {
      const norms = Array.from(squares, Math.sqrt);
      const bound = medianOf(norms);
      const rows = norms.map((norm, row) => ({ row, weight: norm > bound ? bound / norm : 1 }));
      return (block: UpdateBlock) => addWeighted(delta, block, rows);
    };
    return ok(inPasses([measure, average], () => ok(divide(delta, count))));
  },
};
