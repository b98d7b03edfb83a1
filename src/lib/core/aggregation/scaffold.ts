// SCAFFOLD, the server's half: w ← w + η_s · mean(Δy_k), c ← c + (|S| / N) · mean(Δc_k), over the |S| devices that reported, of
// N that the run has seen; both means unweighted. An update is [Δy ; Δc], Δy = y_k − w and Δc = c_k⁺ − c_k.
// Karimireddy, Kale, Mohri, Reddi, Stich, Suresh 2020, "SCAFFOLD: Stochastic Controlled Averaging for Federated Learning",
// algorithm 1, lines 16 and 17. The device's half, its own control c_k and the corrected gradient, is in its training.
import { fail } from '../result.ts';
import { sumAt } from './fixed-point-sum.ts';
import { serverRate, valueOf } from './options.ts';
import { movedRemembering } from './server-step.ts';
import type { SumStrategy } from './strategy.ts';
import { equally } from './weighting.ts';

const lr = serverRate();

/** State: c [P], zeros at first, as the c_k of a device that has none. */
export const scaffold: SumStrategy = {
  ...equally,
  name: 'scaffold',
  title: 'SCAFFOLD',
  group: 'uneven',
  description:
    'Corrects each device’s drift by what it remembers. For the same few devices round after round, with plain SGD.',
  paper: 'Karimireddy et al. 2020, algorithm 1',
  options: [lr],
  asks: ['controls'],
  updateLength: (parameterCount) => 2 * parameterCount,
  stateLength: ({ parameterCount }) => parameterCount,
  finish(sum, base, state, { options, population }) {
    if (sum.count === 0) return fail({ kind: 'no-updates' });
    const rate = valueOf(options, lr);
    // (|S| / N) · mean is Σ / N. A participant who reports twice must not make the share more than 1.
    const participants = Math.max(population, sum.count);
    return movedRemembering(base, 1, (i, next) => {
      next[i] = state[i]! + sumAt(sum, base.length + i) / participants;
      return rate * (sumAt(sum, i) / sum.count);
    });
  },
};
