// Multi-layer perceptron: hidden dense layers with relu. 784-200-200-10 is the 2NN of McMahan et al. 2017, §3
// (199,210 parameters).
import * as v from 'valibot';
import { exampleShape } from '../../data/contract.ts';
import { defineFamily, headOf, normalisedRelu, whole } from './family.ts';

const Options = v.strictObject({
  /** Units of each hidden layer, first to last. */
  hidden: v.optional(v.pipe(v.array(whole(8192)), v.minLength(1), v.maxLength(8)), [200, 200]),
  /** Share of hidden units dropped in training, 0 for none. */
  dropout: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.95)), 0),
  /** Batch normalisation before each relu. */
  normalise: v.optional(v.boolean(), false),
});

export const mlp = defineFamily({
  name: 'mlp',
  title: 'Multi-layer perceptron',
  description:
    'Hidden layers between inputs and outputs: learns what a straight line cannot, on tables and small images.',
  suits: () => true,
  options: Options,
  network: (contract, options) => {
    const inputShape = exampleShape(contract);
    const head = headOf(contract);
    return {
      inputShape,
      layers: [
        ...(inputShape.length === 1 ? [] : [{ type: 'flatten' } as const]),
        ...options.hidden.flatMap((units) => [
          ...(options.normalise
            ? [{ type: 'dense', units, activation: 'linear', useBias: false } as const, ...normalisedRelu]
            : [{ type: 'dense', units, activation: 'relu', useBias: true } as const]),
          ...(options.dropout > 0 ? [{ type: 'dropout', rate: options.dropout } as const] : []),
        ]),
        head.layer,
      ],
      loss: head.loss,
    };
  },
});
