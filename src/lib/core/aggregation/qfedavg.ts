// q-FedAvg: devices on which the model does badly count for more, as F_k^q, F_k being the loss of the base on their rows.
// Li, Sanjabi, Beirami, Smith 2020, "Fair Resource Allocation in Federated Learning", algorithm 2, with L = 1/η, η the local
// learning rate. There, with Δw_k = L(w − w_k): w ← w − Σ F_k^q Δw_k / Σ h_k, h_k = q F_k^{q−1} ‖Δw_k‖² + L F_k^q. In terms of the
// update Δ_k = w_k − w = −Δw_k / L, both sums divided by L:
//
//   w ← w + Σ_k s_k Δ_k / Σ_k s_k (1 + q L ‖Δ_k‖² / F_k),   s_k = (F_k / F_max)^q
//
// The common factor F_max^−q cancels and keeps s_k within [0, 1], as the fixed-point sum needs. q = 0 is the plain mean.
import { fail, ok } from '../result.ts';
import { scalarSum, sumAt } from './fixed-point-sum.ts';
import { valueOf } from './options.ts';
import { moved } from './server-step.ts';
import type { StrategyOption, StrategyOptions, SumStrategy } from './strategy.ts';
import { equally } from './weighting.ts';

const q: StrategyOption = {
  name: 'q',
  title: 'Fairness',
  hint: '0 is the plain mean; the larger, the more the devices with the largest losses decide.',
  default: 1,
  minimum: 0,
  maximum: 10,
};
const cap: StrategyOption = {
  name: 'cap',
  title: 'Largest loss',
  hint: 'A loss above this counts as this, so that nobody decides alone. A little above the loss of an untrained model.',
  default: 10,
  minimum: 0.001,
  maximum: 1e6,
};

/** Least s_k: the rounding of K updates then adds at most K · 2⁻²⁰ to a step (limit 64, sums to 2⁵²). */
const LEAST_SCALE = 2 ** -26;
/** Least loss, where q leaves room for it: the authors' code adds as much, because F^{q−1} has a pole at 0 for q < 1. */
const LEAST_LOSS = 1e-10;

/** F_k within what the sum can hold apart: from F_max · 2^(−26/q) to F_max. Losses below count as that. */
function clipped(loss: number, options: StrategyOptions): number {
  const largest = valueOf(options, cap);
  const least = Math.max(LEAST_LOSS, largest * LEAST_SCALE ** (1 / valueOf(options, q)));
  return Math.min(largest, Math.max(least, loss));
}

export const qfedavg: SumStrategy = {
  ...equally,
  name: 'qfedavg',
  title: 'Fair averaging',
  group: 'uneven',
  description:
    'Gives more say to the devices on which the model does badly. For an even quality over devices.',
  paper: 'Li et al. 2020, algorithm 2',
  options: [q, cap],
  asks: ['base-loss'],
  stateLength: () => 0,
  weigh({ baseLoss, norm }, { options, training }) {
    if (baseLoss === null || !Number.isFinite(baseLoss))
      throw new RangeError('Fair averaging needs the loss of the base on the device.');
    const exponent = valueOf(options, q);
    const loss = clipped(baseLoss, options);
    // The last bit of a power is the engine's choice (ECMA-262 §6.1.6.1.3); as f32 it is the same nearly everywhere.
    const scale = Math.fround((loss / valueOf(options, cap)) ** exponent);
    const curvature = (exponent * norm * norm) / (training.learningRate * loss);
    return { scale, weight: 1, scalars: [scale * (1 + curvature)] };
  },
  finish(sum, base, _state) {
    if (sum.weight === 0) return fail({ kind: 'no-updates' });
    const divisor = scalarSum(sum, 0);
    const parameters = moved(base, (i) => sumAt(sum, i) / divisor);
    return parameters.ok ? ok({ parameters: parameters.value, state: new Float32Array(0) }) : parameters;
  },
};
