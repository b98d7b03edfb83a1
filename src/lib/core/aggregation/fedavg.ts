// Federated averaging: w ← w + Σ_k (n_k / n) · (w_k − w), over the updates that were counted.
// McMahan, Moore, Ramage, Hampson, Agüera y Arcas 2017, "Communication-Efficient Learning of Deep Networks from
// Decentralized Data", algorithm 1, with n the examples of the reporting devices (as in its footnote on selected clients).
import { fail, ok } from '../result.ts';
import { addChunk, fixedPointSum, type FixedPointSum } from './fixed-point-sum.ts';
import type { Strategy } from './strategy.ts';

export const fedavg: Strategy<FixedPointSum> = {
  name: 'fedavg',
  title: 'Federated averaging',
  paper: 'McMahan et al. 2017, algorithm 1',
  needs: 'sum',
  init: (setting) => fixedPointSum(setting.parameterCount, setting.quantum),
  add: (sum, chunk) => addChunk(sum, chunk.offset, chunk.values, chunk.examples),
  end: (sum, examples) => {
    sum.weight += examples;
  },
  finish(sum, base) {
    if (sum.weight === 0) return fail({ kind: 'no-updates' });
    const { values, quantum, weight } = sum;
    if (base.length !== values.length)
      throw new RangeError('The base has another number of parameters than the sum.');
    const parameters = new Float32Array(values.length);
    for (let i = 0; i < parameters.length; i += 1) {
      // quantum is a power of two: the product is exact, and one division and one addition round.
      const next = Math.fround(base[i]! + (values[i]! * quantum) / weight);
      if (!Number.isFinite(next)) return fail({ kind: 'not-finite', index: i });
      parameters[i] = next;
    }
    return ok(parameters);
  },
};
