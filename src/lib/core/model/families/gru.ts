// Gated recurrent units (Cho et al. 2014) over steps. The reset gate is before the product, as in the paper: what TensorFlow.js opens.
import { defineFamily } from './family.ts';
import { RecurrentOptions, recurrentNetwork } from './recurrent.ts';
import { stepsOf } from './sequence-input.ts';

export const gru = defineFamily({
  name: 'gru',
  title: 'Gated recurrent units (GRU)',
  description:
    'Reads an example step by step and keeps what matters: windows of time, sound, pictures row by row.',
  suits: (contract) => stepsOf(contract) !== undefined,
  options: RecurrentOptions,
  network: (contract, options) =>
    recurrentNetwork(contract, options, (units, returnSequences) => ({
      type: 'gru',
      units,
      returnSequences,
      resetAfter: false,
    })),
});
