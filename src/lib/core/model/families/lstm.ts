// Long short-term memory (Hochreiter & Schmidhuber 1997) over steps.
import { defineFamily } from './family.ts';
import { RecurrentOptions, recurrentNetwork } from './recurrent.ts';
import { stepsOf } from './sequence-input.ts';

export const lstm = defineFamily({
  name: 'lstm',
  title: 'Long short-term memory (LSTM)',
  description:
    'As a GRU, with a cell of its own to keep things in: a third larger, for what must be kept longer.',
  suits: (contract) => stepsOf(contract) !== undefined,
  options: RecurrentOptions,
  network: (contract, options) =>
    recurrentNetwork(contract, options, (units, returnSequences) => ({
      type: 'lstm',
      units,
      returnSequences,
    })),
});
