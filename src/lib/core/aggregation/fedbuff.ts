// Buffered asynchronous aggregation: w ← w + η_s (1/K) Σ_k s(τ_k) Δ_k over the K updates in the buffer, whatever versions they
// began from; s(τ) = (1 + τ)^−½ with τ the versions since then. The divisor is K, not Σ s: a stale buffer steps less far.
// Nguyen, Malik, Zhan, Yousefpour, Rabbat, Malek, Huba 2022, "Federated Learning with Buffered Asynchronous Aggregation",
// algorithm 1, with the staleness scaling of its experiments. Refusing what is staler than maxstaleness is the coordinator's work.
import { fail, ok } from '../result.ts';
import { sumAt } from './fixed-point-sum.ts';
import { serverRate, valueOf } from './options.ts';
import { moved } from './server-step.ts';
import type { StrategyOption, SumStrategy } from './strategy.ts';
import { equally } from './weighting.ts';

/** Read by the coordinator, which refuses an update from longer ago. */
export const maximumStaleness: StrategyOption = {
  name: 'maxstaleness',
  title: 'Oldest base',
  hint: 'An update from a model this many versions old still counts; an older one is refused.',
  default: 20,
  minimum: 0,
  maximum: 1000,
  isWhole: true,
};
const lr = serverRate();

export const fedbuff: SumStrategy = {
  ...equally,
  name: 'fedbuff',
  title: 'Buffered asynchronous averaging',
  group: 'uneven',
  description: 'Takes updates as they come and counts old ones less. For devices of very unequal speed.',
  paper: 'Nguyen et al. 2022, algorithm 1',
  options: [lr, maximumStaleness],
  stateLength: () => 0,
  // √ and / are correctly rounded everywhere, a power is not.
  weigh: ({ staleness }) => ({ scale: 1 / Math.sqrt(1 + staleness), weight: 1, scalars: [] }),
  finish(sum, base, _state, { options }) {
    if (sum.count === 0) return fail({ kind: 'no-updates' });
    const rate = valueOf(options, lr);
    const parameters = moved(base, (i) => rate * (sumAt(sum, i) / sum.count));
    return parameters.ok ? ok({ parameters: parameters.value, state: new Float32Array(0) }) : parameters;
  },
};
