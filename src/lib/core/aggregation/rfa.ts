// The geometric median of the updates, the point with the least sum of distances to them, by smoothed Weiszfeld steps.
// Pillutla, Kakade & Harchaoui 2022, "Robust Aggregation for Federated Learning", algorithm 2: z ← Σ β_k x_k / Σ β_k with
// β_k = 1 / max(ν, ‖x_k − z‖), from the mean. Their weights α_k (examples) are equal here: a liar would claim many.
// Every z is a mean of the updates, so the steps need only distances between updates: two passes, however many steps.
import { ok } from '../result.ts';
import { addWeighted, inPasses, plainly, serverRate, tooFew } from './individual.ts';
import { gram } from './pairwise-distances.ts';
import type { IndividualStrategy, StrategyOption, UpdateBlock } from './strategy.ts';

const steps: StrategyOption = {
  name: 'steps',
  title: 'Weiszfeld steps',
  hint: 'More come nearer to the geometric median; the mean is where they begin.',
  default: 8,
  minimum: 1,
  maximum: 1000,
  isWhole: true,
};
const nu: StrategyOption = {
  name: 'nu',
  title: 'Smoothing',
  hint: 'Distances below it count as it, so that no update alone holds the median.',
  default: 1e-6,
  minimum: 1e-12,
  maximum: 1,
};

/** Of two, every point between is as good. */
const LEAST = 3;

/** Weights [n], which add up to 1: `distances` [n, n] are squared. */
export function weiszfeld(
  distances: Float64Array,
  count: number,
  iterations: number,
  smoothing: number,
): Float64Array {
  let weights = new Float64Array(count).fill(1 / count);
  for (let step = 0; step < iterations; step += 1) {
    // ‖x_k − Σ_j a_j x_j‖² = Σ_j a_j D_kj − ½ Σ_ij a_i a_j D_ij where Σ a = 1.
    const toEach = weights.map((_, k) =>
      weights.reduce((sum, weight, j) => sum + weight * distances[k * count + j]!, 0),
    );
    const spread = weights.reduce((sum, weight, k) => sum + weight * toEach[k]!, 0) / 2;
    const next = toEach.map((mean) => 1 / Math.max(smoothing, Math.sqrt(Math.max(0, mean - spread))));
    const total = next.reduce((sum, weight) => sum + weight, 0);
    weights = next.map((weight) => weight / total);
  }
  return weights;
}

export const rfa: IndividualStrategy = {
  ...plainly,
  name: 'rfa',
  title: 'Geometric median',
  description:
    'The point nearest to all updates (RFA). Mild where nobody is hostile, and stands fewer than half being so.',
  paper: 'Pillutla et al. 2022, algorithm 2',
  options: [steps, nu, serverRate],
  minimumUpdates: () => LEAST,
  start({ length: count }, { parameterCount, options }) {
    if (count < LEAST) return tooFew(LEAST, count);
    const products = gram(count);
    const delta = new Float64Array(parameterCount);
    const compare = () => products.add;
    const average = () => {
      const weights = weiszfeld(
        products.squaredDistances(),
        count,
        options['steps'] ?? steps.default,
        options['nu'] ?? nu.default,
      );
      const rows = Array.from(weights, (weight, row) => ({ row, weight }));
      return (block: UpdateBlock) => addWeighted(delta, block, rows);
    };
    return ok(inPasses([compare, average], () => ok(delta)));
  },
};
