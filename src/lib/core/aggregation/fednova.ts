// Normalised averaging: each device's delta is divided by ‖a_k‖₁, the local steps that it amounts to, and the mean of these
// is multiplied by τ_eff = Σ_k p_k ‖a_k‖₁: w ← w + η_s τ_eff Σ_k p_k Δ_k / ‖a_k‖₁, p_k = n_k / n.
// Wang, Liu, Liang, Joshi, Poor 2020, "Tackling the Objective Inconsistency Problem in Heterogeneous Federated Optimization",
// §5 (FedNova) on the averages of §4, with its τ_eff. Where all took the same number of steps it is federated averaging.
// It believes the steps that a device reports: whoever bounds them by the training plan bounds what a liar can do.
import { fail, ok } from '../result.ts';
import { scalarSum, sumAt } from './fixed-point-sum.ts';
import { serverRate, valueOf } from './options.ts';
import { moved } from './server-step.ts';
import type { AggregationSetting, SumStrategy } from './strategy.ts';
import { byExamples } from './weighting.ts';

const lr = serverRate();

/** Steps after which the response is taken to stay as it is, so that a claim of 10¹⁰ steps costs no more than this many. */
const LONGEST = 1_000_000;

/**
 * ‖a_k‖₁: how much gradient of size one, over `steps` local steps, moves a parameter, in units of the learning rate. a_{k,j} is
 * the response of the local optimiser (core/model/optimizer.ts) to a gradient that it met j steps ago: 1 for plain SGD,
 * (1 − ρʲ⁺¹) / (1 − ρ) with momentum ρ, (1 − ημ)ʲ with a proximal term μ (the paper's §4), and what the same recurrence gives
 * where both are there. At least 1. Adam has no such vector; its steps are counted as those of SGD.
 */
export function stepWeight(
  steps: number,
  { learningRate, momentum, proximalTerm }: AggregationSetting['training'],
): number {
  // Beyond 2(1 + ρ) the proximal term throws the parameters further each step, and no finite weight describes that.
  const pull = learningRate * proximalTerm < 2 * (1 + momentum) ? learningRate * proximalTerm : 0;
  let velocity = 1;
  let response = 1;
  let total = 1;
  for (let taken = 1; taken < steps; taken += 1) {
    velocity = momentum * velocity - pull * response;
    const next = response + velocity;
    if (taken === LONGEST || (pull === 0 && next === response))
      return total + (steps - taken) * Math.abs(next);
    response = next;
    total += Math.abs(next);
  }
  return total;
}

export const fednova: SumStrategy = {
  ...byExamples,
  name: 'fednova',
  title: 'FedNova',
  group: 'uneven',
  description:
    'Undoes the lead of devices that took more local steps. For cohorts of very unequal size or speed.',
  paper: 'Wang et al. 2020, §5',
  options: [lr],
  stateLength: () => 0,
  weigh({ examples, steps }, { training }) {
    const norm = stepWeight(steps, training);
    return { scale: 1 / norm, weight: examples, scalars: [examples * norm] };
  },
  finish(sum, base, _state, { options }) {
    if (sum.weight === 0) return fail({ kind: 'no-updates' });
    const effective = scalarSum(sum, 0) / sum.weight;
    const factor = valueOf(options, lr) * effective;
    const parameters = moved(base, (i) => factor * (sumAt(sum, i) / sum.weight));
    return parameters.ok ? ok({ parameters: parameters.value, state: new Float32Array(0) }) : parameters;
  },
};
